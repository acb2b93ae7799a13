"""Our own requests beside the catalogue's: group `editions`."""

from typing import Any

from qxportal.engine.models import AnswerClass, Person, Series
from tests.qxportal.engine.conformance.assessments import named, nothing
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene


def _subject(scene: Scene) -> Parameters:
    return {**named(scene), "SubjectID": scene.people[0].public_id}


def _unconfirmed(scene: Scene) -> Parameters:
    sent = _subject(scene)
    scene.run(Person.objects.filter(pk=scene.people[0].pk).update, manager=None)
    return {**sent, "PersonID": scene.people[1].public_id}


def _series(scene: Scene, sent: Parameters) -> Series:
    found: Series = scene.run(Series.objects.get, assessment_key=sent["ThreeSixtyID"], person_key=sent["SubjectID"])
    return found


def _is_confirmed(scene: Scene, sent: Parameters, result: Any) -> None:
    assert _series(scene, sent).confirmed_manager == sent["PersonID"]


def _is_hidden(scene: Scene, sent: Parameters, result: Any) -> None:
    assert _series(scene, sent).hidden == ["group:Peer"]


def _are_out(scene: Scene, sent: Parameters, result: Any) -> None:
    series = _series(scene, sent)
    assert scene.run(lambda: [voice.taken_out for voice in series.voices.all()]) == [True]
    assert not scene.run(AnswerClass.objects.filter(series=series).exists)  # nothing was shown yet
    if result is not None:
        assert result["Classes"] == 0
        assert result["Answers"] > 0


CASES = {
    "qxConfirmManager": Case(required=_unconfirmed, full=nothing, state=_is_confirmed),
    "qxGetEditions": Case(required=named, full=lambda scene: {"SubjectID": scene.people[0].public_id}),
    "qxHideReportLine": Case(
        required=lambda scene: {**_subject(scene), "Line": "Peer"}, full=nothing, state=_is_hidden
    ),
    "qxTakeOutAnswers": Case(
        required=lambda scene: {**_subject(scene), "PersonID": scene.people[1].public_id},
        full=nothing,
        state=_are_out,
    ),
}
