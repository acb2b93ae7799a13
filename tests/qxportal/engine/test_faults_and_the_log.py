import hashlib
import time
from dataclasses import replace
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
import requests

from qxportal.engine.http import request_log
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.request_parsing import Incoming
from qxportal.engine.models import Division, LoggedCall, Person, User
from qxportal.engine.requests.dispatch import HANDLERS, handle
from qxportal.threesixty.catalogue import CATALOGUE
from tests.qxportal.engine.conftest import PATH, Caller, Rows
from tests.support.engine_fixture import Engine

PETRA = {"FirstName": "Petra", "LastName": "Novak", "Email": "petra.novak@marlstone.example"}


def persons(engine: Engine) -> int:
    return engine.run(lambda: Person.objects.count())


def test_a_delay_answers_rightly_but_late(engine: Engine, call: Caller):
    engine.fault("delay", seconds=0.3)
    start = time.monotonic()

    call.result("getSurveys")

    assert time.monotonic() - start > 0.3


def test_too_many_calls_say_when_to_come_again(engine: Engine, call: Caller):
    engine.fault("429", seconds=7)

    answer = call("createPerson", **PETRA)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert persons(engine) == 0
    call.result("createPerson", **PETRA)


@pytest.mark.parametrize(("kind", "made"), [("500-before", 0), ("500-after", 1)])
def test_an_error_comes_before_or_after_acting(engine: Engine, call: Caller, kind: str, made: int):
    engine.fault(kind, request="createPerson")

    call.result("getSurveys")
    assert call.refused("createPerson", **PETRA) == (500, "ESRV500")
    assert persons(engine) == made
    assert [one.executed for one in engine.writes()] == [bool(made)]


def test_an_error_of_its_own_is_told_in_the_callers_format_and_undone(engine: Engine, monkeypatch: Any):
    def fail(user: User, arguments: Arguments) -> object:
        Division.objects.create(brand=user.brand, name="Half made")
        raise RuntimeError("a table is missing")

    monkeypatch.setitem(HANDLERS, "createDivision", fail)
    user = engine.api_user
    who = {"User": user.user_name, "Token": user.token, "Version": "2.5", "Format": "XML"}

    answer = engine.run(handle, Incoming({"Request": "createDivision", "Name": "Logistics", **who})).answer

    assert (answer.status, answer.headers) == (500, {"RequestStatus": "Failure", "Status": "500"})
    assert isinstance(answer.body, bytes)
    root = ElementTree.fromstring(answer.body)
    assert [root.findtext(f"Meta/{name}") for name in ("RequestType", "QualtricsErrorCode", "ErrorMessage")] == [
        "createDivision",
        "ESRV500",
        "An unknown error occurred. Try the request later.",
    ]
    assert engine.run(Division.objects.count) == 0
    assert [one.executed for one in engine.writes()] == [False]


def test_a_cut_answer_ends_too_soon(engine: Engine, call: Caller):
    engine.people(20)
    engine.fault("cut", cut_at=300)

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        call("getPersons")
    assert len(call.result("getPersons")["Persons"]) == 20


def test_maintenance_is_a_page_with_a_good_status(engine: Engine, call: Caller):
    engine.fault("maintenance")

    answer = call("createPerson", **PETRA)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert persons(engine) == 0


def test_a_late_call_fails_now_and_happens_later(engine: Engine, call: Caller):
    engine.fault("late", seconds=0.3)

    assert call.refused("createPerson", **PETRA) == (500, "ESRV500")
    assert (persons(engine), engine.writes(executed=True)) == (0, [])
    end = time.monotonic() + 5
    while not persons(engine) and time.monotonic() < end:
        time.sleep(0.05)

    assert persons(engine) == 1
    assert len(engine.writes()) == 1


@pytest.mark.parametrize("cut_at", [0, 30])
def test_a_reset_tears_the_connection_after_acting(engine: Engine, call: Caller, cut_at: int):
    engine.people(20)
    engine.fault("reset", times=2, cut_at=cut_at)

    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError), match="reset"):
        call("getPersons")
    with pytest.raises(requests.exceptions.RequestException):
        call("createPerson", **PETRA)
    assert persons(engine) == 21
    assert len(call.result("getPersons")["Persons"]) == 21


