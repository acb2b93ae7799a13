from concurrent.futures import ThreadPoolExecutor

import pytest

from qxportal.engine.models import Evaluation, Participant, Person
from tests.qxportal.engine.conftest import Caller, Rows
from tests.support.engine_fixture import Engine

PETRA = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}


def test_a_new_person_is_in_the_directory(engine: Engine, call: Caller):
    division = engine.division("Field service")

    made = call.result(
        "createPerson",
        **PETRA,
        DivisionID=division.public_id,
        External=1,
        MetaData={"Department": "Service", "EmployeeNumber": 4711},
    )

    (listed,) = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert listed == {
        **PETRA,
        "PersonID": made["PersonID"],
        "UserName": PETRA["Email"],
        "UserID": None,
        "DivisionID": division.public_id,
        "External": 1,
        "ExternalDataReference": "",
        "MetaData": {"Department": "Service", "EmployeeNumber": "4711"},
    }


def test_metadata_may_come_in_brackets(call: Caller):
    call.result("createPerson", **PETRA, **{"MetaData[Team]": "Blue", "MetaData[Role]": "Buyer"})

    assert call.result("getPersons", IncludeMetaData=1)["Persons"][0]["MetaData"] == {"Team": "Blue", "Role": "Buyer"}


def test_a_user_name_is_taken_once(engine: Engine, call: Caller):
    call.result("createPerson", **PETRA)

    assert call.refused("createPerson", **PETRA | {"Email": PETRA["Email"].upper()}) == (400, "ETS2")
    call.result("createPerson", **PETRA, UserName="petra.novak.2")
    assert len(call.result("getPersons")["Persons"]) == 2


def test_two_at_once_make_one_person(engine: Engine, call: Caller):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call("createPerson", **PETRA), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 15]
    assert len(call.result("getPersons")["Persons"]) == 1


def test_many_at_once_get_a_place_each(engine: Engine, call: Caller):
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda n: call("createPerson", **PETRA, UserName=f"petra.{n}"), range(24)):
            assert answer.status_code == 200, answer.text

    pages = [call.result("getPersons", StartIndex=start, RecordLimit=5)["Persons"] for start in range(0, 25, 5)]
    assert len({one["PersonID"] for page in pages for one in page}) == 24


def test_the_caller_may_choose_an_unused_id(call: Caller):
    assert call.result("createPerson", **PETRA, PersonID="P_petraNovak2026") == {"PersonID": "P_petraNovak2026"}

    again = {**PETRA, "UserName": "petra.novak.2"}
    assert call.refused("createPerson", **again, PersonID="P_petraNovak2026") == (400, "ETS1")
    assert call.refused("createPerson", **again, PersonID="UR_petraNovak2026") == (400, "ESRV35|PersonID")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Email", "not an address"),
        ("MetaData", "[1, 2]"),
        ("MetaData", '{"Boss": {"Name": "Mara"}}'),
        ("MetaData", "{"),
        ("DivisionID", "DV_unknown00000000"),
        ("OrgStructureID", "OS_unknown00000000"),
        ("FirstName", "Pet\0ra"),
        ("External", "yes"),
    ],
)
def test_a_refused_person_is_not_there(call: Caller, name: str, value: str):
    assert call.refused("createPerson", **{**PETRA, name: value}) == (400, f"ESRV35|{name}")
    assert call.result("getPersons")["Persons"] == []


def test_a_subject_comes_with_a_self_evaluation(engine: Engine, call: Caller, rows: Rows):
    asking = engine.assessment("Leaders")
    not_asking = engine.assessment("Talent", options={"SelfEvaluation": False})
    (mara,) = engine.people(1)

    for assessment in (asking, not_asking):
        for _ in range(2):
            call.result("addPerson", ThreeSixtyID=assessment.public_id, PersonID=mara.public_id)

    (line,) = rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=asking.public_id))
    assert (line["Relationship"], line["EvaluatorEmail"]) == ("Self", mara.email)
    assert rows(call("getEvaluationStatus", form="CSV", ThreeSixtyID=not_asking.public_id)) == []
    assert len(rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=not_asking.public_id))) == 1


def test_an_external_only_evaluates_until_forced_otherwise(engine: Engine, call: Caller, rows: Rows):
    assessment = engine.assessment("Leaders")
    (mara,) = engine.people(1)
    which = {"ThreeSixtyID": assessment.public_id, "PersonID": mara.public_id}

    def subjects() -> list[dict[str, str]]:
        return rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=assessment.public_id))

    call.result("addPerson", **which, External=1)
    assert subjects() == []
    call.result("addPerson", **which, External=0)
    assert subjects() == [], "who is there already is skipped"
    call.result("addPerson", **which, External=0, ForceUpdate=1)
    assert len(subjects()) == 1
    assert engine.run(lambda: Participant.objects.get().external) is False


def test_leaving_keeps_what_was_said(engine: Engine, call: Caller, rows: Rows):
    assessment = engine.assessment("Leaders")
    mara, jonas, aisha = engine.people(3)
    subject = engine.subject(assessment, mara)
    said = engine.evaluation(subject, jonas, "Peer", "Completed")
    engine.evaluation(engine.subject(assessment, aisha), jonas, "Peer", "NotStarted")
    which = {"ThreeSixtyID": assessment.public_id, "PersonID": jonas.public_id}

    call.result("removePerson", **which)

    assert engine.refreshed(said).status == "Completed"
    assert not engine.run(lambda: Evaluation.objects.filter(evaluator=jonas, status="NotStarted").exists())
    assert call.refused("removePerson", **which) == (400, "ESRV35|PersonID")
    assert len(call.result("getPersons")["Persons"]) == 3, "the directory keeps the person"
    call.result("addPerson", **which)
    assert len(rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=assessment.public_id))) == 3


def test_leaving_with_evaluations_takes_those_along_that_one_gave(engine: Engine, call: Caller):
    assessment = engine.assessment("Leaders")
    mara, jonas, aisha = engine.people(3)
    about_mara, about_jonas = engine.subject(assessment, mara), engine.subject(assessment, jonas)
    engine.evaluation(about_mara, jonas, "Peer", "Completed")
    engine.evaluation(about_jonas, mara, "Peer", "Completed")
    engine.evaluation(about_jonas, aisha, "Manager", "NotStarted")

    call.result("removePerson", ThreeSixtyID=assessment.public_id, PersonID=jonas.public_id, RemoveEvaluations=1)

    left = engine.run(lambda: set(Evaluation.objects.values_list("subject__person", "evaluator")))
    assert left == {(mara.pk, mara.pk), (jonas.pk, mara.pk)}


def test_leaving_the_directory_leaves_the_assessment_alone(engine: Engine, call: Caller, rows: Rows):
    assessment = engine.assessment("Leaders")
    (mara,) = engine.people(1)
    engine.subject(assessment, mara)
    directory = engine.run(lambda: mara.org_structure.public_id)

    call.result("removePerson", PersonID=mara.public_id, OrgStructureID=directory)

    assert call.result("getPersons")["Persons"] == []
    assert engine.run(lambda: Person.objects.count()) == 1
    assert len(rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=assessment.public_id))) == 1
    assert call.refused("removePerson", PersonID=mara.public_id, OrgStructureID=directory) == (400, "ESRV35|PersonID")
    assert call.refused("removePerson", PersonID=mara.public_id) == (400, "ESRV35|ThreeSixtyID")
