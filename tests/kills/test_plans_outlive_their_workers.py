"""Plans whose page or worker is killed half-way are whole or nothing, and no line is carried out twice."""

from datetime import time, timedelta

import pytest
from django.utils import timezone

from assessments.models import Evaluation, Timetable, TimetableRun
from assessments.plans_of_subjects import plan_subjects
from assessments.timetables import save_timetable
from directory.models import Person
from qxportal.ledger.jobs.scheduling import requeue_abandoned
from qxportal.ledger.models import Change, Plan, PlanLine
from qxportal.ledger.plans import apply, make
from qxportal.ledger.plans.sources import SourceRow
from tests.kills.fixtures import ReviewFixture
from tests.support import bulk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def test_a_plan_survives_kills_at_every_step(connected, workforce):
    fixture = ReviewFixture(connected)
    people = [fixture.stranger(number) for number in range(4)]
    keys = ",".join(str(person.pk) for person in people)

    workforce.dies_once("plan.prepared", "plan", body="plan_subjects", args=(fixture.review.pk, fixture.by.pk, keys))
    assert not Plan.objects.exists()

    plan = plan_subjects(fixture.review, people, by=fixture.by, source={"from": "selection"})
    workforce.dies_once("plan.recorded", "plan", body="apply_plan", args=(str(plan.pk), fixture.by.pk))
    plan.refresh_from_db()
    assert (plan.state, Change.objects.count()) == (Plan.State.READY, 0)

    mark = fixture.mark()
    bulk.applied(plan, by=fixture.by)
    workforce.forget_rate_limit()
    workforce.dies_once("change.answered", "plan", turn=2)
    workforce.healthy()

    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLIED
    assert set(plan.lines.values_list("state", flat=True)) == {PlanLine.State.DONE}
    assert fixture.executed("addPerson", mark) == len(people)
    fixture.check_mirror()


@pytest.mark.thorough
def test_a_large_file_survives_kills_while_it_is_prepared_recorded_and_sent(connected, workforce, monkeypatch):
    monkeypatch.setattr(make, "INLINE", 2)  # the workers prepare and record it, as 2,000 lines
    monkeypatch.setattr(apply, "INLINE", 2)
    [known] = connected.engine.people(1)
    connected.sync()
    addresses = [f"nia.{number}@list.example" for number in range(6)]
    rows = [{"email": address, "first_name": "Nia", "last_name": "New"} for address in addresses]
    rows += [{"email": known.email, "metadata:Department": "Metrology"}]
    rows += [{"email": "out@list.example", "first_name": "Olu", "last_name": "Out", "external": "yes"}]
    numbered = (SourceRow(number, row) for number, row in enumerate(rows, 2))
    plan = make.make_plan(
        connected.org, "people", numbered, by=connected.admin, title="List", source={"from": "file", "name": "list.csv"}
    )

    workforce.dies_once("plan.prepared", "large plan")
    assert not plan.lines.exists()
    workforce.healthy()
    plan.refresh_from_db()
    assert (plan.state, plan.acting, plan.counts["requests"]) == (Plan.State.READY, 8, 3)

    apply.apply_plan(plan, by=connected.admin, typed=8)
    workforce.dies_once("plan.recorded", "large plan")
    plan.refresh_from_db()
    assert (plan.state, Change.objects.count()) == (Plan.State.APPLYING, 0)
    workforce.dies_once("change.answered", "large plan")
    workforce.healthy()

    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLIED
    assert set(plan.lines.values_list("state", flat=True)) == {PlanLine.State.DONE}
    writes = [call.request for call in connected.engine.writes(executed=True)]
    assert sorted(writes) == ["createPerson", "importPersons", "updatePerson"]  # what was announced, each once
    connected.sync()
    there = list(Person.objects.filter(org=connected.org, gone_at=None).values_list("email", flat=True))
    assert sorted(there) == sorted([*addresses, known.email, "out@list.example"])


@pytest.mark.thorough
def test_a_timetable_makes_and_applies_one_plan(connected, workforce):
    fixture = ReviewFixture(connected)
    subject, now = fixture.subject(0), timezone.now()
    Evaluation.objects.create(
        org=fixture.org,
        assessment=fixture.review,
        subject=subject,
        vendor_id="self",
        subject_key=subject.vendor_id,
        evaluator_key=subject.vendor_id,
        relationship="Self",
        status="Completed",
        seen_at=now,
    )
    tomorrow = now.date() + timedelta(days=1)
    values = {"rule": {"Self": 1}, "first_on": tomorrow, "last_on": tomorrow, "at": time(9), "hold_hours": 0}
    save_timetable(fixture.review, values, by=fixture.by)
    Timetable.objects.update(next_run_at=now)

    workforce.dies_once("plan.prepared", "timetable", body="run_timetable")
    assert (Plan.objects.count(), TimetableRun.objects.count()) == (0, 0)
    requeue_abandoned()
    workforce.dies_once("plan.recorded", "timetable", body="run_timetable")
    assert (TimetableRun.objects.get().state, Change.objects.count()) == ("held", 0)
    requeue_abandoned()
    workforce.run("run_timetable")

    assert (TimetableRun.objects.get().state, Plan.objects.count(), Change.objects.count()) == ("applied", 1, 1)
