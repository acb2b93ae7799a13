"""A clock that ran ahead, or was put back: nothing waits until it gets there."""

import subprocess
import sys
import time
import uuid
from datetime import timedelta

import pytest
import redis
from django.conf import settings as portal
from django.utils import timezone
from structlog.testing import capture_logs

from assessments.sync import start_due_syncs
from directory.job_kinds import SYNC
from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.accounts.rate_limit import RateLimiter
from qxportal.beat import Scheduler
from qxportal.celery import app
from qxportal.embedded import die_with_parent
from qxportal.ledger import tasks
from qxportal.ledger.models import Change, Job, ResourceSync
from qxportal.ledger.outbox.conflicts import _fresh
from qxportal.ledger.outbox.handlers import MirroredValues
from tests.support.processes import ROOT, environment, wait_for
from tests.support.tenants import new_user, signed_in

DAY = timedelta(days=1)


def scheduler(file):
    return Scheduler(app, schedule_filename=str(file), lazy=True)


def opened(file):
    found = scheduler(file)
    found.setup_schedule()
    return found


def ahead(file, span=DAY):
    """A schedule file as a beat leaves it whose clock ran ahead."""
    before = opened(file)
    for entry in before.schedule.values():
        entry.last_run_at = app.now() + span
    before.sync()
    before.close()


def test_a_file_from_the_future_is_noticed_and_corrected(tmp_path):
    ahead(tmp_path / "beat")

    with capture_logs() as said:
        found = opened(tmp_path / "beat")

    assert all(entry.last_run_at <= app.now() for entry in found.schedule.values())
    (line,) = [each for each in said if each["event"] == "clock_went_back"]
    assert "sweep" in line["schedules"]
    assert 86_000 < line["seconds"] <= 86_400
    found.close()


def test_a_clock_that_is_put_back_meanwhile_is_noticed_at_the_next_round(tmp_path):
    found = opened(tmp_path / "beat")
    found.populate_heap()
    for entry in found.schedule.values():
        entry.last_run_at = app.now() + DAY

    assert found.believe_the_clock() == len(found.schedule)
    assert found._heap is None
    assert found.believe_the_clock() == 0
    found.close()


def test_a_right_clock_changes_nothing(tmp_path):
    found = opened(tmp_path / "beat")
    before = {name: entry.last_run_at for name, entry in found.schedule.items()}

    assert found.believe_the_clock() == 0
    assert {name: entry.last_run_at for name, entry in found.schedule.items()} == before
    found.close()


@pytest.mark.processes
@pytest.mark.usefixtures("running_services")  # it sends to the broker
def test_a_real_beat_sends_although_its_file_lies_in_the_future(tmp_path):
    ahead(tmp_path / "beat")
    log = tmp_path / "beat.log"
    command = ["-m", "celery", "-A", "qxportal", "beat", "-l", "info", "--pidfile=", "-s", str(tmp_path / "beat")]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(QXP_SWEEP_SECONDS="1"),
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent(9),  # type: ignore[arg-type]
        )
    try:
        wait_for(lambda: "Sending due task sweep" in log.read_text(), "a sweep", alive=process)
    finally:
        process.kill()
        process.wait()
    assert "clock_went_back" in log.read_text()


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_syncs_begin_although_their_time_lies_in_the_future(connected):
    Organisation.objects.update(next_sync_at=timezone.now() + DAY)

    assert start_due_syncs() == 1
    assert Organisation.objects.get().next_sync_at < timezone.now() + 2 * portal.SYNC_EVERY


@pytest.mark.django_db(transaction=True, databases=["default", "engine"])
def test_what_was_read_in_the_future_is_read_anew(connected):
    review = connected.engine.assessment("Leadership review")
    anna = connected.engine.person("Anna", "Berger")
    connected.engine.subject(review, anna)
    connected.sync()
    Person.objects.update(seen_at=timezone.now() + DAY)
    ResourceSync.objects.update(seen_at=timezone.now() + DAY, tried_at=timezone.now() + DAY)
    connected.engine.run(lambda: type(anna).objects.filter(pk=anna.pk).update(last_name="Berger-Lind"))

    connected.sync()

    person = Person.objects.get(vendor_id=connected.subject().person.vendor_id)
    assert person.last_name == "Berger-Lind"
    assert person.seen_at <= timezone.now()
    assert not ResourceSync.objects.filter(seen_at__gt=timezone.now()).exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_put_off_by_a_clock_that_ran_ahead_goes_on(org):
    job = Job.objects.create(org=org, kind=SYNC.name, not_before=timezone.now() + DAY)
    soon = timezone.now() + timedelta(minutes=10)
    other = Job.objects.create(org=org, kind=SYNC.name, target="x", not_before=soon)
    change = Change.objects.create(
        org=org,
        target=str(uuid.uuid4()),
        request="setSubjectStatus",
        title="Set to Done",
        state="unknown",
        expires_at=timezone.now() + DAY,
        unknown_since=timezone.now() + DAY,
        not_before=timezone.now() + DAY,
    )

    tasks.sweep()

    for row in (job, other, change):
        row.refresh_from_db()
    assert job.not_before <= timezone.now()
    assert other.not_before == soon
    assert change.not_before <= timezone.now()
    assert change.unknown_since and change.unknown_since <= timezone.now()


def test_a_reading_from_the_future_is_not_fresh():
    assert _fresh(MirroredValues({}, timezone.now()))
    assert not _fresh(MirroredValues({}, timezone.now() + DAY))


@pytest.mark.usefixtures("running_services")
def test_a_breaker_and_a_pause_from_the_future_end(settings):
    name = str(uuid.uuid4())
    client = redis.Redis.from_url(portal.BROKER_ADDRESS)
    key, late = f"rate-limit:{{{name}}}", time.time() + 86_400
    client.hset(f"{key}:state", mapping={"open_until": late, "pause_until": late, "answered_at": late})
    client.zadd(f"{key}:flying", {f"gone-{n}": late for n in range(20)})
    client.zadd(f"{key}:waiting", {f"gone-{n}": late for n in range(20)})

    assert RateLimiter(name, many=True)._enter("mine") == ("go", 0.0)
    client.hset(f"{key}:state", "open_until", time.time() + 60)
    word, seconds = RateLimiter(name)._enter("another")
    assert word == "open"
    assert 50 < seconds <= 60


def test_a_session_that_began_in_the_future_is_counted_from_now(db, settings):
    browser = signed_in(new_user())
    browser.get("/account/")
    session = browser.session
    session["began"] = session["used"] = int(time.time()) + 86_400
    session.save()

    assert browser.get("/account/").status_code == 200
    assert browser.session["began"] <= time.time()
    assert browser.session["used"] <= time.time()
