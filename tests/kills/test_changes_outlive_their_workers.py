"""A worker that is killed at any step of a change, once or each time anew, loses nothing and doubles nothing."""

import uuid
from collections.abc import Mapping

import pytest

from assessments import commands, subject_commands
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.crash_guard import MOST
from tests.kills.fixtures import ADDITION, CREATION, FILE, KINDS, STATUS, Kind, ReviewFixture
from tests.support.samples import beyond, some

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

FAULTS = {  # what the vendor does, so that a worker comes by
    "change.put-off": "429",
    "change.unanswered": "500-after",
    "change.unclear": "500-after",
    "change.before-look": "500-after",
    "change.looked": "500-after",
    "change.not-found": "500-before",
}
STEPS = [
    "change.begun",
    "change.before-claim",
    "change.claimed",
    "call.sent",
    "change.answered",
    "change.mirrored",
    "change.settled",
    *FAULTS,
]


# What every run kills at: one kind that may be sent again, and one that may not; the thorough run all at all steps.
ONCE = {STATUS: ["change.claimed", "call.sent", "change.answered"], CREATION: ["call.sent", "change.unclear"]}
EACH_TIME = {STATUS: ["change.answered", "change.not-found"]}


def steps_of(kind: Kind, sampled: Mapping[Kind, list[str]]) -> list[str]:
    """The steps to kill at: those of the sample, or every one."""
    steps = [*STEPS, "sealed.forgotten"] if kind is FILE else STEPS
    return some(steps, *sampled.get(kind, steps))


@pytest.fixture
def fixture(connected):
    return ReviewFixture(connected)


@pytest.mark.parametrize("kind", beyond(KINDS, sampled=ONCE), ids=str)
def test_one_kill_at_any_step(fixture, workforce, kind):
    workforce.body = "send"
    for number, step in enumerate(steps_of(kind, ONCE)):
        workforce.forget_rate_limit()
        if step in FAULTS:
            fixture.engine.fault(FAULTS[step], request=kind.request, seconds=0)
        mark = fixture.mark()
        change = kind.make(fixture, number)
        workforce.dies_once(step, kind.name)
        if step == "call.sent":
            fixture.await_execution(kind.request, mark)
        workforce.healthy()
        change.refresh_from_db()
        if change.state == Change.State.PERSON:  # only where nobody else may say that it is sent again
            assert not kind.again and not fixture.executed(kind.request, mark), step
            fixture.decide(change, carried_out=False)
            workforce.healthy()
            change.refresh_from_db()

        assert (change.state, fixture.executed(kind.request, mark)) == (Change.State.DONE, 1), (
            step,
            change.status_message,
        )
    workforce.body = "work"
    workforce.healthy()
    fixture.check_mirror()


@pytest.mark.parametrize("kind", beyond(KINDS, sampled=EACH_TIME), ids=str)
def test_a_kill_at_a_step_each_time(fixture, workforce, kind):
    workforce.body = "send"
    for number, step in enumerate(steps_of(kind, EACH_TIME)):
        workforce.forget_rate_limit()
        if step in FAULTS:
            fixture.engine.fault(FAULTS[step], request=kind.request, times=None, seconds=0)
        mark = fixture.mark()
        change = kind.make(fixture, number)
        if kind is not STATUS:  # of which every death is died; for the others three of the five are taken as died
            Change.objects.filter(pk=change.pk).update(crash_count=MOST - 2)
        workforce.dies_always(step, kind.name)
        if step == "call.sent":
            fixture.await_execution(kind.request, mark)
        change.refresh_from_db()
        executed, sent = fixture.executed(kind.request, mark), fixture.sent(kind.request, mark)

        assert change.state in (Change.State.DONE, Change.State.PERSON), step
        assert change.crash_count <= MOST and change.attempts <= MOST, step
        again = kind.again or step == "change.put-off"  # where the vendor said that it did nothing
        assert executed <= 1 and sent <= (MOST if again else 1), step
        if change.state == Change.State.PERSON:
            assert change.status_message, step
            fixture.engine.clear_faults()
            workforce.forget_rate_limit()
            fixture.decide(change, carried_out=bool(executed))
            workforce.healthy()
        fixture.engine.clear_faults()
        change.refresh_from_db()
        assert (change.state, fixture.executed(kind.request, mark)) == (Change.State.DONE, 1), (
            step,
            change.status_message,
        )
    workforce.body = "work"
    workforce.healthy()
    fixture.connected.sync()
    fixture.check_mirror()


def test_what_ends_its_workers_holds_up_nobody_else(fixture, workforce):
    fixture.engine.fault("500-before", request="addPerson", times=None)
    other = fixture.engine.assessment("Project review")
    fixture.engine.subject(other, fixture.engine.person("Nora", "Falk"))
    fixture.connected.sync()
    poison = ADDITION.make(fixture, 0)
    subject = fixture.connected.subject(assessment__name="Project review")
    innocent = subject_commands.set_subject_status(subject, by=fixture.by, status="Done", close_sessions=False)

    assert workforce.dies_always("change.not-found", "N addition beside others") == MOST

    poison.refresh_from_db()
    innocent.refresh_from_db()
    assert (poison.state, innocent.state) == (Change.State.PERSON, Change.State.DONE)
    assert str(poison.status_message).startswith("The worker crashed 5 times ")


@pytest.mark.thorough
def test_of_a_refusal_a_kill_loses_nothing(fixture, workforce):
    for step in ("change.dependants-refused", "change.refused"):
        for variant in (workforce.dies_once, workforce.dies_always):
            workforce.forget_rate_limit()
            change = commands.create_assessment(
                fixture.org,
                by=fixture.by,
                intent=uuid.uuid4(),
                name="Autumn round",
                type="360",
                survey_id="SV_nobodyhasthis01",
                relationships=[],
                workflow_options={},
                people=[fixture.stranger(0)],
            )
            variant(step, "C refused creation")
            change.refresh_from_db()
            if change.state == Change.State.PERSON:
                fixture.decide(change, carried_out=False)
            workforce.healthy()

            change.refresh_from_db()
            if change.state == Change.State.PERSON:  # whether it was refused died with its worker
                fixture.decide(change, carried_out=False)
                workforce.healthy()
                change.refresh_from_db()
            assert change.state == Change.State.REFUSED, (step, change.status_message)
            assert [one.state for one in change.dependants.all()] == [Change.State.REFUSED]
    assert fixture.executed("createAssessment", 0) == 0
