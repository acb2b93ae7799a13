"""Calls that get in each other's way: every one of them gets a reason, and what is kept is whole."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests
from django.db import IntegrityError, OperationalError, connections

from qxportal.engine.http import races
from qxportal.engine.http.errors import Conflict, Problem
from qxportal.engine.models import Assessment, Division, Evaluation, Participant, Person, Survey, User
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

CROWD = 16
NOTHING_WRONG = ""
ID = "0123456789abcde"
Job = Callable[[], requests.Response]


def codes(answers: Sequence[requests.Response]) -> Counter[str]:
    """How often each reason was given; a 500 never is one."""
    found = Counter[str]()
    for answer in answers:
        assert answer.status_code in (200, 400, 403), answer.text
        found[answer.json()["Meta"].get("QualtricsErrorCode", "") or NOTHING_WRONG] += 1
    return found


def together(jobs: Sequence[Job]) -> list[requests.Response]:
    """Send all calls at the same moment."""
    gate = Barrier(len(jobs))

    def send(job: Job) -> requests.Response:
        gate.wait(20)
        return job()

    with ThreadPoolExecutor(len(jobs)) as crowd:
        return list(crowd.map(send, jobs))


@pytest.fixture
def crowd(call: Caller) -> Callable[..., Counter[str]]:
    """Sends one call many times at once."""

    def send(request: str, **parameters: Any) -> Counter[str]:
        return codes(together([lambda: call(request, **parameters)] * CROWD))

    return send


@pytest.mark.parametrize("request_name", ["createAssessment", "createThreeSixty"])
def test_one_id_for_many_assessments(engine: Engine, crowd: Any, request_name: str):
    more = {"NewAssessment": "1"} if request_name == "createThreeSixty" else {}

    found = crowd(request_name, Name="Leaders", ThreeSixtyID=f"TS_{ID}", **more)

    assert found == {NOTHING_WRONG: 1, "ETS1": CROWD - 1}
    assert engine.run(Assessment.objects.count) == 1
    assert engine.run(Survey.objects.count) == 1  # what the others had made went with them


def test_one_id_or_name_for_many_persons(engine: Engine, crowd: Any):
    ada = {"FirstName": "Ada", "LastName": "Moor", "Email": "ada.moor@marlstone.example"}

    assert crowd("createPerson", **ada, PersonID=f"P_{ID}") == {NOTHING_WRONG: 1, "ETS1": CROWD - 1}
    assert crowd("createPerson", **ada) == {"ETS2": CROWD}
    assert engine.run(Person.objects.count) == 1


def test_one_name_for_many_users(engine: Engine, crowd: Any):
    before = engine.run(User.objects.count)
    tom = {
        "NewUsername": "tom.rossi#marlstone",
        "NewPassword": "Heron lifts off",
        "FirstName": "Tom",
        "LastName": "Rossi",
        "Email": "tom.rossi@marlstone.example",
        "Organization": "marlstone",
        "Type": "UT_STANDARD",
    }

    assert crowd("createUser", **tom) == {NOTHING_WRONG: 1, "ETS2": CROWD - 1}
    assert engine.run(User.objects.count) == before + 1


def test_many_users_want_one_name(engine: Engine, call: Caller):
    users = [engine.make_api_user(f"driver.{number}") for number in range(CROWD)]
    jobs = [partial(call, "updateUser", UserID=user.user_id, NewUsername="the-one#marlstone") for user in users]

    assert codes(together(jobs)) == {NOTHING_WRONG: 1, "ETS2": CROWD - 1}


def test_one_name_for_many_divisions(engine: Engine, crowd: Any):
    assert crowd("createDivision", Name="Sales") == {NOTHING_WRONG: 1, "ESRV35|Name": CROWD - 1}
    assert engine.run(Division.objects.count) == 1


def test_one_person_is_added_by_many(engine: Engine, crowd: Any):
    (mara,) = engine.people(1)
    review = engine.assessment("Leaders")

    assert crowd("addPerson", ThreeSixtyID=review.public_id, PersonID=mara.public_id) == {NOTHING_WRONG: CROWD}
    assert engine.run(Participant.objects.count) == 1
    assert engine.run(Evaluation.objects.count) == 1


def test_one_person_is_removed_by_many(engine: Engine, crowd: Any):
    (mara,) = engine.people(1)
    review = engine.assessment("Leaders")
    engine.subject(review, mara)

    found = crowd("removePerson", ThreeSixtyID=review.public_id, PersonID=mara.public_id)
    assert found == {NOTHING_WRONG: 1, "ESRV35|PersonID": CROWD - 1}
    directory = engine.run(lambda: review.org_structure.public_id)
    found = crowd("removePerson", OrgStructureID=directory, PersonID=mara.public_id)
    assert found == {NOTHING_WRONG: 1, "ESRV35|PersonID": CROWD - 1}


def work_on(call: Caller, review: Assessment, person: Person, subject: Person) -> dict[str, Job]:
    """Every request that changes or reads an assessment and its people."""
    which = {"ThreeSixtyID": review.public_id}
    people = "FirstName,LastName,Email\r\nTom,Rossi,tom.rossi@marlstone.example\r\n"
    evaluators = (
        "FirstName,LastName,EvaluatorEmail,SubjectEmail,Relationship\r\n"
        f"{person.first_name},{person.last_name},{person.email},{subject.email},Peer\r\n"
    )
    responses = f"SubjectEmail,EvaluatorEmail,Relationship\r\n{subject.email},{person.email},Peer\r\n"
    one, him = which | {"PersonID": person.public_id}, which | {"PersonID": subject.public_id}
    status = which | {"SubjectID": subject.public_id, "Status": "Done", "CloseSessions": "1"}
    library = {"LibraryID": review.public_id}
    text = library | {"Name": "Hello", "Category": "InviteEmails", "Message[EN]": "Welcome"}
    return {
        "addPerson": lambda: call("addPerson", **one),
        "removePerson": lambda: call("removePerson", **him, RemoveEvaluations="1"),
        "setSubjectStatus": lambda: call("setSubjectStatus", **status),
        "importPersons": lambda: call.upload("importPersons", people.encode(), **which, Type="Subjects"),
        "importEvaluators": lambda: call.upload("importPersons", evaluators.encode(), **which, Type="Evaluators"),
        "importResponses": lambda: call.upload("importResponses", responses.encode(), **which),
        "setCustomRelationships": lambda: call(
            "setCustomRelationships", **which, jsonOfRelationships='["Mentor", "Customer"]'
        ),
        "updateAssessment": lambda: call("updateAssessment", **which, WorkFlowOptions='{"SelfEvaluation": false}'),
        "closeAssessment": lambda: call("closeAssessment", **which, CloseSessions="1", ReadyReports="1"),
        "reopenAssessment": lambda: call("reopenAssessment", **which),
        "createLibraryMessage": lambda: call("createLibraryMessage", **text),
        "getAssessment": lambda: call("getAssessment", **which),
        "getSubjectReport": lambda: call("getSubjectReport", **him),
        "getAssessments": lambda: call("getAssessments"),
        "getQuotas": lambda: call("getQuotas", SurveyID=review.survey.public_id),
    }


@pytest.mark.parametrize("round", range(3))
def test_an_assessment_is_deleted_while_others_work_on_it(engine: Engine, call: Caller, round: int):
    mara, tom, lena = engine.people(3)
    review = engine.assessment("Leaders")
    engine.evaluation(engine.subject(review, mara), lena, "Peer", "InProgress")
    jobs = work_on(call, review, tom, mara)
    deletion = [lambda: call("deleteAssessment", ThreeSixtyID=review.public_id)]

    answers = together([*jobs.values(), *deletion])

    found = codes(answers)
    assert set(found) <= {
        NOTHING_WRONG,
        "ESRV35|ThreeSixtyID",
        "ESRV35|LibraryID",
        "ESRV35|PersonID",
        "ESRV35|SubjectID",
        "ESRV35|FileContents",
        "ETS3",
        "ETS4",
        "ESRV35|SurveyID",
    }, found
    assert answers[-1].status_code == 200
    assert not engine.run(Assessment.objects.count)
    assert not engine.run(Participant.objects.count)


def test_people_come_and_go_at_once(engine: Engine, call: Caller):
    people = engine.people(4)
    review = engine.assessment("Leaders")
    structure = engine.run(lambda: review.org_structure.public_id)
    jobs: list[Job] = []
    for person in people:
        which = {"ThreeSixtyID": review.public_id, "PersonID": person.public_id}
        jobs += [
            partial(call, "addPerson", **which),
            partial(call, "removePerson", **which),
            partial(call, "removePerson", PersonID=person.public_id, OrgStructureID=structure),
            partial(call, "updatePerson", PersonID=person.public_id, MetaData='{"Team": "Sales"}'),
        ]

    assert set(codes(together(jobs))) <= {NOTHING_WRONG, "ESRV35|PersonID"}


def test_users_leave_while_they_are_given_things(engine: Engine, call: Caller):
    users = [engine.make_api_user(f"driver.{number}", brand_admin=False) for number in range(4)]
    survey = engine.survey("Drivers")
    jobs: list[Job] = []
    for user in users:
        id = user.user_id
        jobs += [
            partial(call, "deleteUser", UserID=id),
            partial(call, "createAssessment", Name="For a driver", OwnerID=id),
            partial(call, "createDivision", Name=f"Division of {id}", DivisionAdmins=id),
            partial(
                call,
                "transferSurveyOwnership",
                SurveyID=survey.public_id,
                OwnerID=engine.api_user.user_id,
                NewOwnerID=id,
            ),
        ]

    found = codes(together(jobs))

    assert set(found) <= {
        NOTHING_WRONG,
        "ETS10",
        "ETS3",
        "ESRV35|UserID",
        "ESRV35|OwnerID",
        "ESRV35|NewOwnerID",
        "ESRV35|DivisionAdmins",
    }, found


def test_the_same_files_are_imported_at_once(engine: Engine, call: Caller):
    people = "FirstName,LastName,Email\r\n" + "".join(f"A,B,p{n}@marlstone.example\r\n" for n in range(50))
    review = engine.assessment("Leaders")
    jobs = [
        lambda: call.upload("importPersons", people.encode(), Type="Subjects", ThreeSixtyID=review.public_id),
        lambda: call.upload("importPersons", people.encode(), Type="Directory"),
    ] * 4

    assert codes(together(jobs)) == {NOTHING_WRONG: 8}
    assert engine.run(Person.objects.count) == 50
    assert engine.run(Participant.objects.count) == 50


# -- what is lost again and again


class Stubborn:
    """Work that the database refuses each time."""

    def __init__(self, statement: str) -> None:
        self.statement, self.tries = statement, 0

    def __call__(self) -> None:
        """Run the statement."""
        self.tries += 1
        with connections["engine"].cursor() as cursor:
            cursor.execute(self.statement)


def raising(state: str, **details: str) -> str:
    told = "".join(f", {name} = '{value}'" for name, value in details.items())
    return f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'{told}; END $$"


@pytest.mark.parametrize(
    ("state", "constraint", "code", "tries"),
    [
        ("23505", "engine_assessment_public_id_key", "ETS1", 5),
        ("23505", "one_person_per_user_name", "ETS2", 5),
        ("23505", "one_participant_per_person", "ETS3", 5),
        ("23503", "engine_participant_assessment_id_fk", "ETS3", 5),
        ("40P01", "", "ESRV503", 5),
        ("53100", "", "ESRV503", 1),
        ("53200", "", "ESRV503", 1),
    ],
)
def test_what_fails_each_time_is_told_by_its_constraint(
    engine: Engine, state: str, constraint: str, code: str, tries: int
):
    work = Stubborn(raising(state, **({"CONSTRAINT": constraint} if constraint else {})))

    with pytest.raises(Problem) as caught:
        engine.run(races.with_reasons, work)

    assert (caught.value.code, work.tries) == (code, tries)


def test_other_faults_of_the_database_are_not_hidden(engine: Engine):
    work = Stubborn("SELECT nonsense")

    with pytest.raises(Exception, match="nonsense"):
        engine.run(races.with_reasons, work)

    assert work.tries == 1


def test_what_works_the_second_time_gives_its_result(engine: Engine):
    tries = iter([IntegrityError("lost"), OperationalError("away")])

    def work() -> str:
        raise next(tries)

    with pytest.raises(OperationalError):
        engine.run(races.with_reasons, work)


# -- no room


@pytest.fixture
def full(engine: Engine) -> Iterator[Callable[[str], None]]:
    """Lets PostgreSQL say that its disk is full when rows of some table are written."""
    made: list[str] = []

    def fill(table: str) -> None:
        def create() -> None:
            with connections["engine"].cursor() as cursor:
                cursor.execute(
                    "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
                )
                cursor.execute(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()")

        engine.run(create)
        made.append(table)

    yield fill

    def drop() -> None:
        with connections["engine"].cursor() as cursor:
            for table in made:
                cursor.execute(f"DROP TRIGGER full_disk ON {table}")

    engine.run(drop)


def test_a_full_disk_is_one_sentence_and_nothing_is_recorded(engine: Engine, call: Caller, full: Any):
    full("engine_report")

    answer = call("createAssessment", Name="Leaders")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "no room left, so nothing was recorded" in answer.json()["Meta"]["ErrorMessage"]
    assert not engine.run(Assessment.objects.count)
    assert not engine.run(Survey.objects.count)
    assert [(one.code, one.executed) for one in engine.writes()] == [(503, False)]


def test_calls_are_answered_though_nothing_can_be_noted(engine: Engine, call: Caller, full: Any):
    for table in ("engine_call", "engine_usualaddress", "engine_signinfailures"):
        full(table)

    assert call("getSurveys").status_code == 200
    assert call("getSurveys", version="9").status_code == 400
    assert call("createDivision", Name="Sales").status_code == 200


def test_a_full_disk_below_long_answers_is_told_too(engine: Engine, call: Caller):
    def onto_a_full_disk() -> None:
        with Path("/dev/full").open("wb", buffering=0) as file:
            file.write(b"x")

    with pytest.raises(Problem) as caught:
        engine.run(races.with_reasons, onto_a_full_disk)

    assert (caught.value.status, caught.value.code) == (503, "ESRV503")
    assert not isinstance(caught.value, Conflict)
