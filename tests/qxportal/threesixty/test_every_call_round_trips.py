"""Each call goes to a running engine over HTTP and comes back as a typed record; the list of calls is computed."""

import importlib
import pkgutil
from dataclasses import fields

import pytest

from qxportal.threesixty import calls
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
    SetCustomRelationships,
    SetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import AddPerson, CreatePerson, GetPersons, ImportPersons, RemovePerson
from qxportal.threesixty.calls.reports import GetSubjectReport, GetSubjectReportPDF
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.csv import to_csv
from qxportal.threesixty.errors import BadCredential, Rejected
from qxportal.threesixty.ids import new_id
from qxportal.threesixty.records import RelationshipRecord
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.words import AssessmentType, ImportType, SubjectStatus

for module in pkgutil.iter_modules(calls.__path__):
    importlib.import_module(f"{calls.__name__}.{module.name}")
EVERY_CALL = sorted(Call.__subclasses__(), key=lambda call: call.request)


@pytest.fixture
def client(engine):
    user = engine.api_user
    with ThreeSixty(engine.url, user.user_name, Secret(user.token), allow_loopback=True) as client:
        yield client


@pytest.fixture
def scene(engine):
    """A running assessment with one subject, his manager and two peers."""
    review = engine.assessment("Leadership review", relationships=("Customer",))
    anna, boris, chen, dana = (
        engine.person(*name) for name in (("Anna", "Berger"), ("Boris", "Ilić"), ("Chen", "Wei"), ("Dana", "Cole"))
    )
    subject = engine.subject(review, anna)
    engine.evaluation(subject, boris, "Manager", "Completed")
    engine.evaluation(subject, chen, "Peer", "InProgress")
    return review, anna, dana


def ask_get_assessments(client, scene):
    [record] = client.call(GetAssessments())
    assert (record.vendor_id, record.name, record.status) == (scene[0].public_id, "Leadership review", "Active")


def ask_get_assessment(client, scene):
    record = client.call(GetAssessment(assessment_id=scene[0].public_id))
    assert record.workflow_options["SelfEvaluation"] is True
    assert [relationship.name for relationship in record.relationships] == ["Customer"]


def ask_create_assessment(client, scene):
    wanted = new_id("TS")
    made = client.call(
        CreateAssessment(
            name="Spring round",
            type=AssessmentType.THREE_SIXTY,
            assessment_id=wanted,
            workflow_options={"SelfEvaluation": False},
            relationships=(RelationshipRecord(name="Mentor"),),
        )
    )
    assert made.vendor_id == wanted
    record = client.call(GetAssessment(assessment_id=wanted))
    assert record.status == "Draft"
    assert record.workflow_options["SelfEvaluation"] is False


def ask_activate_assessment(client, scene):
    made = client.call(CreateAssessment(name="Summer round"))
    client.call(ActivateAssessment(assessment_id=made.vendor_id))
    assert client.call(GetAssessment(assessment_id=made.vendor_id)).status == "Active"


def ask_close_assessment(client, scene):
    review = scene[0].public_id
    client.call(CloseAssessment(assessment_id=review, close_sessions=True, delete_mailings=True, ready_reports=True))
    assert client.call(GetAssessment(assessment_id=review)).status == "Closed"
    states = {
        e.status for e in client.call(GetEvaluationStatus(assessment_id=review, include_evaluation_responses=False))
    }
    assert "InProgress" not in states


def ask_get_persons(client, scene):
    people = client.call(GetPersons(include_metadata=True))
    assert {person.last_name for person in people} == {"Berger", "Ilić", "Wei", "Cole"}
    pages = list(client.pages(GetPersons(), size=2))
    assert [len(page.records) for page in pages] == [2, 2, 0]
    assert all(page.sound for page in pages)


def ask_create_person(client, scene):
    wanted = new_id("P")
    made = client.call(
        CreatePerson(
            email="erik.aasen@marlstone.example",
            first_name="Erik",
            last_name="Åsen",
            person_id=wanted,
            metadata={"Department": "Finance"},
        )
    )
    assert made.vendor_id == wanted
    [person] = [p for p in client.call(GetPersons(include_metadata=True)) if p.vendor_id == wanted]
    assert (person.last_name, person.metadata["Department"]) == ("Åsen", "Finance")


def ask_add_person(client, scene):
    client.call(AddPerson(person_id=scene[2].public_id, assessment_id=scene[0].public_id))
    subjects = client.call(GetSubjectStatus(assessment_id=scene[0].public_id))
    assert {subject.last_name for subject in subjects} == {"Berger", "Cole"}


