"""A page's process that is killed while it records a change leaves all of it or nothing."""

import pytest

from qxportal.ledger.models import Change
from qxportal.security.models import Sealed
from tests.kills.fixtures import FILE, STATUS, ReviewFixture
from tests.support.forked_targets import record_import
from tests.support.samples import beyond

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def fixture(connected):
    return ReviewFixture(connected, subjects=2, people=4)


@pytest.mark.parametrize(
    ("step", "recorded"),
    [
        pytest.param("change.recording", 0, marks=pytest.mark.thorough),
        ("sealed.kept", 0),
        ("wakeup.sending", 1),
        pytest.param("wakeup.sent", 1, marks=pytest.mark.thorough),
    ],
)
def test_a_recording_is_whole_or_nothing(fixture, workforce, step, recorded):
    person = fixture.stranger(0)
    file = f"FirstName,LastName,Email\n{person.first_name},{person.last_name},{person.email}\n"

    workforce.dies_once(step, FILE.name, body="import_file", args=(fixture.review.pk, fixture.by.pk, file))

    assert (Change.objects.count(), Sealed.objects.count()) == (recorded, recorded)
    if not recorded:
        record_import(fixture.review, fixture.by, file)
    workforce.healthy()
    assert Change.objects.get().state == Change.State.DONE
    assert fixture.executed("importPersons", 0) == 1
    fixture.check_mirror()


@pytest.mark.parametrize("step", beyond(["wakeup.sending", "wakeup.sent"], sampled=["wakeup.sent"]))
def test_a_sweeper_that_is_killed_leaves_the_ringing_to_the_next(fixture, workforce, step):
    change = STATUS.make(fixture, 0)
    workforce.forget_rate_limit()
    workforce.dies_once(step, "sweep", body="look_around")

    workforce.healthy()

    change.refresh_from_db()
    assert (change.state, fixture.executed("setSubjectStatus", 0)) == (Change.State.DONE, 1)


def test_a_decision_is_made_or_not(fixture, workforce):
    change = STATUS.make(fixture, 0)
    Change.objects.update(state=Change.State.PERSON)

    workforce.dies_once("change.deciding", STATUS.name, body="decide", args=(str(change.pk), fixture.by.pk, "again"))

    change.refresh_from_db()
    assert (change.state, fixture.org.audit.filter(verb="change.again").count()) == (Change.State.PERSON, 0)
    fixture.decide(change, carried_out=False)
    workforce.healthy()
    change.refresh_from_db()
    assert (change.state, fixture.executed("setSubjectStatus", 0)) == (Change.State.DONE, 1)
