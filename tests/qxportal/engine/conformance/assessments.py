"""Requests of the catalogue's group `360`."""

import json
from typing import Any

from django.utils import timezone

from qxportal.engine.models import Assessment, Evaluation, Mailing, Participant, Survey
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def named(sample: SampleReview) -> Parameters:
    """Its assessment, which has a subject."""
    return {"ThreeSixtyID": sample.subject.assessment.public_id}


def nothing(sample: SampleReview) -> Parameters:
    """No parameter."""
    return {}


def _draft(sample: SampleReview) -> Parameters:
    sample.assessment = sample.engine.assessment(f"Draft {sample.number}", status="Draft")
    return {"ThreeSixtyID": sample.assessment.public_id}


def _is_active(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.now(sample.assessment).status == "Active"


def _with_mailing(sample: SampleReview) -> Parameters:
    sample.run(Mailing.objects.create, assessment=sample.assessment, kind="Reminder", scheduled_at=timezone.now())
    return named(sample)


def _is_closed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.now(sample.assessment).status == "Closed"
    states = sample.run(
        lambda: set(Evaluation.objects.filter(assessment=sample.assessment).values_list("status", flat=True))
    )
    assert "InProgress" not in states
    assert sample.now(sample.subject).report_ready
    assert not sample.run(Mailing.objects.filter(assessment=sample.assessment, cancelled_at=None).exists)


def _closed(sample: SampleReview) -> Parameters:
    sample.assessment = sample.engine.assessment(f"Closed {sample.number}", status="Closed")
    return {"ThreeSixtyID": sample.assessment.public_id}


def _is_renamed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.now(sample.assessment).name == "Autumn review"


def _is_gone(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert not sample.run(Assessment.objects.filter(public_id=sent["ThreeSixtyID"]).exists)
    assert not sample.run(Evaluation.objects.filter(assessment=sample.assessment).exists)


def _is_changed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    now = sample.run(Assessment.objects.select_related("survey").get, public_id=sent["ThreeSixtyID"])
    assert now.survey.public_id == sent["SurveyID"]
    assert (now.options["RoundRobin"], now.options["MergeMessages"]) == (True, True)
    assert not sample.run(Survey.objects.filter(pk=sample.assessment.survey_id).exists)


def _new(sample: SampleReview) -> Parameters:
    return {
        "ThreeSixtyID": f"TS_spring2026{sample.number:05d}",
        "OwnerID": sample.engine.api_user.user_id,
        "SurveyID": sample.survey.public_id,
        "WorkFlowOptions": '{"RoundRobin": true}',
        "Relationships": '["Mentor"]',
    }


def _is_made(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(Assessment.objects.select_related("survey").get, public_id=sent["ThreeSixtyID"])
    assert (made.name, made.status, made.type) == (sent["Name"], "Draft", sent.get("Type", "360"))
    assert made.survey.public_id == sent["SurveyID"]
    assert made.options["RoundRobin"] is True
    assert sample.run(lambda: [one.name for one in made.relationships.all()]) == ["Mentor"]
    if result is not None:
        assert result["ThreeSixtyID"] == made.public_id


def _relationships_are_set(sample: SampleReview, sent: Parameters, result: Any) -> None:
    names = sample.run(lambda: [one.name for one in sample.assessment.relationships.all()])
    assert names == json.loads(sent["jsonOfRelationships"])


def _status(sample: SampleReview) -> Parameters:
    return {**named(sample), "SubjectID": sample.people[0].public_id, "Status": "Done"}


def _is_done(sample: SampleReview, sent: Parameters, result: Any) -> None:
    subject: Participant = sample.now(sample.subject)
    assert (subject.status, subject.report_ready) == ("Done", True)


CASES = {
    "activateAssessment": Case(required=_draft, full=nothing, state=_is_active),
    "closeAssessment": Case(
        required=_with_mailing,
        full=lambda _: dict.fromkeys(("CloseSessions", "DeleteMailings", "ReadyReports"), "1"),
        state=_is_closed,
    ),
    "createAssessment": Case(
        required=lambda _: {"Name": "Spring review"}, full=lambda sample: {**_new(sample), "Type": "EE"}, state=_is_made
    ),
    "createThreeSixty": Case(
        required=lambda _: {"Name": "Spring review"},
        full=lambda sample: {**_new(sample), "NewAssessment": "1"},
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
    "qxRenameAssessment": Case(
        required=lambda sample: {**named(sample), "Name": "Autumn review"},
        full=lambda sample: {"IdempotencyKey": f"rename-{sample.number}"},
        state=_is_renamed,
    ),
    "reopenAssessment": Case(required=_closed, full=nothing, state=_is_active),
    "setCustomRelationships": Case(
        required=named, full=lambda _: {"jsonOfRelationships": '["Mentor", "Customer"]'}, state=_relationships_are_set
    ),
    "setSubjectStatus": Case(required=_status, full=lambda _: {"CloseSessions": "1"}, state=_is_done),
    "updateAssessment": Case(
        required=_draft,
        full=lambda sample: {
            "SurveyID": sample.engine.survey(f"Other form {sample.number}").public_id,
            "WorkFlowOptions": '{"RoundRobin": true}',
        },
        state=_is_changed,
    ),
}
