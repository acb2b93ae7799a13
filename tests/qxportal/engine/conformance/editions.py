"""Our own requests beside the catalogue's: group `editions`."""

from typing import Any
from uuid import uuid4

from qxportal.engine.models import AnswerClass, Person, Series
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _subject(sample: SampleReview) -> Parameters:
    return {**named(sample), "SubjectID": sample.people[0].public_id}


def _key(sample: SampleReview) -> Parameters:
    return {"IdempotencyKey": uuid4().hex}


def _unconfirmed(sample: SampleReview) -> Parameters:
    sent = _subject(sample)
    sample.run(Person.objects.filter(pk=sample.people[0].pk).update, manager=None)
    return {**sent, "PersonID": sample.people[1].public_id}


def _series(sample: SampleReview, sent: Parameters) -> Series:
    found: Series = sample.run(Series.objects.get, assessment_key=sent["ThreeSixtyID"], person_key=sent["SubjectID"])
    return found


def _is_confirmed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _series(sample, sent).confirmed_manager == sent["PersonID"]


def _is_hidden(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _series(sample, sent).hidden == ["group:Peer"]


def _are_out(sample: SampleReview, sent: Parameters, result: Any) -> None:
    series = _series(sample, sent)
    assert sample.run(lambda: [voice.taken_out for voice in series.voices.all()]) == [True]
    assert not sample.run(AnswerClass.objects.filter(series=series).exists)  # nothing was shown yet
    if result is not None:
        assert result["Classes"] == 0
        assert result["Answers"] > 0


CASES = {
    "qxConfirmManager": Case(required=_unconfirmed, full=_key, state=_is_confirmed),
    "qxGetEditions": Case(required=named, full=lambda sample: {"SubjectID": sample.people[0].public_id}),
    "qxHideReportLine": Case(required=lambda sample: {**_subject(sample), "Line": "Peer"}, full=_key, state=_is_hidden),
    "qxTakeOutAnswers": Case(
        required=lambda sample: {**_subject(sample), "PersonID": sample.people[1].public_id},
        full=_key,
        state=_are_out,
    ),
}
