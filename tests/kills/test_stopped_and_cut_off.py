"""A worker that is stopped in the middle of a step stays alone with it; one that the database cuts off begins again."""

import signal

import pytest

from directory.job_kinds import SYNC
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from tests.kills.stage import CREATION, FILE, STATUS, Stage
from tests.nursery import STOPPED

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

WINDOW = ["change.begun", "change.before-claim", "change.claimed", "call.sent", "change.answered", "change.mirrored"]
CUTS = [*WINDOW, "change.settled"]
SYNC_CUTS = [
    "job.claimed",
    "job.reported",
    "job.finishing",
    "sync.page-fetched",
    "merge.written",
    "sync.page-merged",
    "sync.definition",
    "sync.subjects",
    "sync.read",
    "sync.merged",
    "sync.sorted-out",
    "sync.explained",
    "sync.closed",
]


@pytest.fixture
def stage(connected):
    return Stage(connected)


@pytest.mark.parametrize("kind", [STATUS, CREATION], ids=str)
def test_a_stopped_worker_keeps_others_from_sending(stage, workforce, kind):
    for number, step in enumerate(WINDOW):
        workforce.forget_pace()
        mark = stage.mark()
        change = kind.make(stage, number)
        stopped = workforce.nursery.begin("work", QXP_FAILPOINT=f"{step}:stop")
        assert stopped.wait() == STOPPED, f"{kind} did not come by {step}"
        workforce.note("stopped", f"{step} · {kind}")
        state = Change.objects.get(pk=change.pk).state
        for _ in range(2):
            assert workforce.run("work_a_while") == 0

        assert Change.objects.get(pk=change.pk).state == state
        stopped.send(signal.SIGCONT)
        assert stopped.wait() == 0, workforce.log()
        change.refresh_from_db()
        assert (change.state, stage.executed(kind.request, mark)) == (Change.State.DONE, 1), step
    stage.check_mirror()


@pytest.mark.parametrize("kind", [STATUS, FILE], ids=str)
def test_a_change_survives_a_cut_connection_to_the_database(stage, workforce, kind):
    for number, step in enumerate(CUTS):
        workforce.forget_pace()
        mark = stage.mark()
        change = kind.make(stage, number)
        workforce.is_cut_off(step, kind.name)

        change.refresh_from_db()
        assert (change.state, stage.executed(kind.request, mark)) == (Change.State.DONE, 1), (
            step,
            change.status_message,
        )
    stage.check_mirror()


def test_a_sync_survives_a_cut_connection_to_the_database(stage, workforce):
    for step in SYNC_CUTS:
        workforce.forget_pace()
        stage.engine.person("Nora", "Falk", email=f"nora.{step}@marlstone.example")
        job = start(stage.org, SYNC, by=None)
        workforce.is_cut_off(step, "sync")

        job.refresh_from_db()
        assert (job.state, job.attempts) == (Job.State.DONE, 2), (step, job.outcome)
    stage.check_mirror()
