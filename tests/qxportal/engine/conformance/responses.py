"""Requests of the catalogue's group `responses`."""

from typing import Any

from qxportal.engine.models import Evaluation, Panel, ResponseSet, Subgroup
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _form(sample: SampleReview) -> Parameters:
    return {"SurveyID": sample.survey.public_id}


def _recorded(sample: SampleReview) -> Evaluation:
    """The form that the subject's manager has completed."""
    found: Evaluation = sample.run(Evaluation.objects.get, subject=sample.subject, status="Completed")
    return found


def _narrowed(sample: SampleReview) -> Parameters:
    recorded = _recorded(sample)
    spring = sample.run(ResponseSet.objects.create, survey=sample.survey, name="Spring")
    managers = sample.run(
        Subgroup.objects.create, survey=sample.survey, name="Managers' view", relationships=["Manager"]
    )
    panel = sample.run(Panel.objects.create, brand=sample.engine.brand, library_id="UR_ours", name="Board")
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
    return {**dict.fromkeys(switches, "1"), "Questions": "QID1,QID3", "UnansweredRecode": "-99"}


def _pulse(sample: SampleReview) -> Parameters:
    return {"PulseID": sample.engine.assessment(f"Pulse {sample.number}", type="EmployeePulse").public_id}


def _file(sample: SampleReview) -> Parameters:
    """Somebody's view of himself fits a 360 as well as a pulse."""
    sample.subject  # noqa: B018  # he takes part
    who = sample.people[0].public_id
    lines = ("SubjectUniqueIdentifier,ParticipantUniqueIdentifier,Relationship,QID1", f"{who},{who},Self,4")
    return {"ThreeSixtyID": sample.assessment.public_id, "FileContents": "\r\n".join(lines)}


def _is_recorded(sample: SampleReview, sent: Parameters, result: Any) -> None:
    where = {"assessment__public_id": sent["PulseID"], "evaluator": sample.people[0]}
    form = sample.run(Evaluation.objects.get, **where)
    assert (form.status, form.imported, form.relationship) == ("Completed", True, "Self")
    assert sample.run(lambda: list(form.answers.values_list("question__public_id", "value"))) == [("QID1", 4)]


CASES: dict[str, Case] = {
    "getLegacyResponseData": Case(
        required=_form,
        full=_narrowed,
        instead=lambda sample: {"ResponseID": _recorded(sample).public_id, **_as_wished()},
    ),
    "importResponses": Case(required=_file, full=_pulse, state=_is_recorded),
}
