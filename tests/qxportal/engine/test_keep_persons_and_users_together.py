import json
from typing import Any

import pytest

from qxportal.engine.models import Person, User
from qxportal.engine.people import person_user_links
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import ApiUser, Engine

NEW = {"FirstName": "Tommaso", "LastName": "Rossi-Berg", "Email": "t.rossi@marlstone.example"}
HEADER = "FirstName,LastName,Email,UniqueIdentifier\r\n"
TOM = {"FirstName": "Tom", "LastName": "Rossi", "Email": "tom.rossi@marlstone.example"}


@pytest.fixture
def tom(engine: Engine) -> ApiUser:
    return engine.make_api_user("tom.rossi", brand_admin=False)


def linked(call: Caller) -> dict[str, str | None]:
    """User names of the directory, with the user that each is linked to."""
    return {one["UserName"]: one["UserID"] for one in call.result("getPersons")["Persons"]}


# -- how they find each other


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"UserName": "tom.rossi@marlstone.example#marlstone", "Email": "desk@marlstone.example"},
        {"UserName": "Tom.Rossi@marlstone.example", "Email": "desk@marlstone.example"},
        {"UserName": "tr-17", "Email": "TOM.ROSSI@marlstone.example"},
    ],
    ids=["both", "user name", "user name without brand", "address"],
)
def test_a_new_person_is_linked_to_its_user(call: Caller, tom: ApiUser, person: dict[str, str]):
    call.result("createPerson", **TOM | person)

    assert list(linked(call).values()) == [tom.user_id]


def test_an_import_links_its_new_people(engine: Engine, call: Caller, tom: ApiUser):
    file = HEADER + "Tom,Rossi,tom.rossi@marlstone.example,\r\nMara,Lindqvist,mara@marlstone.example,\r\n"

    call.result("importPersons", FileContents=file)

    assert linked(call) == {"tom.rossi@marlstone.example": tom.user_id, "mara@marlstone.example": None}


def test_a_new_user_is_linked_to_its_person(engine: Engine, call: Caller):
    by_name = engine.person("Elif", "Tanaka", email="desk@marlstone.example", user_name="elif@marlstone.example")
    by_address = engine.person("Noah", "Garcia", user_name="ng-4")
    account = {"NewPassword": "Swifts sleep in flight", "Organization": "marlstone", "Type": "UT_Standard"}

    for person, name in ((by_name, "Elif@marlstone.example#marlstone"), (by_address, "noah")):
        who = {"FirstName": person.first_name, "LastName": person.last_name, "NewUsername": name}
        made = call.result("createUser", **account, **who, Email="noah.garcia@marlstone.example")
        user = engine.run(User.objects.get, person=person)
        assert user.public_id == made["UserID"]


def test_nobody_is_linked_on_a_guess(engine: Engine, call: Caller):
    for name in ("desk", "front.desk"):
        user = engine.make_api_user(name, brand_admin=False)
        engine.run(
            User.objects.filter(pk=user.row.pk).update, **person_user_links.keyed({"email": "desk@marlstone.example"})
        )
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))
    desk = {"FirstName": "Tom", "LastName": "Rossi", "Email": "desk@marlstone.example", "UserName": "tr-17"}
    theirs = desk | {"Email": "max.quarrel@quarrel.example", "UserName": rival.user_name}

    call.result("createPerson", **desk)
    call.result("createPerson", **theirs)

    assert set(linked(call).values()) == {None}


def test_two_people_of_one_address_are_not_linked_by_it(call: Caller, tom: ApiUser):
    file = "FirstName,LastName,Email,UserName\r\n" + "".join(
        f"Tom,Rossi,tom.rossi@marlstone.example,tr-{number}\r\n" for number in (1, 2)
    )

    call.result("importPersons", FileContents=file)

    assert linked(call) == {"tr-1": None, "tr-2": None}


def test_a_user_is_linked_once(engine: Engine, call: Caller, tom: ApiUser):
    call.result("createPerson", **TOM)
    call.result("createPerson", **TOM, UserName="tr-2")

    assert linked(call) == {"tom.rossi@marlstone.example": tom.user_id, "tr-2": None}


def test_who_leaves_the_directory_frees_his_user_for_who_comes_back(engine: Engine, call: Caller, tom: ApiUser):
    gone = call.result("createPerson", **TOM)["PersonID"]
    directory = engine.run(lambda: Person.objects.get().org_structure.public_id)

    call.result("removePerson", PersonID=gone, OrgStructureID=directory)
    call.result("createPerson", **TOM)

    assert list(linked(call).values()) == [tom.user_id]


# -- how they keep in step


@pytest.mark.parametrize("first", ["updatePerson", "updateUser"])
def test_the_link_survives_both_updates_in_either_order(engine: Engine, call: Caller, tom: ApiUser, first: str):
    person = call.result("createPerson", **TOM, MetaData={"Team": "Blue"})["PersonID"]
    calls: dict[str, dict[str, Any]] = {
        "updatePerson": {"PersonID": person, **NEW, "MetaData": '{"Team": "Green"}'},
        "updateUser": {"UserID": tom.user_id, **NEW},
    }

    for name in (first, *(calls.keys() - {first})):
        call.result(name, **calls[name])

    (listed,) = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert {key: listed[key] for key in NEW} == NEW
    assert (listed["UserID"], listed["MetaData"]) == (tom.user_id, {"Team": "Green"})
    user = engine.refreshed(tom.row)
    assert (user.first_name, user.last_name, user.email) == tuple(NEW.values())
    assert listed["UserName"] == "tom.rossi@marlstone.example", "addresses change alone"
    assert user.user_name == tom.user_name


