import json
from typing import Any

import pytest

from qxportal.engine.models import Brand, Person
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

FIELDS = {
    "Language": {"CanEdit": True, "Required": False, "Type": "MultipleChoice", "Choices": ["EN", "ES"]},
    "Grade": {"CanEdit": False, "Required": True, "Type": "TextEntry"},
}
PETRA = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}


@pytest.fixture
def fields(call: Caller) -> dict[str, Any]:
    settings: dict[str, Any] = call.result("setUserDataFields", OptionalSettings=json.dumps(FIELDS))
    return settings


def test_settings_are_put_over_the_old_ones(engine: Engine, call: Caller, fields: dict[str, Any]):
    call.result("setUserDataFields", DefaultSettings='{"Photo": true, "Email": true}')
    call.result("setUserDataFields", DefaultSettings='{"Email": false}')

    result = call.result(
        "setUserDataFields", OptionalSettings={"Grade": {"Required": False}, "Age": {"Type": "TextEntry"}}
    )

    plain = {"CanEdit": False, "Required": False, "Type": "TextEntry", "Choices": []}
    assert result == {
        "DefaultSettings": {"Photo": True, "Email": False},
        "OptionalSettings": {"Language": FIELDS["Language"], "Grade": plain, "Age": plain},
    }
    brand = engine.refreshed(engine.brand)
    assert {"DefaultSettings": brand.default_fields, "OptionalSettings": brand.optional_fields} == result


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DefaultSettings", '{"Photo": "perhaps"}'),
        ("DefaultSettings", "[1]"),
        ("DefaultSettings", '{"": true}'),
        ("OptionalSettings", '{"Age": true}'),
        ("OptionalSettings", '{"Age": {}}'),
        ("OptionalSettings", '{"Age": {"Type": "Number"}}'),
        ("OptionalSettings", '{"Age": {"Type": "TextEntry", "Choices": ["old"]}}'),
        ("OptionalSettings", '{"Age": {"Type": "MultipleChoice"}}'),
        ("OptionalSettings", '{"Age": {"Type": "MultipleChoice", "Choices": [""]}}'),
        ("OptionalSettings", '{"Age": {"Type": "TextEntry", "Colour": "blue"}}'),
        ("OptionalSettings", '{"Email address": {"Type": "TextEntry"}}'),
        ("OptionalSettings", json.dumps({f"Field {number}": {"Type": "TextEntry"} for number in range(101)})),
    ],
)
def test_refused_settings_change_nothing(engine: Engine, call: Caller, name: str, value: str):
    assert call.refused("setUserDataFields", **{name: value}) == (400, f"ESRV35|{name}")
    brand = engine.refreshed(engine.brand)
    assert (brand.default_fields, brand.optional_fields) == ({}, {})


def test_only_a_brand_administrator_sets_them_and_only_for_his_brand(engine: Engine, call: Caller):
    rival_brand = engine.make_brand("quarrel", "Quarrel Logistics")
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    given = {"OptionalSettings": '{"Age": {"Type": "TextEntry"}}'}

    assert call.refused("setUserDataFields", user=tom, **given) == (403, "ESRV3")
    call.result("setUserDataFields", **given)

    assert engine.run(lambda: Brand.objects.get(pk=rival_brand.pk).optional_fields) == {}


def test_a_new_person_has_what_is_required(engine: Engine, call: Caller, fields: dict[str, Any]):
    for details in ({}, {"Grade": ""}, {"Grade": "7", "Language": "DE"}):
        assert call.refused("createPerson", **PETRA, MetaData=details) == (400, "ESRV35|MetaData")

    call.result("createPerson", **PETRA, MetaData={"Grade": "7", "Language": "ES", "Team": "Blue"})
    call.result("createPerson", **PETRA | {"UserName": "p.novak.external"}, External=1)

    assert engine.run(lambda: [one.metadata for one in Person.objects.order_by("pk")]) == [
        {"Grade": "7", "Language": "ES", "Team": "Blue"},
        {},
    ]


def test_a_changed_person_fits_too(engine: Engine, call: Caller, fields: dict[str, Any]):
    mara = engine.person("Mara", "Lindqvist", metadata={"Team": "Blue"})
    who = {"PersonID": mara.public_id}

    answer = call("updatePerson", **who, MetaData='{"Language": "Esperanto"}').json()["Meta"]

    assert answer["QualtricsErrorCode"] == "ESRV35|MetaData"
    assert "Language is none of: EN, ES." in answer["ErrorMessage"]
    assert call.refused("updatePerson", **who, MetaData='{"Grade": ""}') == (400, "ESRV35|MetaData")
    call.result("updatePerson", **who, MetaData='{"Language": "EN"}')
    assert engine.refreshed(mara).metadata == {"Team": "Blue", "Language": "EN"}


def test_imported_rows_that_do_not_fit_are_ignored(engine: Engine, call: Caller, fields: dict[str, Any]):
    engine.person("Mara", "Lindqvist", email="mara@m.example", metadata={"Grade": "7"})
    lines = [
        "FirstName,LastName,Email,Grade,Language",
        "Mara,Lindqvist,mara@m.example,,EN",
        "Jonas,Okafor,jonas@m.example,4,DE",
        "Aisha,Haddad,aisha@m.example,4,ES",
        "Piotr,Petrov,piotr@m.example,,",
    ]

    result = call.result("importPersons", FileContents="\r\n".join(lines))

    assert result["Ignored"] == [
        {"Row": 2, "Reason": "Grade is required."},
        {"Row": 3, "Reason": "Language is none of: EN, ES."},
        {"Row": 5, "Reason": "Grade is required."},
    ]
    assert list(result["Persons"].values()) == ["aisha@m.example"]
    assert engine.run(lambda: Person.objects.get(email="mara@m.example").metadata) == {"Grade": "7"}


def test_people_may_edit_some_fields_of_their_own(engine: Engine, call: Caller, fields: dict[str, Any]):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    himself = engine.person("Tom", "Rossi", user=tom.row, metadata={"Grade": "4"})
    other = engine.person("Mara", "Lindqvist")

    call.result("updatePerson", user=tom, PersonID=himself.public_id, MetaData='{"Language": "ES"}')

    assert engine.refreshed(himself).metadata == {"Grade": "4", "Language": "ES"}
    for who, given in (
        (himself, {"MetaData": '{"Grade": "9"}'}),
        (himself, {"MetaData": '{"Team": "Blue"}'}),
        (himself, {"FirstName": "Tommaso", "MetaData": '{"Language": "EN"}'}),
        (other, {"MetaData": '{"Language": "ES"}'}),
    ):
        assert call.refused("updatePerson", user=tom, PersonID=who.public_id, **given) == (403, "ESRV3")
