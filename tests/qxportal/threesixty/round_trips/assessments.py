"""Calls about assessments."""

from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    CreateThreeSixty,
    DeleteAssessment,
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
    RenameAssessment,
    ReopenAssessment,
    SetCustomRelationships,
    SetSubjectStatus,
    UpdateAssessment,
)
from qxportal.threesixty.enums import AssessmentType, SubjectStatus
from qxportal.threesixty.ids import new_id
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.values import flag
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_assessments(at: Place) -> None:
    [record] = at.call(GetAssessments())
    assert (record.vendor_id, record.name, record.status) == (at.review.public_id, "Leadership review", "Active")


def get_assessment(at: Place) -> None:
    record = at.call(GetAssessment(assessment_id=at.review.public_id))
    assert flag(record.workflow_options["SelfEvaluation"])  # XML has but texts
    assert [relationship.name for relationship in record.relationships] == ["Customer"]


def create_assessment(at: Place) -> None:
    wanted = new_id("TS")
    made = at.carry_out(
        CreateAssessment(
            name="Spring round",
            type=AssessmentType.THREE_SIXTY,
            assessment_id=wanted,
            workflow_options={"SelfEvaluation": False},
            relationships=(RelationshipRecord(name="Mentor"),),
        )
    )
    assert made.vendor_id == wanted
    record = at.call(GetAssessment(assessment_id=wanted))
    assert (record.status, flag(record.workflow_options["SelfEvaluation"])) == ("Draft", False)


def create_three_sixty(at: Place) -> None:
    made = at.carry_out(CreateThreeSixty(name="Classic round"))
    assert at.call(GetAssessment(assessment_id=made.vendor_id)).name == "Classic round"


def rename_assessment(at: Place) -> None:
    at.carry_out(RenameAssessment(assessment_id=at.review.public_id, name="Leadership review, autumn"))
    assert [one.name for one in at.call(GetAssessments())] == ["Leadership review, autumn"]


def update_assessment(at: Place) -> None:
    review = at.review.public_id
    at.carry_out(UpdateAssessment(assessment_id=review, workflow_options={"RoundRobin": True}))
    options = at.call(GetAssessment(assessment_id=review)).workflow_options
    assert (flag(options["RoundRobin"]), flag(options["SelfEvaluation"])) == (True, True)
    other = at.engine.survey("Another form")
    fresh = at.call(CreateAssessment(name="Summer round"))
    at.carry_out(UpdateAssessment(assessment_id=fresh.vendor_id, survey_id=other.public_id))


def activate_assessment(at: Place) -> None:
    made = at.call(CreateAssessment(name="Summer round"))
    at.carry_out(ActivateAssessment(assessment_id=made.vendor_id))


def close_assessment(at: Place) -> None:
    review = at.review.public_id
    at.carry_out(CloseAssessment(assessment_id=review, close_sessions=True, delete_mailings=True, ready_reports=True))
    states = at.call(GetEvaluationStatus(assessment_id=review, include_evaluation_responses=False))
    assert "InProgress" not in {one.status for one in states}


def reopen_assessment(at: Place) -> None:
    closed = at.engine.assessment("Winter round", status="Closed")
    at.carry_out(ReopenAssessment(assessment_id=closed.public_id))


def delete_assessment(at: Place) -> None:
    at.carry_out(DeleteAssessment(assessment_id=at.review.public_id))
    assert at.call(GetAssessments()) == ()


def get_custom_relationships(at: Place) -> None:
    listed = at.call(GetCustomRelationships(assessment_id=at.review.public_id))
    assert listed == (RelationshipRecord(name="Customer"),)


def set_custom_relationships(at: Place) -> None:
    wanted = (RelationshipRecord(name="Customer"), RelationshipRecord(name="Mentor", translations={"DE": "Mentorin"}))
    at.carry_out(SetCustomRelationships(assessment_id=at.review.public_id, relationships=wanted))


def get_subject_status(at: Place) -> None:
    [subject] = at.call(GetSubjectStatus(assessment_id=at.review.public_id))
    assert (subject.person_id, subject.status) == (at.anna.public_id, "Waiting")
    assert (subject.received, subject.completed) == (3, 1)


def set_subject_status(at: Place) -> None:
    at.carry_out(
        SetSubjectStatus(
            assessment_id=at.review.public_id,
            subject_id=at.anna.public_id,
            status=SubjectStatus.DONE,
            close_sessions=False,
        )
    )


def get_evaluation_status(at: Place) -> None:
    plain = at.call(GetEvaluationStatus(assessment_id=at.review.public_id, include_evaluation_responses=False))
    assert {(one.evaluator_last_name, one.relationship, one.status) for one in plain} == {
        ("Berger", "Self", "NotStarted"),
        ("Ilić", "Manager", "Completed"),
        ("Wei", "Peer", "InProgress"),
    }
    assert all(not one.answers and not one.subject_metadata for one in plain)
    full = at.call(
        GetEvaluationStatus(
            assessment_id=at.review.public_id,
            include_evaluation_responses=True,
            questions=("QID1",),
            include_evaluator_metadata=True,
            include_subject_metadata=True,
        )
    )
    [manager] = [one for one in full if one.relationship == "Manager"]
    assert manager.subject_metadata == {"Department": "Finance"}
    assert manager.evaluator_metadata == {"Title": "Director"}
    assert list(manager.answers) == ["QID1"]
    assert manager.answers["QID1"] in "12345"


ROUND_TRIPS: dict[str, RoundTrip] = {
    "activateAssessment": activate_assessment,
    "closeAssessment": close_assessment,
    "createAssessment": create_assessment,
    "createThreeSixty": create_three_sixty,
    "deleteAssessment": delete_assessment,
    "getAssessment": get_assessment,
    "getAssessments": get_assessments,
    "getCustomRelationships": get_custom_relationships,
    "getEvaluationStatus": get_evaluation_status,
    "getSubjectStatus": get_subject_status,
    "qxRenameAssessment": rename_assessment,
    "reopenAssessment": reopen_assessment,
    "setCustomRelationships": set_custom_relationships,
    "setSubjectStatus": set_subject_status,
    "updateAssessment": update_assessment,
}
