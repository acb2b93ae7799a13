"""Requests of the catalogue's group `responses`."""

from typing import Any

from qxportal.engine.models import Evaluation, Panel, ResponseSet, Subgroup
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene


def _form(scene: Scene) -> Parameters:
    return {"SurveyID": scene.survey.public_id}


def _recorded(scene: Scene) -> Evaluation:
    """The form that the subject's manager has completed."""
    found: Evaluation = scene.run(Evaluation.objects.get, subject=scene.subject, status="Completed")
    return found


def _narrowed(scene: Scene) -> Parameters:
    recorded = _recorded(scene)
    spring = scene.run(ResponseSet.objects.create, survey=scene.survey, name="Spring")
    managers = scene.run(Subgroup.objects.create, survey=scene.survey, name="Managers' view", relationships=["Manager"])
    panel = scene.run(Panel.objects.create, brand=scene.engine.brand, library_id="UR_ours", name="Board")
    return {
        "LastResponseID": recorded.public_id,
        "Limit": "10",
        "Offset": "0",
        "ResponseSetID": spring.public_id,
        "SubgroupID": managers.public_id,
        "StartDate": "2026-01-01 00:00:00",
        "EndDate": "2027-01-01 00:00:00",
        "PanelID": panel.public_id,
        **_as_wished(),
    }


def _as_wished() -> Parameters:
    switches = ("Labels", "ExportTags", "ExportQuestionIDs", "LocalTime", "ResponsesInProgress", "LocationData")
    return {**dict.fromkeys(switches, "1"), "Questions": "QID1,QID13", "UnansweredRecode": "-99"}


def _pulse(scene: Scene) -> Parameters:
    return {"PulseID": scene.engine.assessment(f"Pulse {scene.number}", type="EmployeePulse").public_id}


def _file(scene: Scene) -> Parameters:
    """Somebody's view of himself fits a 360 as well as a pulse."""
    scene.subject  # noqa: B018  # he takes part
    who = scene.people[0].public_id
    lines = ("SubjectUniqueIdentifier,ParticipantUniqueIdentifier,Relationship,QID1", f"{who},{who},Self,4")
    return {"ThreeSixtyID": scene.assessment.public_id, "FileContents": "\r\n".join(lines)}


def _is_recorded(scene: Scene, sent: Parameters, result: Any) -> None:
    where = {"assessment__public_id": sent["PulseID"], "evaluator": scene.people[0]}
    form = scene.run(Evaluation.objects.get, **where)
    assert (form.status, form.imported, form.relationship) == ("Completed", True, "Self")
    assert scene.run(lambda: list(form.answers.values_list("question__public_id", "value"))) == [("QID1", 4)]


CASES: dict[str, Case] = {
    "getLegacyResponseData": Case(
        required=_form,
        full=_narrowed,
        instead=lambda scene: {"ResponseID": _recorded(scene).public_id, **_as_wished()},
    ),
    "importResponses": Case(required=_file, full=_pulse, state=_is_recorded),
}
