"""Work that hangs is ended: its lock and its thread come free, its job says why and can be started again."""

import signal
import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from directory.job_kinds import SYNC
from qxportal.accounts.roles import Role
from qxportal.ledger.job_kinds import TEST_CONNECTION
from qxportal.ledger.jobs.locks import held
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.jobs.run import report_progress, retry, run, run_next, say_step, start
from qxportal.ledger.jobs.scheduling import lock_of
from qxportal.ledger.jobs.watchdog import WATCHDOG, Watchdog, limits
from qxportal.ledger.models import Job
from tests.support.portal_fixture import held_elsewhere
from tests.support.processes import wait_for, workers
from tests.support.samples import beyond
from tests.support.tenants import new_member

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def hurried(settings):
    """Limits that a test can wait for."""
    settings.JOB_QUIET = timedelta(seconds=1)
    settings.JOB_GRACE = timedelta(seconds=30)


def loop(job):
    while True:
        pass


def loop_and_catch_everything(job):
    while True:
        with suppress(Exception):
            time.sleep(0.01)


def wait_for_the_database(job):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(600)")
    return ""


def new_job(org, kind=SYNC, target=""):
    return start(org, kind, by=None, target=target)


@pytest.mark.parametrize(
    "work", beyond([loop, loop_and_catch_everything, wait_for_the_database], sampled=[loop, wait_for_the_database])
)
def test_work_without_progress_is_ended_with_a_reason(org, hurried, settings, work):
    job = new_job(org)

    run(job.pk, work)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert str(job.outcome) == (
        "Stopped because it was stuck. It made no progress for 1 second. You can start it again."
    )
    with held(lock_of(job.pk)) as got:
        assert got
    settings.JOB_QUIET = timedelta(hours=1)
    again = retry(job, by=new_member(org, Role.ADMIN))
    run(again.pk, lambda job: "Done.")
    again.refresh_from_db()
    assert again.state == Job.State.DONE


def test_work_that_shows_progress_goes_on(org, settings):
    settings.JOB_QUIET, settings.JOB_LONGEST = timedelta(hours=1), timedelta(days=1)
    job = new_job(org)

    def work(job):
        watch = WATCHDOG._watches[threading.get_ident()]
        for number in range(16):
            for time_goes_by in ("alive_at", "began"):
                setattr(watch, time_goes_by, getattr(watch, time_goes_by) - 50 * 60)
            WATCHDOG.scan()
            say_step(job, f"{number} people read") if number % 2 else report_progress(job, str(number))
        assert watch.overdue(watch.alive_at + 59 * 60) == ""
        assert watch.overdue(watch.alive_at + 61 * 60)
        return "Done."

    run(job.pk, work)

    job.refresh_from_db()
    assert (job.state, job.outcome) == (Job.State.DONE, "Done.")


def test_work_that_takes_too_long_is_ended_whatever_it_shows(org, settings):
    settings.JOB_QUIET, settings.JOB_LONGEST = timedelta(hours=1), timedelta(seconds=1)
    job = new_job(org)

    def work(job):
        while True:
            time.sleep(0.1)
            say_step(job, "more")

    run(job.pk, work)

    job.refresh_from_db()
    assert "It took longer than 1 second." in str(job.outcome)


def test_each_kind_has_its_limits(org):
    long, short = new_job(org), new_job(org, TEST_CONNECTION)

    assert limits(long) == (1200, 4 * 3600)
    assert limits(short) == (1200, 2400)
    assert limits(None) == (1200, 2400)


def test_what_cannot_be_interrupted_ends_its_process_and_leaves_the_others_their_attempt(org, settings):
    settings.JOB_QUIET = settings.JOB_GRACE = timedelta(0)
    hung, other = new_job(org), new_job(org, target="other")
    Job.objects.update(state=Job.State.RUNNING, attempts=2)
    ended, over = threading.Event(), threading.Event()
    watchdog = Watchdog(end_process=ended.set)

    def work(job):
        with watchdog.watching("test", job=job):
            over.wait(60)
        connection.close()

    threads = [threading.Thread(target=work, args=[job]) for job in (hung, other)]
    watchdog._thread = threading.current_thread()  # this thread looks, and no other
    settings.JOB_QUIET = timedelta(hours=1)
    threads[1].start()
    settings.JOB_QUIET = timedelta(0)
    wait_for(lambda: len(watchdog._watches) == 1, "the other one")
    settings.JOB_QUIET = timedelta(microseconds=1)
    threads[0].start()
    wait_for(lambda: len(watchdog._watches) == 2, "both")
    time.sleep(0.01)
    watchdog._watches[threads[0].ident or 0].interrupted_at = 0.0  # it was interrupted, and stayed
    watchdog._watches[threads[0].ident or 0].words = "It made no progress for 20 minutes."
    try:
        watchdog.scan()
    finally:
        over.set()
        for thread in threads:
            thread.join()

    assert ended.is_set()
    hung.refresh_from_db()
    other.refresh_from_db()
    assert (hung.state, other.state) == (Job.State.FAILED, Job.State.RUNNING)
    assert (hung.attempts, other.attempts) == (2, 1)
    assert "no progress for 20 minutes" in str(hung.outcome)


@pytest.mark.parametrize(("how", "survives"), [pytest.param("loop", True, marks=pytest.mark.thorough), ("hang", False)])
def test_a_real_worker_is_rid_of_it(connected, tmp_path, how, survives):
    connected.engine.person("Anna", "Berger")
    job = start(connected.org, SYNC, by=None)
    with workers(tmp_path) as begin:
        worker = begin(QXP_FAILPOINT=f"sync.page-fetched:{how}", QXP_JOB_QUIET="2s", QXP_JOB_GRACE="1s")
        wait_for(lambda: _state(job) == Job.State.FAILED, "the job to be failed")
        if survives:
            wait_for(lambda: _done_anew(connected.org), "the same worker to do other work", alive=worker.process)
        else:  # on a slow machine a job may be failed before it comes by
            wait_for(lambda: worker.process.poll() is not None or _done_anew(connected.org), "the worker to end")
            assert worker.wait_for_death() == -signal.SIGKILL

    job.refresh_from_db()
    assert "Stopped because it was stuck." in str(job.outcome)
    with held(lock_of(job.pk)) as got:
        assert got


def _done_anew(org) -> bool:
    """Whether a job is done, and none has to be started after one that was failed."""
    if Job.objects.filter(state=Job.State.DONE).exists():
        return True
    if not Job.objects.filter(state__in=Job.LIVE).exists():
        start(org, SYNC, by=None)
    return False


def _state(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def test_a_job_that_is_done_elsewhere_is_left_alone(org, hurried, monkeypatch):
    job = new_job(org)
    monkeypatch.setitem(JOB_HANDLERS, SYNC.name, lambda job: "Done.")

    with held_elsewhere(lock_of(job.pk)):
        run(job.pk, loop)
        job.refresh_from_db()
        assert job.state == Job.State.WAITING

    Job.objects.update(not_before=timezone.now())
    assert run_next()
