"""A worker that is killed at any step of a change, once or each time anew, loses nothing and doubles nothing."""

import pytest

from qxportal.ledger.deaths import MOST
from qxportal.ledger.models import Change
from tests.kills.stage import FILE, KINDS, Kind, Stage

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

SENT = ["begun", "before-claim", "claimed", "answered", "mirrored", "settled"]
FAULTS = {  # what the vendor does, so that a worker comes by
    "change.put-off": "429",
    "change.unanswered": "500-after",
    "change.unclear": "500-after",
    "change.before-look": "500-after",
    "change.looked": "500-after",
    "change.not-found": "500-before",
}
STEPS = [*(f"change.{step}" for step in SENT), "call.sent", *FAULTS]


def steps_of(kind: Kind) -> list[str]:
    return [*STEPS, "sealed.forgotten"] if kind is FILE else STEPS


@pytest.fixture
def stage(connected):
    return Stage(connected)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_one_kill_at_any_step(stage, workforce, kind):
    for number, step in enumerate(steps_of(kind)):
        workforce.forget_pace()
        if step in FAULTS:
            stage.engine.fault(FAULTS[step], request=kind.request, seconds=0)
        mark = stage.mark()
        change = kind.make(stage, number)
        workforce.dies_once(step, kind.name)
        if step == "call.sent":
            stage.await_execution(kind.request, mark)
        workforce.healthy()
        change.refresh_from_db()
        if change.state == Change.State.PERSON:  # only where nobody else may say that it is sent again
            assert not kind.again and not stage.executed(kind.request, mark), step
            stage.decide(change, carried_out=False)
            workforce.healthy()
            change.refresh_from_db()

        assert (change.state, stage.executed(kind.request, mark)) == (Change.State.DONE, 1), (step, change.words)
        stage.check_mirror()


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_kill_at_a_step_each_time(stage, workforce, kind):
    for number, step in enumerate(steps_of(kind)):
        workforce.forget_pace()
        if step in FAULTS:
            stage.engine.fault(FAULTS[step], request=kind.request, times=None, seconds=0)
        mark = stage.mark()
        change = kind.make(stage, number)
        workforce.dies_always(step, kind.name)
        if step == "call.sent":
            stage.await_execution(kind.request, mark)
        change.refresh_from_db()
        executed, sent = stage.executed(kind.request, mark), stage.sent(kind.request, mark)

        assert change.state in (Change.State.DONE, Change.State.PERSON), step
        assert change.deaths <= MOST and change.attempts <= MOST, step
        assert executed <= 1 and sent <= (MOST if kind.again else 1), step
        if change.state == Change.State.PERSON:
            assert change.words, step
            stage.engine.clear_faults()
            workforce.forget_pace()
            stage.decide(change, carried_out=bool(executed))
        stage.engine.clear_faults()
        workforce.healthy()
        change.refresh_from_db()
        assert (change.state, stage.executed(kind.request, mark)) == (Change.State.DONE, 1), (step, change.words)
        stage.connected.sync()
        stage.check_mirror()
