"""An assessment whose dates can be set, and let come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.models import Evaluation, Participant, Person, Schedule
from qxportal.engine.schedules import timetable
from qxportal.engine.schedules.timetable import Done
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine

SWITCHES = {"CloseSessions": 1, "DeleteMailings": 1, "ReadyReports": 1}
WRONG_STATE = (400, "ETS3")


def at(**ahead: float) -> datetime:
    """A time from now, to the second."""
    return (timezone.now() + timedelta(**ahead)).replace(microsecond=0)


def sent(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Round:
    """An assessment with one subject and two raters."""

    def __init__(self, engine: Engine, call: Caller, status: str = "Active") -> None:
        self.engine, self.call = engine, call
        self.review = engine.assessment("Leaders", status=status)
        self.mara, self.ben, self.cleo = engine.people(3)
        self.subject = engine.subject(self.review, self.mara)
        self.forms = [self.form(person) for person in (self.ben, self.cleo)]
        self.which = {"ThreeSixtyID": self.review.public_id}

    def form(self, person: Person, status: str = "NotStarted") -> Evaluation:
        self.engine.run(
            Participant.objects.get_or_create, assessment=self.review, person=person, defaults={"is_subject": False}
        )
        return self.engine.evaluation(self.subject, person, "Peer", status)

    def set(self, **dates: Any) -> None:
        given = {name: sent(value) if isinstance(value, datetime) else value for name, value in dates.items()}
        self.call.result("qxSetSchedule", **{**self.which, **SWITCHES, **given})

    def extend(self, person: Person, until: datetime | None) -> None:
        given = {"Until": sent(until)} if until else {}
        self.call.result("qxSetExtension", **self.which, PersonID=person.public_id, **given)

    def told(self) -> dict[str, Any]:
        (found,) = self.call.result("qxGetSchedule", **self.which)["Schedules"]
        return dict(found)

    def run(self, now: datetime) -> Done:
        return self.engine.run(timetable.run_due, now)

    def past(self, **dates: Any) -> None:
        """Let the schedule's dates have come, as if time had passed."""
        self.engine.run(Schedule.objects.filter(assessment=self.review).update, **dates)

    def status(self) -> str:
        return str(self.engine.refreshed(self.review).status)

    def can_answer(self, form: Evaluation) -> bool:
        return bool(self.engine.run(lambda: answering.open_evaluations().filter(pk=form.pk).exists()))


@pytest.fixture
@built_once
def round(engine: Engine, call: Caller) -> Round:
    return Round(engine, call)
