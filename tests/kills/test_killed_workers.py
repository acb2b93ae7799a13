"""Real Celery workers with a real broker: killed, stopped, and without their messages."""

import signal

import pytest
from django.db import connections

from assessments import subject_commands
from directory.job_kinds import SYNC
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.ledger.tasks import sweep
from tests.support.built_once import built_once
from tests.support.prefork import Fork
from tests.support.processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def worker(tmp_path, broker, fork_server):
    """Starts real workers; they all end before the database is emptied."""
    begun: list[Fork] = []

    def begin(**env):
        ready = tmp_path / f"ready-{len(begun)}"
        begun.append(fork_server.begin("celery_worker", str(ready), **env))
        wait_for(ready.exists, "the worker to be ready")
        return begun[-1]

    yield begin
    for one in begun:
        one.end()
    connections["default"].close()


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    people = engine.people(8)
    review = engine.assessment("Leadership review")
    subject = engine.subject(review, people[0])
    engine.evaluation(subject, people[1], "Manager", "Completed")
    connected.sync()
    return review


def set_done(connected):
    return subject_commands.set_subject_status(
        connected.subject(), by=connected.admin, status="Done", close_sessions=False
    )


def executed(connected, request="setSubjectStatus"):
    return [call for call in connected.engine.writes(executed=True) if call.request == request]


def settled(change):
    """Sweep as beat would, until the change has come to its end."""

    def ended():
        sweep()
        change.refresh_from_db()
        return not change.moving

    wait_for(ended, "the change to settle")
    return change


def finished(job):
    def ended():
        sweep()
        job.refresh_from_db()
        return not job.live

    wait_for(ended, "the job to end")
    return job


def test_a_change_survives_a_kill(connected, scene, worker):
    doomed = worker(QXP_FAILPOINT="change.answered:kill")
    change = set_done(connected)
    assert doomed.wait() == -signal.SIGKILL

    worker()

    assert settled(change).state == Change.State.DONE
    assert connected.subject().status == "Done"
    assert len(executed(connected)) == 1


@pytest.mark.thorough  # every run does so with a process of the fork server
def test_a_stopped_worker_keeps_others_from_sending(connected, scene, worker):
    stopped = worker(QXP_FAILPOINT="change.claimed:stop")
    change = set_done(connected)
    wait_for(lambda: Change.objects.filter(pk=change.pk, state=Change.State.SENDING).exists(), "the claim")
    worker()
    for _ in range(10):
        sweep()
    change.refresh_from_db()
    assert change.state == Change.State.SENDING

    stopped.send(signal.SIGCONT)

    assert settled(change).state == Change.State.DONE
    assert len(executed(connected)) == 1


def test_a_job_that_ends_its_worker_is_parked(connected, scene, worker):
    job = start(connected.org, SYNC, by=None)
    Job.objects.filter(pk=job.pk).update(attempts=Job.MAX_ATTEMPTS - 1)
    doomed = worker(QXP_FAILPOINT="job.claimed:kill")
    sweep()
    assert doomed.wait() == -signal.SIGKILL

    worker()

    assert finished(job).state == Job.State.PARKED


@pytest.mark.thorough
def test_a_flushed_broker_only_delays(connected, scene, worker, broker):
    change = set_done(connected)
    broker.flushall()
    worker()

    assert settled(change).state == Change.State.DONE
    assert len(executed(connected)) == 1


def test_a_worker_that_starts_looks_for_what_was_left_without_a_message(connected, scene, worker, broker):
    change = set_done(connected)
    broker.flushall()
    worker()

    def ended():
        change.refresh_from_db()
        return not change.moving

    wait_for(ended, "the change to settle without a sweep of ours")

    assert change.state == Change.State.DONE


@pytest.mark.thorough
def test_doubled_messages_send_nothing_twice(connected, scene, worker):
    change = set_done(connected)
    for _ in range(20):
        sweep()
    worker()

    assert settled(change).state == Change.State.DONE
    assert len(executed(connected)) == 1


def test_an_engine_that_fails_after_acting_is_not_asked_twice(connected, scene, worker):
    connected.engine.fault("500-after", request="setSubjectStatus", times=None)
    worker()
    change = set_done(connected)

    assert settled(change).state == Change.State.DONE
    assert len(executed(connected)) == 1