def test_a_dripping_answer_is_right_and_slow(engine: Engine, call: Caller):
    engine.people(20)
    engine.fault("drip", seconds=0.4)
    start = time.monotonic()

    assert len(call.result("getPersons")["Persons"]) == 20
    assert time.monotonic() - start > 0.4


def test_a_busy_server_says_when_to_come_again_and_one_that_is_down_does_not(engine: Engine, call: Caller):
    engine.fault("503", seconds=4)
    engine.fault("503-bare")

    busy, down = call("createPerson", **PETRA), call("createPerson", **PETRA)

    assert (busy.status_code, busy.headers["Retry-After"]) == (503, "4")
    assert (down.status_code, "Retry-After" in down.headers) == (503, False)
    assert persons(engine) == 0


@pytest.mark.parametrize("form", ["rows", "table"])
def test_listings_repeat_rows_or_lack_some(engine: Engine, call: Caller, rows: Rows, form: str):
    review = engine.assessment("Leadership review")
    for person in engine.people(30):
        engine.subject(review, person)

    def ids() -> list[str]:
        if form == "rows":
            return [person["PersonID"] for person in call.result("getPersons")["Persons"]]
        return [
            row["UniqueIdentifier"] for row in rows(call("getSubjectStatus", form="CSV", ThreeSixtyID=review.public_id))
        ]

    whole = ids()
    engine.fault("double", times=10, seed=7)
    doubled = [ids() for _ in range(10)]
    engine.fault("shrink", times=40, seed=7)
    shrunk = [ids() for _ in range(40)]

    assert all(set(one) == set(whole) and len(one) > len(whole) for one in doubled)
    assert all(set(one) <= set(whole) and len(one) == len(set(one)) for one in shrunk)
    assert [] in shrunk
    assert ids() == whole


def test_faults_of_listings_leave_changes_alone(engine: Engine, call: Caller):
    for kind in ("double", "shrink", "stale"):
        engine.fault(kind, times=None)

    assert call.result("createPerson", **PETRA)
    assert persons(engine) == 1


def test_a_stale_reading_tells_what_was_so(engine: Engine, call: Caller):
    engine.fault("stale", seconds=1, times=None)
    start = time.monotonic()
    while time.monotonic() - start < 1.5:  # until there is a past
        call.result("getPersons")

    call.result("createPerson", **PETRA)
    told = [len(call.result("getPersons")["Persons"])]
    made = time.monotonic()
    while told[-1] == 0 and time.monotonic() - made < 10:
        told.append(len(call.result("getPersons")["Persons"]))

    assert told[0] == 0
    assert told[-1] == 1
    assert time.monotonic() - made > 0.5
    assert persons(engine) == 1


def test_the_same_seed_gives_the_same_chances(engine: Engine, call: Caller):
    def codes() -> list[int]:
        engine.clear_faults()
        engine.fault("500-before", times=None, share=0.4, seed=11)
        return [call("getSurveys").status_code for _ in range(25)]

    first = codes()

    assert codes() == first
    assert 3 < first.count(500) < 18


def test_what_is_drawn_at_random_stays_below_what_was_said(engine: Engine, call: Caller):
    engine.fault("429", times=30, seconds=20, at_random=True)

    pauses = {int(call("getSurveys").headers["Retry-After"]) for _ in range(30)}

    assert len(pauses) > 5
    assert pauses <= set(range(21))


def test_faults_count_down_and_belong_to_one_user(engine: Engine, call: Caller):
    colleague = engine.make_api_user("tom.rossi")
    engine.fault("500-before", times=2)
    engine.fault("429", user=colleague, times=None)

    assert [call("getSurveys").status_code for _ in range(3)] == [500, 500, 200]
    assert {call("getSurveys", user=colleague).status_code for _ in range(4)} == {429}
    engine.clear_faults()
    call.result("getSurveys", user=colleague)


def test_calls_are_noted_without_secrets(engine: Engine, call: Caller):
    call.result("getPersons", RecordLimit=5)
    call.result("createPerson", **PETRA)
    call.refused("createPerson", **PETRA)

    made, refused = engine.writes()
    assert [one.request for one in engine.calls()] == ["getPersons", "createPerson", "createPerson"]
    assert (made.code, made.executed, made.user_name) == (200, True, engine.api_user.user_name)
    assert (refused.code, refused.error, refused.executed) == (400, "ETS2", False)
    assert made.parameters["Email"] == PETRA["Email"]
    assert engine.api_user.token not in str(engine.run(lambda: list(LoggedCall.objects.values())))


