"""Requests of the catalogue's group `360`."""

import json
from typing import Any

from django.utils import timezone

from qxportal.engine.models import Assessment, Evaluation, Mailing, Participant, Survey
from tests.qxportal.engine.conformance.case import Case, Parameters, Scene


def named(scene: Scene) -> Parameters:
    """Its assessment, which has a subject."""
    return {"ThreeSixtyID": scene.subject.assessment.public_id}


def nothing(scene: Scene) -> Parameters:
    """No parameter."""
    return {}


def _draft(scene: Scene) -> Parameters:
    scene.assessment = scene.engine.assessment(f"Draft {scene.number}", status="Draft")
    return {"ThreeSixtyID": scene.assessment.public_id}


def _is_active(scene: Scene, sent: Parameters, result: Any) -> None:
    assert scene.now(scene.assessment).status == "Active"


def _with_mailing(scene: Scene) -> Parameters:
    scene.run(Mailing.objects.create, assessment=scene.assessment, kind="Reminder", scheduled_at=timezone.now())
    return named(scene)


def _is_closed(scene: Scene, sent: Parameters, result: Any) -> None:
    assert scene.now(scene.assessment).status == "Closed"
    states = scene.run(
        lambda: set(Evaluation.objects.filter(assessment=scene.assessment).values_list("status", flat=True))
    )
    assert "InProgress" not in states
    assert scene.now(scene.subject).report_ready
    assert not scene.run(Mailing.objects.filter(assessment=scene.assessment).exists)


def _closed(scene: Scene) -> Parameters:
    scene.assessment = scene.engine.assessment(f"Closed {scene.number}", status="Closed")
    return {"ThreeSixtyID": scene.assessment.public_id}


def _is_gone(scene: Scene, sent: Parameters, result: Any) -> None:
    assert not scene.run(Assessment.objects.filter(public_id=sent["ThreeSixtyID"]).exists)
    assert not scene.run(Evaluation.objects.filter(assessment=scene.assessment).exists)


def _is_changed(scene: Scene, sent: Parameters, result: Any) -> None:
    now = scene.run(Assessment.objects.select_related("survey").get, public_id=sent["ThreeSixtyID"])
    assert now.survey.public_id == sent["SurveyID"]
    assert (now.options["RoundRobin"], now.options["MergeMessages"]) == (True, True)
    assert not scene.run(Survey.objects.filter(pk=scene.assessment.survey_id).exists)


def _new(scene: Scene) -> Parameters:
    return {
        "ThreeSixtyID": f"TS_spring2026{scene.number:05d}",
        "OwnerID": scene.engine.api_user.user_id,
        "SurveyID": scene.survey.public_id,
        "WorkFlowOptions": '{"RoundRobin": true}',
        "Relationships": '["Mentor"]',
    }


def _is_made(scene: Scene, sent: Parameters, result: Any) -> None:
    made = scene.run(Assessment.objects.select_related("survey").get, public_id=sent["ThreeSixtyID"])
    assert (made.name, made.status, made.type) == (sent["Name"], "Draft", sent.get("Type", "360"))
    assert made.survey.public_id == sent["SurveyID"]
    assert made.options["RoundRobin"] is True
    assert scene.run(lambda: [one.name for one in made.relationships.all()]) == ["Mentor"]
    if result is not None:
        assert result["ThreeSixtyID"] == made.public_id


def _relationships_are_set(scene: Scene, sent: Parameters, result: Any) -> None:
    names = scene.run(lambda: [one.name for one in scene.assessment.relationships.all()])
    assert names == json.loads(sent["jsonOfRelationships"])


def _status(scene: Scene) -> Parameters:
    return {**named(scene), "SubjectID": scene.people[0].public_id, "Status": "Done"}


def _is_done(scene: Scene, sent: Parameters, result: Any) -> None:
    subject: Participant = scene.now(scene.subject)
    assert (subject.status, subject.report_ready) == ("Done", True)


CASES = {
    "activateAssessment": Case(required=_draft, full=nothing, state=_is_active),
    "closeAssessment": Case(
        required=_with_mailing,
        full=lambda _: dict.fromkeys(("CloseSessions", "DeleteMailings", "ReadyReports"), "1"),
        state=_is_closed,
    ),
    "createAssessment": Case(
        required=lambda _: {"Name": "Spring review"}, full=lambda scene: {**_new(scene), "Type": "EE"}, state=_is_made
    ),
    "createThreeSixty": Case(
        required=lambda _: {"Name": "Spring review"},
        full=lambda scene: {**_new(scene), "NewAssessment": "1"},
        state=_is_made,
    ),
    "deleteAssessment": Case(required=named, full=nothing, state=_is_gone),
    "getAssessment": Case(required=named, full=nothing),
    "getAssessments": Case(required=nothing, full=nothing),
    "getCustomRelationships": Case(required=named, full=nothing),
    "getEvaluationStatus": Case(
        required=named,
        full=lambda _: {
            **dict.fromkeys(("IncludeEvaluationResponses", "IncludeEvaluatorMetadata", "IncludeSubjectMetadata"), "1"),
            "Questions": "QID1,QID2",
        },
    ),
    "getSubjectStatus": Case(required=named, full=nothing),
    "reopenAssessment": Case(required=_closed, full=nothing, state=_is_active),
    "setCustomRelationships": Case(
        required=named, full=lambda _: {"jsonOfRelationships": '["Mentor", "Customer"]'}, state=_relationships_are_set
    ),
    "setSubjectStatus": Case(required=_status, full=lambda _: {"CloseSessions": "1"}, state=_is_done),
    "updateAssessment": Case(
        required=_draft,
        full=lambda scene: {
            "SurveyID": scene.engine.survey(f"Other form {scene.number}").public_id,
            "WorkFlowOptions": '{"RoundRobin": true}',
        },
        state=_is_changed,
    ),
}
