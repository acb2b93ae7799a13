"""The broker is away, hung or full: people sign in, are throttled, change things, and the health check says which."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from directory.job_kinds import SYNC
from qxportal import trouble
from qxportal.accounts.models import RememberedValue
from qxportal.accounts.remembered import forget_ended
from qxportal.accounts.roles import Role
from qxportal.core.causes import disk_is_full
from qxportal.embedded import Embedded
from qxportal.ledger.jobs.run import run, start
from qxportal.ledger.models import Job
from qxportal.ledger.problems import DISK_FULL
from tests.support.ports import free_port
from tests.support.processes import wait_for
from tests.support.tenants import new_member, new_user, signed_in
from tests.support.web_process import Web, ask

PASSWORD = "nine-copper-lanterns"
SIGN_IN = "/account/login/"


@pytest.fixture
def broker(tmp_path: Path):
    """A Valkey of our own, which a test may ill-treat."""
    with Embedded(tmp_path / "var", durable=False, with_database=False) as embedded:
        yield embedded
        if embedded.valkey and embedded.valkey.poll() is None:
            embedded.valkey.kill()  # stopped, or without a folder to save into, it would not end when asked


def stop(broker: Embedded) -> None:
    assert broker.valkey
    broker.valkey.send_signal(signal.SIGSTOP)


def kill(broker: Embedded) -> None:
    assert broker.valkey
    broker.valkey.kill()
    broker.valkey.wait()


def fill(broker: Embedded) -> None:
    with redis.Redis.from_url(broker.broker_url.replace("redis+socket://", "unix://")) as client:
        client.config_set("maxmemory", "1")


def fill_its_disk(broker: Embedded) -> None:
    """It cannot save, and so takes nothing more (MISCONF)."""
    with redis.Redis.from_url(broker.broker_url.replace("redis+socket://", "unix://")) as client:
        client.config_set("save", "3600 1")
        client.set("a", 1)
        (broker.var / "valkey").rename(broker.var / "elsewhere")
        (broker.var / "elsewhere").rmdir()
        client.bgsave()
        wait_for(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", "the failed save")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        pytest.param(stop, "hung", marks=pytest.mark.thorough),
        (kill, "away"),
        pytest.param(fill, "full", marks=pytest.mark.thorough),
        pytest.param(fill_its_disk, "full", marks=pytest.mark.thorough),
    ],
)
def test_people_work_on_without_a_broker(tmp_path, org, broker, spoil, word):
    owner = new_member(org, Role.OWNER)
    owner.user.set_password(PASSWORD)
    owner.user.save()
    port, log = free_port(), tmp_path / "web.log"
    with Web(log, QXP_WEB_BIND=f"127.0.0.1:{port}", QXP_BROKER_URL=broker.broker_url) as site:
        wait_for(lambda: ask(port, "GET", "/health/", site)[0] == 200, "the site", alive=site)
        spoil(broker)

        status, body, _cookies = ask(port, "GET", "/health/")
        assert (status, f'"broker": "{word}"' in body, '"database": "ok"' in body) == (503, True, True), body
        browser = _Browser(port)
        for _try in range(5):
            assert browser.post(SIGN_IN, login=owner.user.email, password="wrong")[0] == 200
        answer = browser.post(SIGN_IN, login=owner.user.email, password=PASSWORD)
        assert "Too many failed login attempts" in answer[1]  # neither 500 nor open to guessing
        RememberedValue.objects.all().delete()
        assert browser.post(SIGN_IN, login=owner.user.email, password=PASSWORD)[0] == 302
        assert browser.get(f"/o/{org.slug}/")[0] == 200
        assert browser.post(f"/o/{org.slug}/refresh/", page=f"/o/{org.slug}/jobs/")[0] in (302, 200)
        assert _Browser(port).post("/account/password/reset/", email=owner.user.email)[0] == 302
    assert "Traceback" not in log.read_text()


class _Browser:
    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str]:
        status, page, cookies = ask(self.port, "GET", path, cookies=self._sent())
        self._keep(cookies)
        return status, page

    def post(self, path: str, *, page: str = "", **fields: str) -> tuple[int, str]:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page or path)[1])
        assert found
        body = "&".join(f"{name}={text.replace('@', '%40')}" for name, text in fields.items())
        status, text, cookies = ask(
            self.port, "POST", path, body=f"csrfmiddlewaretoken={found[1]}&{body}", cookies=self._sent()
        )
        self._keep(cookies)
        return status, text

    def _sent(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _keep(self, cookies: str) -> None:
        self.cookies |= dict(each.split("=", 1) for each in cookies.split("; ") if each)


# -- throttling


@pytest.fixture
def user(db):
    return new_user("Ruth Adeyemi", password=PASSWORD)


def sign_in(user: Any, password: str = PASSWORD) -> Any:
    return Client().post(SIGN_IN, {"login": user.email, "password": password})


def test_correct_sign_ins_are_not_counted(user):
    assert {sign_in(user).status_code for _n in range(35)} == {302}


def test_failures_of_one_address_are_counted_over_all_accounts(user):
    for n in range(20):
        Client().post(SIGN_IN, {"login": f"nobody-{n}@people.example", "password": "x"})

    assert "Too many failed login attempts" in sign_in(user).content.decode()


def test_correct_sign_ins_in_between_do_not_reset_the_count(user):
    for _n in range(5):
        sign_in(user, "wrong")
        other = new_user(password=PASSWORD)
        assert sign_in(other).status_code == 302

    assert sign_in(user).status_code == 200


def test_what_was_counted_by_a_clock_that_ran_ahead_is_forgotten(user):
    for _n in range(5):
        sign_in(user, "wrong")
    assert sign_in(user).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_remembered SET set_at = set_at + '1 day', expires_at = expires_at + '1 day'")

    assert sign_in(user).status_code == 302


def test_of_two_who_add_at_once_one_does(db):
    assert cache.add("a", 1, 60)
    assert not cache.add("a", 2, 60)
    assert cache.get("a") == 1
    cache.set("a", [1.5, "x"], 60)
    assert cache.get("a") == [1.5, "x"]
    assert cache.touch("a", 0)
    assert cache.get("a", "gone") == "gone"
    assert cache.add("a", 3, 60)
    assert cache.delete("a")
    assert cache.get("a") is None


def test_a_used_code_is_remembered_for_as_long_as_it_is_taken(db, settings):
    cache.add("allauth.mfa.totp.used?user=1&code=123456", "y", timeout=30)

    row = RememberedValue.objects.get()
    assert (row.expires_at - row.set_at).total_seconds() == pytest.approx(90, abs=1)


def test_what_has_ended_is_deleted(db):
    cache.set("old", 1, 0)
    cache.set("new", 1, 60)

    assert forget_ended() == 1
    assert cache.get("new") == 1


# -- a full disk


def _full(table: str) -> None:
    """From now on PostgreSQL says of this table what it says when its disk is full."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            "'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
        )
        cursor.execute(f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION no_room()")


@pytest.mark.parametrize("table", ["django_session", "accounts_remembered"])
def test_signing_in_on_a_full_disk_says_so(user, table):
    _full(table)
    browser = Client(raise_request_exception=False)

    page = browser.post(SIGN_IN, {"login": user.email, "password": PASSWORD})

    assert page.status_code == 507
    assert "disk is full" in page.content.decode()
    assert "Something went wrong" not in page.content.decode()


def test_a_change_on_a_full_disk_says_so_and_records_nothing(org):
    owner = new_member(org, Role.OWNER)
    browser = signed_in(owner.user)
    browser.raise_request_exception = False
    _full("accounts_auditentry")

    page = browser.post(f"/o/{org.slug}/settings/", {"name": "Other", "time_zone": "UTC", "language": "en"})

    assert page.status_code == 507
    assert page["Retry-After"]
    org.refresh_from_db()
    assert org.name == "Ashgrove Optics"


def test_problems_are_told_by_what_is_behind_them():
    try:
        try:
            Path("/dev/full").write_bytes(b"x" * 100_000)
        except OSError as problem:
            raise ValueError("wrapped") from problem
    except ValueError as wrapped:
        assert disk_is_full(wrapped)
    assert not disk_is_full(OSError(2, "no such file"))
    assert trouble.may_pass(redis.ConnectionError())
    assert not trouble.may_pass(ValueError())


def test_a_job_on_a_full_disk_says_so_and_is_tried_again(org):
    job = start(org, SYNC, by=None)

    def work(job):
        Path("/dev/full").write_bytes(b"x" * 100_000)
        return ""

    run(job.pk, work)

    job.refresh_from_db()
    assert job.state == Job.State.WAITING
    assert job.outcome == DISK_FULL


# -- the health check and the database


def health() -> tuple[int, Any]:
    answer = Client().get("/health/")
    return answer.status_code, answer.json()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_takes_nothing_more_is_not_healthy():
    assert health() == (200, {"database": "ok", "broker": "ok"})
    _full("accounts_remembered")
    try:
        assert health() == (503, {"database": "full", "broker": "ok"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER no_room ON accounts_remembered")
    assert health()[0] == 200


@pytest.mark.django_db(transaction=True)
def test_a_database_that_does_not_answer_in_time_is_not_healthy():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_remembered IN ACCESS EXCLUSIVE MODE")

        assert health() == (503, {"database": "hung", "broker": "ok"})
    assert health()[0] == 200


@pytest.mark.django_db(transaction=True)
def test_a_database_that_only_reads_is_not_healthy():
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        assert health() == (503, {"database": "read-only", "broker": "ok"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
