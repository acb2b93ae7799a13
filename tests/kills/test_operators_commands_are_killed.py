"""What an operator or the clock starts may be killed anywhere, and is done by starting it again."""

import signal
from datetime import timedelta

import pytest
from django.utils import timezone

from qxportal.accounts.credentials import client_for, save_credential
from qxportal.accounts.models import Invitation, Organisation
from qxportal.accounts.sealed_stores import CREDENTIALS
from qxportal.engine.models import Brand
from qxportal.ledger.models import Change, Version
from qxportal.ledger.outbox import fencing
from qxportal.security import instance
from qxportal.security.instance import Standing
from qxportal.security.key_ring import add_key, newest_key
from qxportal.security.models import Instance
from qxportal.threesixty.calls.surveys import GetSurveys
from tests.kills.fixtures import STATUS, ReviewFixture
from tests.support.samples import beyond

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

ROWS = 6
ROTATION = ["rotation.rewrapped", "rotation.moved"]
SETUP = ["setup.organisation", "setup.intended", "setup.brand", "setup.token", "setup.connected"]


@pytest.fixture
def credentials(settings, tmp_path, workforce):
    """Many organisations with a token each, under the older of two keys."""
    settings.KEYS, settings.INSTANCE = tmp_path / "keys", tmp_path / "instance"
    workforce.settings = {"KEYS": str(settings.KEYS), "INSTANCE": str(settings.INSTANCE)}
    add_key()
    orgs = [Organisation.objects.create(name=f"Ashgrove {n}", slug=f"ashgrove-{n}") for n in range(ROWS)]
    for org in orgs:
        save_credential(
            org, by=None, host="eu.qualtrics.com", api_user=f"api#{org.slug}", version="2.5", token=f"token-{org.pk}"
        )
    add_key()
    return orgs


def all_readable(orgs):
    assert CREDENTIALS.verify() == (len(orgs), [])
    for org in orgs:
        with client_for(org) as client:
            assert client._token.reveal() == f"token-{org.pk}"


@pytest.mark.parametrize("step", beyond(ROTATION, sampled=["rotation.moved"]))
def test_a_rotation_is_killed_at_each_row(credentials, workforce, step):
    for row in (1, ROWS // 2, ROWS):
        add_key()
        workforce.dies_once(step, "rotation", body="rotate", turn=row)
        all_readable(credentials)
        assert workforce.run("rotate") == 0
        assert set(CREDENTIALS.count()) == {newest_key()}


@pytest.mark.parametrize("step", beyond(ROTATION, sampled=["rotation.rewrapped"]))
def test_a_rotation_that_is_killed_at_every_second_row_comes_to_its_end(credentials, workforce, step):
    for _ in range(3 * ROWS):
        if workforce.run("rotate", QXP_FAILPOINT=f"{step}:kill@2+") == 0:
            break
        all_readable(credentials)
    else:  # each of them moves one row before it is killed at the next
        pytest.fail("the rotation never ends")
    workforce.note("killed", f"{step} · rotation · persistently")

    assert set(CREDENTIALS.count()) == {newest_key()}


def test_two_rotations_at_once_of_which_one_is_killed(credentials, workforce):
    doomed = workforce.fork_server.begin(
        "rotate", settings=workforce.settings, QXP_FAILPOINT=f"rotation.rewrapped:kill@{ROWS // 2}"
    )
    other = workforce.fork_server.begin("rotate", settings=workforce.settings)
    assert doomed.wait() in (-signal.SIGKILL, 0)  # the other may have left it too few rows
    assert other.wait() == 0

    all_readable(credentials)
    assert set(CREDENTIALS.count()) == {newest_key()}


@pytest.mark.parametrize("step", beyond(["instance.resuming", "instance.resumed"], sampled=["instance.resumed"]))
def test_a_resume_is_killed(connected, settings, tmp_path, workforce, step):
    settings.INSTANCE = tmp_path / "instance"
    workforce.settings = {"INSTANCE": str(settings.INSTANCE)}
    fixture = ReviewFixture(connected, subjects=2, people=4)
    change = STATUS.make(fixture, 0)
    Instance.objects.update(epoch=Instance.objects.get().epoch)  # as a restore writes the row anew
    assert not fencing.may_call()

    workforce.dies_once(step, "resume", body="resume")

    change.refresh_from_db()
    resumed = step == "instance.resumed"
    assert change.state == (Change.State.UNKNOWN if resumed else Change.State.HELD)
    assert instance.check().standing is (Standing.OWN if resumed else Standing.COPY)
    assert workforce.run("resume") == 0
    workforce.healthy()
    change.refresh_from_db()
    assert (change.state, fixture.executed("setSubjectStatus", 0)) == (Change.State.DONE, 1)


@pytest.mark.parametrize("step", beyond(SETUP, sampled=["setup.token"]))
def test_opening_an_organisation_is_killed(engine, settings, tmp_path, workforce, step):
    settings.KEYS, settings.INSTANCE = tmp_path / "keys", tmp_path / "instance"
    settings.REPORTS_ROOT = tmp_path / "reports"  # sealed files of other tests would want the keys of these back
    names = ("KEYS", "INSTANCE", "REPORTS_ROOT")
    workforce.settings = {name: str(getattr(settings, name)) for name in names}

    workforce.dies_once(step, "opening", body="open_organisation", args=(engine.url,))

    org = Organisation.objects.get(slug="halden")
    assert not Invitation.objects.exists()
    for _ in range(2):
        assert workforce.run("open_organisation", engine.url) == 0, workforce.log()
        assert Brand.objects.filter(name="halden").count() == 1
        assert Invitation.objects.get(org=org).role == "owner"
        with client_for(org) as threesixty:
            assert len(threesixty.call(GetSurveys())) == 2


def test_a_purge_is_killed_after_a_batch(org, workforce, settings):
    long_ago = timezone.now() - settings.HISTORY_KEEP - timedelta(days=1)
    for ended in [long_ago, long_ago, timezone.now()]:
        Version.objects.create(
            org=org,
            kind="person",
            row_id=1,
            vendor_id="P_1",
            event="changed",
            valid_from=long_ago,
            valid_to=ended,
            gone=False,
            columns={},
            after={},
            progress=False,
        )

    workforce.dies_once("purge.batch", "purge", body="purge")

    assert Version.objects.count() == 1
    assert workforce.run("purge") == 0
    assert Version.objects.count() == 1
