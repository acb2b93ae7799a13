"""A page's process that is killed while it records a change leaves all of it or nothing."""

import pytest

from qxportal.ledger.models import Change
from qxportal.security.models import Sealed
from tests.kills.stage import FILE, STATUS, Stage
from tests.worker_bodies import record_import

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def stage(connected):
    return Stage(connected)


@pytest.mark.parametrize(
    ("step", "recorded"), [("change.recording", 0), ("sealed.kept", 0), ("bell.ringing", 1), ("bell.rung", 1)]
)
def test_a_recording_is_whole_or_nothing(stage, workforce, step, recorded):
    person = stage.stranger(0)
    file = f"FirstName,LastName,Email\n{person.first_name},{person.last_name},{person.email}\n"

    workforce.dies_once(step, FILE.name, body="import_file", args=(stage.review.pk, stage.by.pk, file))

    assert (Change.objects.count(), Sealed.objects.count()) == (recorded, recorded)
    if not recorded:
        record_import(stage.review, stage.by, file)
    workforce.healthy()
    assert Change.objects.get().state == Change.State.DONE
    assert stage.executed("importPersons", 0) == 1
    stage.check_mirror()


@pytest.mark.parametrize("step", ["bell.ringing", "bell.rung"])
def test_a_sweeper_that_is_killed_leaves_the_ringing_to_the_next(stage, workforce, step):
    change = STATUS.make(stage, 0)
    workforce.forget_pace()
    workforce.dies_once(step, "sweep", body="look_around")

    workforce.healthy()

    change.refresh_from_db()
    assert (change.state, stage.executed("setSubjectStatus", 0)) == (Change.State.DONE, 1)


def test_a_decision_is_made_or_not(stage, workforce):
    change = STATUS.make(stage, 0)
    Change.objects.update(state=Change.State.PERSON)

    workforce.dies_once("change.deciding", STATUS.name, body="decide", args=(str(change.pk), stage.by.pk, "again"))

    change.refresh_from_db()
    assert (change.state, stage.org.audit.filter(verb="change.again").count()) == (Change.State.PERSON, 0)
    stage.decide(change, carried_out=False)
    workforce.healthy()
    change.refresh_from_db()
    assert (change.state, stage.executed("setSubjectStatus", 0)) == (Change.State.DONE, 1)
