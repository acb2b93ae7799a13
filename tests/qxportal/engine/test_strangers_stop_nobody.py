"""Wrong tokens of strangers: they learn nothing, lock nobody out, and hear to stay away."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.db import connections
from django.test import override_settings
from django.utils import timezone
from requests.adapters import HTTPAdapter

from qxportal.engine.http import failures
from qxportal.engine.http.request_parsing import Incoming, Way
from qxportal.engine.models import LoggedCall, SignInFailures, User, UsualAddress
from qxportal.engine.requests.dispatch import Reply, handle
from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.engine_fixture import ApiUser, Engine

HERE, ELSEWHERE = "127.0.0.1", "127.0.0.7"


class From(HTTPAdapter):
    """Connects from another address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Bind to it."""
        super().init_poolmanager(*args, **options, source_address=(self.address, 0))


@pytest.fixture
def ask(engine: Engine) -> Iterator[Any]:
    """Asks for the surveys from some address, with the right token unless told otherwise."""
    with requests.Session() as session:

        def call(address: str = HERE, *, token: str = "", user: str = "", **more: str) -> requests.Response:
            session.mount("http://", From(address))
            who = {"User": user or engine.api_user.user_name, "Token": token or engine.api_user.token}
            what = {"Request": "getSurveys", "Format": "JSON", "Version": "2.5"}
            return session.post(engine.url + PATH, data=what | who | more, timeout=60)

        yield call


def code(answer: requests.Response) -> str:
    return str(answer.json()["Meta"].get("QualtricsErrorCode", ""))


def test_five_wrong_tokens_lock_a_user_for_their_address_alone(engine: Engine, ask: Any):
    assert [code(ask(ELSEWHERE, token="wrong")) for _ in range(7)] == ["ESRV1"] * 7

    locked = ask(ELSEWHERE)
    assert (locked.status_code, code(locked)) == (401, "ESRV2")
    assert 0 < int(locked.headers["Retry-After"]) <= 600
    assert ask(HERE).status_code == 200
    assert code(ask(ELSEWHERE, token="wrong")) == "ESRV1"  # as before: only the right token sees the lock


def test_the_right_token_from_its_usual_address_is_never_locked_out(engine: Engine, ask: Any):
    assert ask(ELSEWHERE).status_code == 200

    for _ in range(8):
        assert code(ask(ELSEWHERE, token="wrong")) == "ESRV1"

    assert ask(ELSEWHERE).status_code == 200


def test_an_address_is_usual_for_a_month(engine: Engine, ask: Any):
    engine.run(
        lambda: UsualAddress.objects.create(
            user=engine.api_user.row, address=ELSEWHERE, seen_at=timezone.now() - timedelta(days=31)
        )
    )
    for _ in range(5):
        ask(ELSEWHERE, token="wrong")

    assert code(ask(ELSEWHERE)) == "ESRV2"

    engine.run(UsualAddress.objects.update, seen_at=timezone.now() - timedelta(days=29))
    assert ask(ELSEWHERE).status_code == 200


def test_the_lock_ends_and_mistakes_begin_anew(engine: Engine, ask: Any):
    for _ in range(5):
        ask(token="wrong")
    assert code(ask()) == "ESRV2"

    engine.run(SignInFailures.objects.update, ends_at=timezone.now() - timedelta(seconds=1))

    ask(token="wrong")
    assert ask().status_code == 200


def test_further_mistakes_do_not_prolong_the_lock(engine: Engine, ask: Any):
    def ends() -> Any:
        return engine.run(lambda: SignInFailures.objects.order_by("-ends_at")[0].ends_at)

    for _ in range(5):
        ask(token="wrong")
    first = ends()
    for _ in range(5):
        ask(token="wrong")

    assert ends() == first


@pytest.mark.parametrize("oldest", [False, True])
def test_unknown_locked_and_disabled_users_answer_alike(engine: Engine, ask: Any, oldest: bool):
    disabled, locked = engine.make_api_user("tom.rossi"), engine.make_api_user("yuki.tanaka")
    engine.run(User.objects.filter(pk=disabled.row.pk).update, status="Disabled")
    engine.run(User.objects.filter(pk=locked.row.pk).update, locked_until=timezone.now() + timedelta(minutes=5))
    names = ["nobody@marlstone.example#marlstone", engine.api_user.user_name, disabled.user_name, locked.user_name]

    def refused(name: str) -> tuple[int, bytes, list[tuple[str, str]]]:
        if oldest:
            what = {"Request": "getSurveys", "User": name, "Password": "wrong", "Format": "JSON"}
            answer = requests.post(engine.url + PATH, data=what, timeout=60)
        else:
            answer = ask(user=name, token="wrong")
        return answer.status_code, answer.content, sorted((k, v) for k, v in answer.headers.items() if k != "Date")

    for _ in range(7):
        assert len({str(refused(name)) for name in names}) == 1
    assert refused(names[0])[0] == 401


def test_a_wrong_token_costs_the_same_work_for_everybody(engine: Engine, call: Caller):
    def work(name: str) -> list[str]:
        who = {"User": name, "Token": "wrong"}
        said = Incoming({"Request": "getSurveys", "Format": "JSON", "Version": "2.5"} | who, way=Way(address=ELSEWHERE))
        statements: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            statements.append(sql)
            return execute(sql, params, many, context)

        def run() -> None:
            with connections["engine"].execute_wrapper(note):
                assert handle(said).answer.status == 401

        engine.run(run)
        return statements

    disabled = engine.make_api_user("tom.rossi")
    engine.run(User.objects.filter(pk=disabled.row.pk).update, status="Disabled")
    names = ["nobody@marlstone.example#marlstone", engine.api_user.user_name, disabled.user_name]
    for name in names:
        work(name)  # the first time makes rows

    assert work(names[0]) == work(names[1]) == work(names[2])


@pytest.mark.parametrize("status", ["Disabled", "NotVerified"])
def test_the_right_token_of_a_disabled_user_hears_so(engine: Engine, ask: Any, status: str):
    engine.run(User.objects.update, status=status)

    answer = ask()

    assert (answer.status_code, code(answer)) == (401, "ESRV2")
    assert "Retry-After" not in answer.headers
    assert "disabled" in answer.json()["Meta"]["ErrorMessage"]


def stranger(engine: Engine, values: Mapping[str, object], address: str = ELSEWHERE) -> Reply:
    """Send one call within this process, where the limit can be set."""
    return engine.run(handle, Incoming(values, way=Way(address=address)))


def test_an_address_that_is_refused_too_often_hears_to_stay_away(engine: Engine):
    who = {"User": engine.api_user.user_name, "Token": engine.api_user.token}
    what: dict[str, object] = {"Request": "getSurveys", "Format": "JSON", "Version": "2.5"}
    tries: list[dict[str, object]] = [
        {},
        {"Request": "steal", "Version": "2.5"},
        what,
        what | {"User": "nobody", "Token": "wrong"},
    ]
    with override_settings(ENGINE_REFUSALS=20):
        before = [stranger(engine, tries[turn % 4]).answer.status for turn in range(20)]
        after = [stranger(engine, tries[turn % 4]).answer for turn in range(8)]
        other = stranger(engine, what, "127.0.0.8").answer
        right = stranger(engine, what | who).answer

    assert sorted(set(before)) == [400, 401, 404]
    assert {answer.status for answer in after} == {429}
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in after)
    assert other.status == 400
    assert right.status == 200
    assert engine.run(LoggedCall.objects.count) == 22  # what comes after is not even noted


def test_passwords_are_not_looked_at_any_more_after_ten_guesses(engine: Engine):
    guess = {"Request": "getSurveys", "User": engine.api_user.user_name, "Password": "Heron", "Format": "JSON"}

    codes = [stranger(engine, guess).answer.status for _ in range(12)]

    assert codes == [401] * 10 + [429] * 2


def test_rows_of_failures_do_not_pile_up(engine: Engine):
    engine.run(
        lambda: SignInFailures.objects.bulk_create(
            SignInFailures(key=str(n), count=1, ends_at=timezone.now() - timedelta(hours=1)) for n in range(500)
        )
    )

    engine.run(failures.count_wrong, ELSEWHERE, "x")

    assert engine.run(SignInFailures.objects.count) == 1


def test_of_many_addresses_the_newest_stay_usual(engine: Engine, ask: Any):
    then = timezone.now() - timedelta(days=2)
    rows = [UsualAddress(user=engine.api_user.row, address=f"192.0.2.{n}", seen_at=then) for n in range(60)]
    engine.run(UsualAddress.objects.bulk_create, rows)

    ask(ELSEWHERE)

    kept = engine.run(lambda: list(UsualAddress.objects.values_list("address", flat=True)))
    assert len(kept) == 50
    assert ELSEWHERE in kept


def test_a_new_token_is_not_locked_out_either(engine: Engine, ask: Any):
    user: ApiUser = replace(engine.api_user)
    assert ask().status_code == 200
    for _ in range(6):
        ask(token="wrong")

    assert ask(token=user.token).status_code == 200