@pytest.mark.parametrize("name", ["updatePerson", "updateUser"])
def test_one_update_changes_both(engine: Engine, call: Caller, tom: ApiUser, name: str):
    person = call.result("createPerson", **TOM)["PersonID"]
    which = {"PersonID": person} if name == "updatePerson" else {"UserID": tom.user_id}

    call.result(name, **which, **NEW)

    user, row = engine.refreshed(tom.row), engine.run(Person.objects.get)
    assert (user.first_name, user.last_name, user.email) == tuple(NEW.values())
    assert (row.first_name, row.last_name, row.email) == tuple(NEW.values())


def test_an_import_by_unique_id_takes_address_and_user_name_along(engine: Engine, call: Caller, tom: ApiUser):
    call.result("importPersons", FileContents=HEADER + "Tom,Rossi,tom.rossi@marlstone.example,E-17\r\n")

    file = HEADER + "Tommaso,Rossi,t.rossi@marlstone.example,E-17\r\n"
    assert call.result("importPersons", UseUniquePersonID=1, FileContents=file)["Count"] == 1

    user = engine.refreshed(tom.row)
    assert (user.first_name, user.email) == ("Tommaso", "t.rossi@marlstone.example")
    assert user.user_name == "t.rossi@marlstone.example#marlstone"
    assert linked(call) == {"t.rossi@marlstone.example": tom.user_id}


def test_an_import_takes_no_user_name_from_another_user(engine: Engine, call: Caller, tom: ApiUser):
    call.result("importPersons", FileContents=HEADER + "Tom,Rossi,tom.rossi@marlstone.example,E-17\r\n")

    file = HEADER + "Tom,Rossi,ines.vogel@marlstone.example,E-17\r\n"
    result = call.result("importPersons", UseUniquePersonID=1, FileContents=file)

    assert result["Ignored"] == [
        {"Row": 2, "Reason": "The user name ines.vogel@marlstone.example#marlstone belongs to another person."}
    ]
    assert engine.refreshed(tom.row).email == "tom.rossi@marlstone.example"


def test_who_runs_an_assessment_changes_no_users_by_its_imports(engine: Engine, call: Caller, tom: ApiUser):
    call.result("createPerson", **TOM)
    lena = engine.make_api_user("lena.haddad", brand_admin=False)
    review = engine.assessment("Leaders", owner=lena)
    which = {"ThreeSixtyID": review.public_id, "Type": "Subjects"}
    renamed, same = (HEADER + f"{name},Rossi,tom.rossi@marlstone.example,\r\n" for name in ("Administrator", "Tom"))

    result = call.result("importPersons", user=lena, **which, FileContents=renamed)

    assert result["Ignored"][0]["Reason"] == (
        "tom.rossi@marlstone.example signs in here too: only a brand administrator changes such people."
    )
    assert engine.refreshed(tom.row).first_name == "Tom"
    assert call.result("importPersons", user=lena, **which, FileContents=same)["Count"] == 1


# -- updatePerson


def test_metadata_are_put_over_the_old_ones_and_empty_ones_go(engine: Engine, call: Caller):
    mara = engine.person("Mara", "Lindqvist", metadata={"Team": "Blue", "Title": "Buyer", "Floor": "3"})

    call.result("updatePerson", PersonID=mara.public_id, MetaData=json.dumps({"Team": "Green", "Title": "", "Age": 44}))

    assert engine.refreshed(mara).metadata == {"Team": "Green", "Floor": "3", "Age": "44"}
    assert engine.refreshed(mara).first_name == "Mara"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Email", "mara"),
        ("FirstName", " "),
        ("MetaData", "Team=Blue"),
        ("MetaData", '["Team"]'),
        ("MetaData", json.dumps({f"Key {number}": "x" for number in range(100)})),
        ("PersonID", "P_unknown00000000"),
    ],
)
def test_a_refused_change_changes_nothing(engine: Engine, call: Caller, name: str, value: str):
    mara = engine.person("Mara", "Lindqvist", metadata={"Team": "Blue"})
    given = {"PersonID": mara.public_id, "LastName": "Berg", name: value}

    assert call.refused("updatePerson", **given) == (400, f"ESRV35|{name}")
    assert (engine.refreshed(mara).last_name, engine.refreshed(mara).metadata) == ("Lindqvist", {"Team": "Blue"})


def test_people_are_changed_by_brand_administrators(engine: Engine, call: Caller, tom: ApiUser):
    mara = engine.person("Mara", "Lindqvist")
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))
    given = {"PersonID": mara.public_id, "LastName": "Berg"}

    assert call.refused("updatePerson", user=tom, **given) == (403, "ESRV3")
    assert call.refused("updatePerson", user=rival, **given) == (400, "ESRV35|PersonID")
    assert engine.refreshed(mara).last_name == "Lindqvist"
