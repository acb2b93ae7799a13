"""The two types without subjects: everybody takes part and answers for himself."""

import pytest

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Assessment, Evaluation
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import Engine

PEOPLE = "FirstName,LastName,Email\r\nPetra,Novak,petra@m.example\r\nAmir,Haddad,amir@m.example\r\n"


@pytest.fixture(params=["EE", "EmployeePulse"])
def study(engine: Engine, request: pytest.FixtureRequest) -> Assessment:
    return engine.assessment("Engagement 2026", type=request.param)


@pytest.fixture
def which(study: Assessment) -> dict[str, str]:
    return {"ThreeSixtyID": study.public_id}


def test_a_person_takes_part_as_an_external_only(engine: Engine, call: Caller, rows: Rows, which: dict[str, str]):
    (mara,) = engine.people(1)

    refused = call("addPerson", **which, PersonID=mara.public_id)
    assert refused.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|External"
    assert "participants and no subjects" in refused.json()["Meta"]["ErrorMessage"]

    for _ in range(2):
        call.result("addPerson", **which, PersonID=mara.public_id, External=1, ForceUpdate=1)

    assert rows(call("getSubjectStatus", form="CSV", **which)) == []
    (form,) = rows(call("getEvaluationStatus", form="CSV", **which))
    assert (form["SubjectUniqueIdentifier"], form["ParticipantUniqueIdentifier"]) == (mara.public_id, mara.public_id)
    assert (form["Relationship"], form["Status"]) == ("Self", "NotStarted")


@pytest.mark.parametrize("kind", ["Participants", "Directory"])
def test_a_file_brings_participants(engine: Engine, call: Caller, rows: Rows, which: dict[str, str], kind: str):
    assert call.result("importPersons", **which, Type=kind, FileContents=PEOPLE)["Count"] == 2

    assert rows(call("getSubjectStatus", form="CSV", **which)) == []
    forms = rows(call("getEvaluationStatus", form="CSV", **which))
    assert [form["EvaluatorFirstName"] for form in forms] == ["Petra", "Amir"]


@pytest.mark.parametrize("kind", ["Subjects", "Evaluators"])
def test_subjects_and_evaluators_have_no_place(call: Caller, which: dict[str, str], kind: str):
    assert call.refused("importPersons", **which, Type=kind, FileContents=PEOPLE) == (400, "ESRV35|Type")


def test_participants_have_no_place_among_subjects(engine: Engine, call: Caller):
    review = {"ThreeSixtyID": engine.assessment("Leaders").public_id}

    assert call.refused("importPersons", **review, Type="Participants", FileContents=PEOPLE) == (400, "ESRV35|Type")


def test_a_participant_answers_once_and_leaves(engine: Engine, call: Caller, study: Assessment, which: dict[str, str]):
    (mara,) = engine.people(1)
    call.result("addPerson", **which, PersonID=mara.public_id, External=1)
    question = engine.run(study.survey.questions.first)

    form = engine.run(lambda: answering.open_evaluations().select_related("assessment").get())
    engine.run(answering.save, form, {question: Given(value=4)}, finished=True)

    assert engine.run(answering.open_evaluations().exists) is False
    report = {**which, "PersonID": mara.public_id}
    assert call.refused("getSubjectReport", **report) == (400, "ESRV35|PersonID")
    status = call.refused("setSubjectStatus", **which, SubjectID=mara.public_id, Status="Done")
    assert status == (400, "ESRV35|SubjectID")
    call.result("removePerson", **report, RemoveEvaluations=1)
    assert engine.run(Evaluation.objects.count) == 0


def test_the_option_about_self_evaluations_has_no_meaning(engine: Engine, call: Caller, which: dict[str, str]):
    (mara,) = engine.people(1)
    call.result("addPerson", **which, PersonID=mara.public_id, External=1)

    call.result("updateAssessment", **which, WorkFlowOptions={"SelfEvaluation": False})

    assert engine.run(Evaluation.objects.count) == 1


def test_nobodys_response_from_a_file_is_about_somebody_else(engine: Engine, call: Caller, which: dict[str, str]):
    mara, jonas = engine.people(2)
    call.result("addPerson", **which, PersonID=jonas.public_id, External=1)
    head = "ParticipantUniqueIdentifier,SubjectUniqueIdentifier,Relationship,QID1"

    for subject in (jonas, engine.people(1)[0]):
        row = f"{mara.public_id},{subject.public_id},Peer,4"
        refused = call("importResponses", **which, FileContents=f"{head}\r\n{row}\r\n")
        assert refused.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|FileContents"
        assert "All evaluators answer about themselves" in refused.json()["Meta"]["ErrorMessage"]

    own = f"{mara.public_id},{mara.public_id},Self,4"
    assert call.result("importResponses", **which, FileContents=f"{head}\r\n{own}\r\n")["Count"] == 1
