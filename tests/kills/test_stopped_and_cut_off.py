"""A worker that is stopped in the middle of a step stays alone with it; one that the database cuts off begins again."""

import signal

import pytest

from directory.job_kinds import SYNC
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from tests.kills.fixtures import CREATION, FILE, STATUS, ReviewFixture
from tests.support.prefork import STOPPED
from tests.support.samples import beyond, some

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
def fixture(connected):
    return ReviewFixture(connected)


@pytest.mark.parametrize("kind", beyond([STATUS, CREATION], sampled=[STATUS]), ids=str)
def test_a_stopped_worker_keeps_others_from_sending(fixture, workforce, kind):
    for number, step in enumerate(some(WINDOW, "call.sent")):
        workforce.forget_rate_limit()
        mark = fixture.mark()
        change = kind.make(fixture, number)
        stopped = workforce.fork_server.begin("send", QXP_FAILPOINT=f"{step}:stop")
        assert stopped.wait() == STOPPED, f"{kind} did not come by {step}"
        workforce.note("stopped", f"{step} · {kind}")
        state = Change.objects.get(pk=change.pk).state
        for _ in range(2):
            assert workforce.run("work_a_while") == 0

        assert Change.objects.get(pk=change.pk).state == state
        stopped.send(signal.SIGCONT)
        assert stopped.wait() == 0, workforce.log()
        change.refresh_from_db()
        assert (change.state, fixture.executed(kind.request, mark)) == (Change.State.DONE, 1), step
    workforce.healthy()
    fixture.check_mirror()


@pytest.mark.parametrize("kind", beyond([STATUS, FILE], sampled=[STATUS]), ids=str)
def test_a_change_survives_a_cut_connection_to_the_database(fixture, workforce, kind):
    workforce.body = "send"
    for number, step in enumerate(some(CUTS, "change.claimed", "change.answered")):
        workforce.forget_rate_limit()
        mark = fixture.mark()
        change = kind.make(fixture, number)
        workforce.is_cut_off(step, kind.name)

        change.refresh_from_db()
        assert (change.state, fixture.executed(kind.request, mark)) == (Change.State.DONE, 1), (
            step,
            change.status_message,
        )
    workforce.body = "work"
    workforce.healthy()
    fixture.check_mirror()


def test_a_sync_survives_a_cut_connection_to_the_database(connected, workforce):
    fixture = ReviewFixture(connected, subjects=4, people=10)  # a sync reads all of them each time
    for step in some(SYNC_CUTS, "job.claimed", "sync.page-merged"):
        workforce.forget_rate_limit()
        fixture.engine.person("Nora", "Falk", email=f"nora.{step}@marlstone.example")
        job = start(fixture.org, SYNC, by=None)
        workforce.is_cut_off(step, "sync")

        job.refresh_from_db()
        assert (job.state, job.attempts) == (Job.State.DONE, 2), (step, job.outcome)
    fixture.check_mirror()
