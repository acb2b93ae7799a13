import json

import defusedxml.ElementTree as ElementTree
import pytest
from django.db.models import Q

from qxportal.engine.models import Person
from qxportal.engine.people import directory
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine


def test_pages_join_to_the_whole_directory(engine: Engine, call: Caller):
    people = engine.people(25)

    pages = [call.result("getPersons", StartIndex=start, RecordLimit=10)["Persons"] for start in (0, 10, 20, 30)]

    assert [len(page) for page in pages] == [10, 10, 5, 0]
    assert [one["PersonID"] for page in pages for one in page] == [person.public_id for person in people]
    assert call.result("getPersons")["Persons"] == [one for page in pages for one in page]


def test_removed_persons_leave_no_hole_in_the_pages(engine: Engine, call: Caller):
    people = engine.people(12)
    which = engine.run(lambda: people[0].org_structure.public_id)
    for index in (0, 3, 4, 11):
        call.result("removePerson", PersonID=people[index].public_id, OrgStructureID=which)

    left = [one.public_id for index, one in enumerate(people) if index not in (0, 3, 4, 11)]

    for start in range(9):
        page = call.result("getPersons", StartIndex=start, RecordLimit=3)["Persons"]
        assert [one["PersonID"] for one in page] == left[start : start + 3]


def test_metadata_come_when_asked_for(engine: Engine, call: Caller):
    engine.person("Mara", "Lindqvist", metadata={"Department": "Sales"})
    engine.person("Jonas", "Okafor")

    with_metadata = call.result("getPersons", IncludeMetaData=1)["Persons"]
    without = call.result("getPersons")["Persons"]

    assert [one["MetaData"] for one in with_metadata] == [{"Department": "Sales"}, []]
    assert "MetaData" not in without[0]
    assert without[0] == {
        "PersonID": with_metadata[0]["PersonID"],
        "FirstName": "Mara",
        "LastName": "Lindqvist",
        "Email": "mara.lindqvist@marlstone.example",
        "UserName": "mara.lindqvist@marlstone.example",
        "UserID": None,
        "DivisionID": None,
        "External": 0,
        "ExternalDataReference": "",
    }


@pytest.mark.parametrize("name", ["StartIndex", "RecordLimit"])
@pytest.mark.parametrize("value", ["-1", "ten", "1.5", "99999999999999999"])
def test_paging_wants_whole_numbers(call: Caller, name: str, value: str):
    assert call.refused("getPersons", **{name: value}) == (400, f"ESRV35|{name}")


def test_another_brands_directory_is_unknown(engine: Engine, call: Caller):
    rival = engine.make_brand("quarrel", "Quarrel Logistics")
    engine.people(3, brand=rival)
    directory = engine.run(lambda: rival.org_structures.get().public_id)

    assert call.refused("getPersons", OrgStructureID=directory) == (400, "ESRV35|OrgStructureID")
    assert call.result("getPersons")["Persons"] == []


def test_assessments_are_listed_with_their_dates(engine: Engine, call: Caller):
    engine.assessment("Leadership review 2026", status="Draft")

    (listed,) = call.result("getAssessments")["Assessments"]

    assert listed["Name"] == "Leadership review 2026"
    assert (listed["Type"], listed["Status"], listed["OwnerID"]) == ("360", "Draft", engine.api_user.user_id)
    assert listed["ActivationDate"] == listed["CloseDate"] == "0000-00-00 00:00:00"
    assert len(listed["CreationDate"]) == 19


def test_a_long_directory_is_whole_in_every_format(engine: Engine, call: Caller):
    people = engine.people(2_100)
    engine.run(Person.objects.filter(pk=people[7].pk).update, metadata={"Note": "a < b & \u2028 c", "Ort": "Köln"})
    ids = [person.public_id for person in people]

    as_json = call("getPersons", IncludeMetaData=1).json()
    pretty = call("getPersons", IncludeMetaData=1, JSONPrettyPrint=1)
    script = call("getPersons", form="JSONP", JSONPCallback="show", IncludeMetaData=1)
    tree = ElementTree.fromstring(call("getPersons", form="XML", IncludeMetaData=1).content)

    assert [one["PersonID"] for one in as_json["Result"]["Persons"]] == ids
    assert as_json["Result"]["Persons"][7]["MetaData"] == {"Note": "a < b & \u2028 c", "Ort": "Köln"}
    assert pretty.json() == as_json
    assert pretty.text.count("\n") > len(people)
    assert "\u2028" not in script.text
    assert json.loads(script.text.removeprefix("show(").removesuffix(");")) == as_json
    assert [one.findtext("PersonID") for one in tree.findall("Result/Persons/element")] == ids
    assert [one.get("id") for one in tree.findall("Result/Persons/element")][-1] == "2099"
    assert tree.findall("Result/Persons/element")[7].findtext("MetaData/Note") == "a < b & \u2028 c"


def test_a_directory_with_many_holes_is_numbered_anew(engine: Engine, call: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(directory, "MOST_HOLES", 20)
    people = engine.people(32)
    kept = people[3::8]
    gone = Q(pk__in=[one.pk for one in people if one not in kept])

    engine.run(directory.remove, people[0].org_structure, gone)

    pages = [call.result("getPersons", StartIndex=start, RecordLimit=3)["Persons"] for start in (0, 3)]
    assert [one["PersonID"] for page in pages for one in page] == [one.public_id for one in kept]
    places = {one: kept.index(one) if one in kept else -1 for one in people}
    assert {one: engine.refreshed(one).position for one in people} == places


@pytest.mark.thorough
def test_a_directory_with_very_many_holes_is_numbered_anew(engine: Engine, call: Caller):
    people = engine.people(directory.MOST_HOLES + 20)
    kept = people[3::2_000]
    lines = [f"{one.first_name},{one.last_name},{one.email}\r\n" for one in kept]

    call.result("importPersons", CleanImport=1, FileContents="FirstName,LastName,Email\r\n" + "".join(lines))

    pages = [call.result("getPersons", StartIndex=start, RecordLimit=4)["Persons"] for start in range(0, 16, 4)]
    assert [one["PersonID"] for page in pages for one in page] == [one.public_id for one in kept]
    assert engine.run(lambda: Person.objects.filter(removed_at=None, position__gte=len(kept)).count()) == 0
