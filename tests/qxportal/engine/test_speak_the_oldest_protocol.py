"""User and password, no version: how calls were made before there were tokens."""

from datetime import timedelta
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.utils import timezone

from qxportal.engine.http.authentication import authenticate
from qxportal.engine.http.errors import Problem
from qxportal.engine.http.passwords import is_right
from qxportal.engine.http.request_parsing import Incoming
from qxportal.engine.models import LoggedCall, SignInFailures, User
from tests.qxportal.engine.conftest import PATH
from tests.support.engine_fixture import Engine
from tests.support.quick_hashes import FEW

PASSWORD = "Heron lifts off at seven"


@pytest.fixture(autouse=True)
def _hashing_as_the_engine_does(monkeypatch: pytest.MonkeyPatch):
    """A hash that was made with another number would be brought up to the engine's by each check."""
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", FEW)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The iterations of each hash that this process makes."""
    made: list[int] = []
    encode = PBKDF2PasswordHasher.encode

    def count(hasher: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        made.append(iterations or hasher.iterations)
        return encode(hasher, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", count)
    return made


@pytest.fixture
def ines(engine: Engine) -> dict[str, str]:
    """What the user signs in with."""
    engine.run(User.objects.filter(pk=engine.api_user.row.pk).update, password_hash=make_password(PASSWORD))
    return {"User": engine.api_user.user_name, "Password": PASSWORD}


@pytest.fixture
def post(engine: Engine) -> Any:
    return lambda **given: requests.post(engine.url + PATH, data=given, timeout=30)


def test_xml_is_the_default_and_a_header_tells_success(engine: Engine, post: Any, ines: dict[str, str]):
    engine.person("Mara", "Lindqvist")

    answer = post(Request="getPersons", **ines)

    assert (answer.status_code, answer.headers["RequestStatus"]) == (200, "Success")
    assert ElementTree.fromstring(answer.content).findtext("Result/Persons/element/FirstName") == "Mara"


def test_json_is_possible_and_other_formats_are_not(post: Any, ines: dict[str, str]):
    answer = post(Request="getPersons", Format="JSON", **ines)

    assert (answer.headers["RequestStatus"], answer.json()["Result"]) == ("Success", {"Persons": []})
    for form in ("JSONP", "PPJSON", "CSV"):
        refused = post(Request="getPersons", Format=form, JSONPCallback="show", **ines)
        assert (refused.status_code, refused.headers["RequestStatus"]) == (400, "Failure")
        assert "ESRV35|Format" in refused.text


def test_a_table_stays_a_table(engine: Engine, post: Any, ines: dict[str, str]):
    review = engine.assessment("Leaders")

    answer = post(Request="getSubjectStatus", ThreeSixtyID=review.public_id, **ines)

    assert answer.headers["RequestStatus"] == "Success"
    assert answer.text.startswith("FirstName,LastName,Email,")


def test_failures_say_so_in_xml_and_in_the_header(post: Any, ines: dict[str, str]):
    answer = post(Request="getPerson", **ines)

    assert (answer.status_code, answer.headers["RequestStatus"]) == (404, "Failure")
    assert ElementTree.fromstring(answer.content).findtext("Meta/QualtricsErrorCode") == "ESRV4"


def test_what_came_after_version_two_is_unknown(post: Any, ines: dict[str, str]):
    assert post(Request="getAssessments", **ines).status_code == 404


def test_a_version_needs_a_token(engine: Engine, post: Any, ines: dict[str, str]):
    token = {"Token": engine.api_user.token}

    assert "ESRV35|Password" in post(Request="getPersons", Format="JSON", Version="2.0", **ines).text
    assert "ESRV35|Version" in post(Request="getPersons", Format="JSON", **ines, **token).text
    assert "ESRV35|Password" in post(Request="getPersons", Format="JSON", Version="2.5", **ines, **token).text


def test_a_token_is_no_password_and_a_password_no_token(engine: Engine, post: Any, ines: dict[str, str]):
    swapped = post(Request="getPersons", User=ines["User"], Password=engine.api_user.token)
    other = post(Request="getPersons", User=ines["User"], Token=PASSWORD, Version="2.0", Format="JSON")

    assert (swapped.status_code, other.status_code) == (401, 401)


def test_five_wrong_passwords_lock_the_user_for_tokens_too(engine: Engine, post: Any, ines: dict[str, str]):
    for _ in range(5):
        assert "ESRV1" in post(Request="getPersons", User=ines["User"], Password="Heron").text

    assert "ESRV2" in post(Request="getPersons", **ines).text
    token = {"User": ines["User"], "Token": engine.api_user.token, "Version": "2.5", "Format": "JSON"}
    assert "ESRV2" in post(Request="getPersons", **token).text


def test_failures_while_locked_do_not_prolong_the_lock(engine: Engine, post: Any, ines: dict[str, str]):
    soon = timezone.now() + timedelta(minutes=5)
    engine.run(User.objects.update, locked_until=soon)

    for _ in range(6):
        assert "ESRV1" in post(Request="getPersons", User=ines["User"], Password="Heron").text

    assert engine.refreshed(engine.api_user.row).locked_until == soon
    assert "ESRV2" in post(Request="getPersons", **ines).text
    engine.run(User.objects.update, locked_until=timezone.now())
    engine.run(SignInFailures.objects.all().delete)
    assert post(Request="getPersons", **ines).status_code == 200


def test_an_unknown_user_costs_as_much_hashing_as_a_wrong_password(
    engine: Engine, ines: dict[str, str], hashed: list[int]
):
    tom = engine.make_api_user("tom.rossi").user_name  # he has no password

    def cost(user: str) -> list[int]:
        hashed.clear()
        with pytest.raises(Problem, match="do not belong together"):
            engine.run(authenticate, Incoming({"User": user, "Password": "Heron"}), by_password=True)
        return list(hashed)

    assert cost(ines["User"]) == cost("nobody") == cost(tom) == [FEW]


def test_passwords_are_not_logged(engine: Engine, post: Any, ines: dict[str, str]):
    post(Request="getPersons", **ines)

    (call,) = engine.run(lambda: list(LoggedCall.objects.all()))
    assert call.user_name == ines["User"]
    assert PASSWORD not in str(call.parameters)


def test_a_right_password_is_hashed_once_and_a_wrong_one_always(hashed: list[int]):
    stored, later = make_password(PASSWORD), make_password("Rooks fly home at dusk")

    hashed.clear()
    assert is_right(PASSWORD, stored)
    assert is_right(PASSWORD, stored)
    assert len(hashed) == 1
    assert not is_right(PASSWORD.lower(), stored)
    assert not is_right(PASSWORD.lower(), stored)
    assert len(hashed) == 3
    assert not is_right(PASSWORD, later)  # the hash of another password