def ask_remove_person(client, scene):
    review, anna, _dana = scene
    client.call(RemovePerson(person_id=anna.public_id, assessment_id=review.public_id, remove_evaluations=True))
    assert client.call(GetSubjectStatus(assessment_id=review.public_id)) == ()


def ask_import_persons(client, scene):
    review, anna, dana = scene
    columns = ("FirstName", "LastName", "Email", "SubjectEmail", "Relationship")
    rows = [("Dana", "Cole", dana.email, anna.email, "Customer"), ("No", "Body", "", anna.email, "Peer")]
    outcome = client.call(
        ImportPersons(
            assessment_id=review.public_id,
            type=ImportType.EVALUATORS,
            file_contents=to_csv(columns, rows),
            clean_import=False,
            clear_relationships=False,
            update_responses=False,
        )
    )
    assert (outcome.count, outcome.ignored_count) == (1, 1)
    assert outcome.ignored[0].reason


def ask_get_custom_relationships(client, scene):
    assert client.call(GetCustomRelationships(assessment_id=scene[0].public_id)) == (
        RelationshipRecord(name="Customer"),
    )


def ask_set_custom_relationships(client, scene):
    wanted = (RelationshipRecord(name="Customer"), RelationshipRecord(name="Mentor", translations={"DE": "Mentorin"}))
    client.call(SetCustomRelationships(assessment_id=scene[0].public_id, relationships=wanted))
    assert client.call(GetCustomRelationships(assessment_id=scene[0].public_id)) == wanted


def ask_get_subject_status(client, scene):
    [subject] = client.call(GetSubjectStatus(assessment_id=scene[0].public_id))
    assert (subject.person_id, subject.status) == (scene[1].public_id, "Waiting")
    assert (subject.received, subject.completed) == (3, 1)


def ask_set_subject_status(client, scene):
    review, anna, _dana = scene
    call = SetSubjectStatus(
        assessment_id=review.public_id, subject_id=anna.public_id, status=SubjectStatus.DONE, close_sessions=False
    )
    client.call(call)
    [subject] = client.call(GetSubjectStatus(assessment_id=review.public_id))
    assert subject.status == "Done"


def ask_get_evaluation_status(client, scene):
    listed = client.call(GetEvaluationStatus(assessment_id=scene[0].public_id, include_evaluation_responses=False))
    assert {(e.evaluator_last_name, e.relationship, e.status) for e in listed} == {
        ("Berger", "Self", "NotStarted"),
        ("Ilić", "Manager", "Completed"),
        ("Wei", "Peer", "InProgress"),
    }


def ask_get_subject_report(client, scene):
    report = client.call(GetSubjectReport(assessment_id=scene[0].public_id, person_id=scene[1].public_id))
    assert "Report" in report


def ask_get_subject_report_pdf(client, scene):
    pdf = client.call(
        GetSubjectReportPDF(assessment_id=scene[0].public_id, person_id=scene[1].public_id, viewer="Admin")
    )
    assert pdf.content.startswith(b"%PDF-")


def ask_get_surveys(client, scene):
    assert [survey.name for survey in client.call(GetSurveys())] == ["Leadership review form"]


ASK = {
    name.removeprefix("ask_").replace("_", ""): function
    for name, function in globals().copy().items()
    if name.startswith("ask_")
}


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
@pytest.mark.parametrize("call", EVERY_CALL, ids=lambda call: call.request)
def test_a_call_round_trips(call, client, scene):
    ASK[call.request.lower()](client, scene)


@pytest.mark.parametrize("call", EVERY_CALL, ids=lambda call: call.request)
def test_a_calls_parameters_are_the_catalogues(call):
    spec = CATALOGUE[call.request]
    sent = {field.metadata["param"]: field for field in fields(call)}

    assert set(sent) <= {param.name for param in spec.params}
    assert {param.name for param in spec.params if param.required} <= set(sent)


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_a_wrong_token_is_told_apart(engine):
    wrong = Secret("not-the-token")
    with (
        ThreeSixty(engine.url, engine.api_user.user_name, wrong, allow_loopback=True) as client,
        pytest.raises(BadCredential),
    ):
        client.call(GetSurveys())


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_below_its_version_the_predecessor_is_asked_and_others_are_refused_unsent(engine):
    user = engine.api_user
    with ThreeSixty(engine.url, user.user_name, Secret(user.token), version="2.2", allow_loopback=True) as client:
        client.call(CreateAssessment(name="Classic round"))
        with pytest.raises(Rejected, match=r"2\.3"):
            client.call(
                SetSubjectStatus(
                    assessment_id="TS_1", subject_id="P_1", status=SubjectStatus.DONE, close_sessions=False
                )
            )

    assert [call.request for call in engine.writes()] == ["createThreeSixty"]