@pytest.mark.parametrize("way", ["a part", "a parameter", "the body", "JSON"])
def test_of_an_upload_only_size_and_digest_are_noted(engine: Engine, way: str):
    user = engine.api_user
    who = {"User": user.user_name, "Token": user.token}
    what = {"Request": "importPersons", "Format": "JSON", "Version": "2.5"}
    file = "FirstName,LastName,Email\r\nPetra,Novák,petra.novak@marlstone.example\r\n"
    ways: dict[str, dict[str, Any]] = {
        "a part": {"data": who | what, "files": {"FileContents": ("people.csv", file)}},
        "a parameter": {"data": who | what | {"FileContents": file}},
        "the body": {"params": who | what, "data": file.encode(), "headers": {"Content-Type": "text/csv"}},
        "JSON": {"json": who | what | {"FileContents": file}},
    }

    requests.post(engine.url + PATH, timeout=60, **ways[way])

    (written,) = engine.writes(executed=True)
    digest = hashlib.sha256(file.encode()).hexdigest()
    assert written.parameters["FileContents"] == f"{len(file.encode())} bytes, SHA-256 {digest}"
    assert "petra" not in str(written.parameters).lower()
    assert persons(engine) == 1


def test_of_a_stranger_a_few_hundred_bytes_are_kept(engine: Engine, call: Caller):
    long = {f"Name{number}": "x" * 2_000 for number in range(1_900)}
    stranger = replace(engine.api_user, token="wrong", user_name="u" * 900)

    call("createPerson", user=stranger, **long)
    call("n" * 5_000, user=stranger, **long)
    requests.post(engine.url + PATH, data=b"{" * 4_000_000, headers={"Content-Type": "application/json"}, timeout=30)
    requests.get(f"{engine.url}{PATH}?Request=getSurveys&{'y' * 3_000}=1", timeout=60)

    kept = engine.run(lambda: list(LoggedCall.objects.values()))
    assert len(kept) == 4
    assert max(len(str(row)) for row in kept) < 600


@pytest.mark.parametrize("where", ["query", "form", "json"])
def test_nothing_named_like_a_secret_is_kept_wherever_it_stands(engine: Engine, where: str):
    user = engine.api_user
    said = {"Request": "createPerson", "User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    odd = {"token": "Kingfisher", "API-TOKEN": "Kingfisher", "passWord": "Kingfisher", "x": "Kingfisher"}
    deep = {"MetaData": '{"Team": "Sales", "Api\\u0054oken": "Kingfisher", "deep": {"PASSWORD": ["Kingfisher"]}}'}
    own = {"FirstName": f"Ann {user.token}", "LastName": "Lee"}
    parameters = said | odd | deep | own
    ways: dict[str, dict[str, Any]] = {
        "query": {"params": parameters},
        "form": {"data": parameters | {"MetaData[Secret]": "Kingfisher"}},
        "json": {"json": parameters | {"MetaData": {"Team": "Sales", "the token": "Kingfisher"}}},
    }

    requests.post(engine.url + PATH, timeout=60, **ways[where])

    (row,) = engine.run(lambda: list(LoggedCall.objects.values()))
    assert "Kingfisher" not in str(row)
    assert user.token not in str(row)
    assert "Ann" in row["parameters"]["FirstName"]


def test_the_log_is_bounded_and_strangers_push_nobody_out(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(request_log, "KEEP", 30)
    monkeypatch.setattr(request_log, "KEEP_STRANGERS", 10)
    spec = CATALOGUE["createPerson"]

    def fill() -> None:
        for _ in range(50):
            values = {param.name: "x" * 5_000 for param in spec.params}
            request_log.record(spec=spec, user_name="i", values=values, file=None, code=200, error="", executed=True)
        for _ in range(400):
            request_log.record_stranger(request_name="x", user_name="y", code=401, error="ESRV1")

    engine.run(fill)

    rows = engine.run(lambda: list(LoggedCall.objects.values()))
    assert len([row for row in rows if row["user_name"]]) == 30
    assert len([row for row in rows if not row["user_name"]]) < 10 + 200
    assert max(len(str(row["parameters"])) for row in rows) < 20_000
