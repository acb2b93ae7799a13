"""Every way in which parameters may come."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.engine_fixture import Engine

Person = dict[str, Any]
PETRA = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}
TEAM = {"MetaData[Team]": "Blue", "MetaData[Role]": "Buyer"}


def _multipart(url: str, common: Person, person: Person) -> requests.Response:
    parts = {name: (None, value) for name, value in {**common, **person, **TEAM}.items()}
    return requests.post(url, files=parts, timeout=60)


def _mixed(url: str, common: Person, person: Person) -> requests.Response:
    body = {**person, "MetaData": {"Team": "Blue", "Role": "Buyer"}}
    return requests.post(url, params=common, json=body, timeout=60)


def _text_json(url: str, common: Person, person: Person) -> requests.Response:
    body = json.dumps({**common, **person, "MetaData": '{"Team": "Blue", "Role": "Buyer"}'})
    return requests.post(url, data=body, headers={"Content-Type": "text/json; charset=utf-8"}, timeout=60)


def _split_brackets(url: str, common: Person, person: Person) -> requests.Response:
    return requests.post(
        url, params={**common, "MetaData[Team]": "Blue"}, data={**person, "MetaData[Role]": "Buyer"}, timeout=60
    )


WAYS = {
    "query": lambda url, common, person: requests.get(url, params={**common, **person, **TEAM}, timeout=60),
    "form": lambda url, common, person: requests.post(url, data={**common, **person, **TEAM}, timeout=60),
    "multipart": _multipart,
    "JSON and query": _mixed,
    "text/json": _text_json,
    "brackets here and there": _split_brackets,
}


@pytest.fixture
def common(engine: Engine) -> Person:
    user = engine.api_user
    return {
        "Request": "createPerson",
        "Format": "JSON",
        "Version": "2.5",
        "User": user.user_name,
        "Token": user.token,
    }


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_person_is_the_same_by_every_way(engine: Engine, call: Caller, common: Person, way: Callable[..., Any]):
    answer = way(engine.url + PATH, common, PETRA)

    assert answer.status_code == 200, answer.text
    (petra,) = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert petra["Email"] == PETRA["Email"]
    assert petra["MetaData"] == {"Team": "Blue", "Role": "Buyer"}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("firstname", "Petra", "firstname"),
        ("EMAIL", "petra@marlstone.example", "EMAIL"),
        ("metadata[Team]", "Blue", "metadata"),
        ("Format", "json", "Format"),
    ],
)
def test_names_and_values_are_case_sensitive(engine: Engine, common: Person, name: str, value: str, code: str):
    answer = requests.post(engine.url + PATH, data={**common, **PETRA, name: value}, timeout=60)

    assert (answer.status_code, answer.json()["Meta"]["QualtricsErrorCode"]) == (400, f"ESRV35|{code}")


@pytest.mark.parametrize("request_name", ["createperson", "CREATEPERSON"])
def test_requests_are_case_sensitive(engine: Engine, common: Person, request_name: str):
    answer = requests.post(engine.url + PATH, data={**common, **PETRA, "Request": request_name}, timeout=60)

    assert answer.status_code == 404


def test_of_a_name_given_twice_the_last_counts_and_the_body_before_the_query(
    engine: Engine, call: Caller, common: Person
):
    body = [*common.items(), *PETRA.items(), ("LastName", "Nowak"), ("MetaData[Team]", "Red"), *TEAM.items()]

    answer = requests.post(engine.url + PATH, params={"LastName": "Query"}, data=body, timeout=60)

    assert answer.status_code == 200, answer.text
    (petra,) = call.result("getPersons", IncludeMetaData=1)["Persons"]
    assert (petra["LastName"], petra["MetaData"]["Team"]) == ("Nowak", "Blue")


def test_a_survey_needs_no_format_and_everything_else_does(engine: Engine, common: Person):
    del common["Format"]
    survey = engine.survey("Leadership review")
    asked = {**common, "Request": "getSurvey", "SurveyID": survey.public_id}

    whole = requests.post(engine.url + PATH, data=asked, timeout=60)
    in_json = requests.post(engine.url + PATH, data={**asked, "Format": "JSON"}, timeout=60)
    other = requests.post(engine.url + PATH, data={**common, "Request": "getSurveys"}, timeout=60)

    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "text/xml")
    assert "Leadership review" in whole.text
    assert (in_json.status_code, in_json.headers["Content-Type"]) == (200, "text/xml")
    assert in_json.content == whole.content
    assert other.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|Format"


@pytest.mark.parametrize(("given", "lines"), [("1", True), ("0", False), ("true", True)])
def test_json_may_be_printed_prettily(engine: Engine, common: Person, given: str, lines: bool):
    for form, start in (("JSON", "{\n"), ("JSONP", "show({\n")):
        asked = {**common, "Request": "getPersons", "Format": form, "JSONPCallback": "show", "JSONPrettyPrint": given}
        assert requests.post(engine.url + PATH, data=asked, timeout=60).text.startswith(start) == lines


def test_pretty_is_a_flag(engine: Engine, common: Person):
    asked = {**common, "Request": "getPersons", "JSONPrettyPrint": "perhaps"}

    answer = requests.post(engine.url + PATH, data=asked, timeout=60)

    assert answer.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|JSONPrettyPrint"
