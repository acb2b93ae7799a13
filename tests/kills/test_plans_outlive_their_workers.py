"""Plans whose page or worker is killed half-way are whole or nothing, and no line is carried out twice."""

import pytest

from assessments.plans_of_subjects import plan_subjects
from qxportal.ledger.models import Change, Plan, PlanLine
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
