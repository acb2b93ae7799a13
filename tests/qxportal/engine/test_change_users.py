"""updateUser and changeUserName, and who may manage users."""

import json
from typing import Any

import pytest

from qxportal.engine.models import Person
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.managed_users import ELIF, PASSWORD, sign_in, user
from tests.support.engine_fixture import Engine


def test_an_administrator_changes_a_user_and_the_linked_person_follows(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    person = engine.person("Tom", "Rossi", user=tom.row)
    division = engine.division("Field service")

    call.result(
        "updateUser",
        UserID=tom.user_id,
        FirstName="Tommaso",
        LastName="Rossi-Berg",
        Email="t.rossi@marlstone.example",
        NewUsername="t.rossi@marlstone.example#marlstone",
        Division=division.public_id,
        UserType="UT_BRANDADMIN",
        Status="Disabled",
        Permissions='{"Surveys": {"Edit": true}}',
    )

    now = user(engine, tom.user_id)
    assert (now.first_name, now.last_name, now.email) == ("Tommaso", "Rossi-Berg", "t.rossi@marlstone.example")
    assert (now.user_name, now.division) == ("t.rossi@marlstone.example#marlstone", division)
    assert (now.type, now.is_brand_admin, now.status) == ("UT_BRANDADMIN", True, "Disabled")
    person = engine.refreshed(person)
    assert (person.first_name, person.last_name, person.email) == (now.first_name, now.last_name, now.email)
    assert (person.user_name, person.user_id) == ("t.rossi@marlstone.example", now.pk)
    assert call.refused("getSurveys", user=tom) == (401, "ESRV1"), "the old name is no name any more"


def test_a_person_keeps_a_user_name_of_its_own_until_the_user_gets_another(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    person = engine.person("Tom", "Rossi", user=tom.row, user_name="tr-17")

    call.result("updateUser", UserID=tom.user_id, Email="t.rossi@marlstone.example", NewUsername=tom.user_name)
    assert engine.refreshed(person).user_name == "tr-17"
    call.result("updateUser", UserID=tom.user_id, NewUsername="tommaso#marlstone")
    assert engine.refreshed(person).user_name == "tommaso"


def test_permissions_are_put_over_the_old_ones(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    for given in ({"Surveys": {"Edit": True, "Share": False}}, {"Surveys": {"Share": True}, "Library": "off"}):
        call.result("updateUser", UserID=tom.user_id, Permissions=json.dumps(given))

    assert user(engine, tom.user_id).permissions == {"Surveys": {"Edit": True, "Share": True}, "Library": "off"}
    for wrong in ("[]", "7", "{", '{"Surveys": ' + "[" * 60 + "]" * 60 + "}"):
        assert call.refused("updateUser", UserID=tom.user_id, Permissions=wrong) == (400, "ESRV35|Permissions")


def test_everybody_sets_his_own_names_and_password_and_nothing_else(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    me: dict[str, Any] = {"user": tom, "UserID": tom.user_id}

    call.result("updateUser", **me, FirstName="Tommaso", NewPassword=PASSWORD)

    assert sign_in(engine, tom.user_name) == 200
    assert user(engine, tom.user_id).first_name == "Tommaso"
    for name, value in (("Email", "t@marlstone.example"), ("UserType", "UT_BRANDADMIN"), ("Status", "Active")):
        assert call.refused("updateUser", **me, **{name: value}) == (403, "ESRV3")
    assert call.refused("updateUser", user=tom, UserID=engine.api_user.user_id, FirstName="X") == (403, "ESRV3")
    assert not user(engine, tom.user_id).is_brand_admin


def test_nobody_sets_the_password_of_somebody_else(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)

    assert call.refused("updateUser", UserID=tom.user_id, NewPassword=PASSWORD) == (403, "ESRV3")
    assert user(engine, tom.user_id).password_hash == ""


def test_nobody_shuts_himself_out(engine: Engine, call: Caller):
    myself = {"UserID": engine.api_user.user_id}

    assert call.refused("updateUser", **myself, Status="Disabled") == (400, "ETS11")
    assert call.refused("updateUser", **myself, UserType="UT_Standard") == (400, "ETS11")
    call.result("updateUser", **myself, Status="Active", UserType="UT_BRANDADMIN")
    call.result("getSurveys")


def test_a_refused_update_changes_nothing(engine: Engine, call: Caller):
    tom, lena = (engine.make_api_user(name, brand_admin=False) for name in ("tom.rossi", "lena.haddad"))
    engine.person("Tom", "Rossi", user=tom.row)
    engine.person("Noah", "Garcia", user_name="noah")
    wishes = {"UserID": tom.user_id, "FirstName": "Tommaso"}

    assert call.refused("updateUser", **wishes, NewUsername=lena.user_name) == (400, "ETS2")
    assert call.refused("updateUser", **wishes, NewUsername="Noah#marlstone") == (400, "ETS2"), "a person's name"
    assert call.refused("updateUser", **wishes, Email="tom") == (400, "ESRV35|Email")
    assert call.refused("updateUser", **wishes, Status="Retired") == (400, "ESRV35|Status")
    assert user(engine, tom.user_id).first_name == "Tom"
    assert engine.run(lambda: Person.objects.filter(first_name="Tommaso").exists()) is False


def test_a_new_user_name_is_the_new_address(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    person = engine.person("Tom", "Rossi", user=tom.row)

    call.result("changeUserName", OldUserName=tom.user_name, NewUserName="rossi@marlstone.example#marlstone")

    now, person = user(engine, tom.user_id), engine.refreshed(person)
    assert (now.user_name, now.email) == ("rossi@marlstone.example#marlstone", "rossi@marlstone.example")
    assert (person.user_name, person.email, person.user_id) == (now.email, now.email, now.pk)


def test_a_user_name_may_be_no_address(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    which = {"OldUserName": tom.user_name, "NewUserName": "tommaso"}

    assert call.refused("changeUserName", **which) == (400, "ESRV35|NewUserName")
    call.result("changeUserName", **which, UserNameIsEmail=0)

    now = user(engine, tom.user_id)
    assert (now.user_name, now.email) == ("tommaso", "tom.rossi@marlstone.example")


def test_user_names_of_others_are_neither_taken_nor_changed(engine: Engine, call: Caller):
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))
    tom = engine.make_api_user("tom.rossi", brand_admin=False)

    theirs = {"OldUserName": rival.user_name, "NewUserName": "max@marlstone.example"}
    assert call.refused("changeUserName", **theirs) == (400, "ESRV35|OldUserName")
    taken = {"OldUserName": tom.user_name, "NewUserName": engine.api_user.user_name}
    assert call.refused("changeUserName", **taken) == (400, "ETS2")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("createDivision", {"Name": "Logistics"}),
        ("createUser", ELIF),
        ("deleteUser", {"UserID": "UR_x"}),
        ("getUserIDs", {}),
        ("changeUserName", {"OldUserName": "x", "NewUserName": "y@marlstone.example"}),
    ],
)
def test_users_are_managed_by_brand_administrators(engine: Engine, call: Caller, name: str, given: dict[str, str]):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)

    assert call.refused(name, user=tom, **given) == (403, "ESRV3")
    assert engine.writes(executed=True) == []


def test_users_of_another_brand_are_unknown(engine: Engine, call: Caller):
    rival = engine.make_api_user("max.quarrel", brand=engine.make_brand("quarrel", "Quarrel Logistics"))

    assert call.refused("deleteUser", UserID=rival.user_id) == (400, "ESRV35|UserID")
    assert call.refused("updateUser", UserID=rival.user_id, FirstName="Maximilian") == (400, "ESRV35|UserID")
    assert call("getSurveys", user=rival).status_code == 200
