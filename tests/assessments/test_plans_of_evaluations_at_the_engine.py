"""A leaver is replaced at a real engine, and the undo of the plan gives back who evaluated whom."""

import pytest

from assessments.leaving import leaver_rows, open_evaluations
from assessments.models import Evaluation
from assessments.plans_of_evaluations import plan_evaluations
from directory.models import Person
from qxportal.ledger.models import Change, Plan
from qxportal.ledger.plans.apply import apply_plan, undo_plan

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def standing(connected):
    connected.sync()
    rows = Evaluation.objects.filter(org=connected.org, gone_at=None).exclude(relationship="Self")
    return sorted(rows.values_list("subject_key", "evaluator_key", "relationship", "status"))


def carried_out(connected, plan):
    """Everything of the plan is sent to the engine."""
    apply_plan(plan, by=connected.admin, typed=plan.acting)
    for _attempt in range(20):
        if not Change.objects.filter(state__in=Change.OPEN).exists():
            break
        connected.send()
    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLIED
    return list(plan.lines.order_by("number").values_list("action", "state"))


def test_leaver_is_replaced_and_comes_back(connected):
    engine = connected.engine
    anna, ben, leaver, new, boss = engine.people(5)
    review = engine.assessment("Review")
    first, second = engine.subject(review, anna), engine.subject(review, ben)
    engine.evaluation(first, leaver, "Peer")
    engine.evaluation(first, boss, "Manager")
    engine.evaluation(second, leaver, "Manager")
    engine.evaluation(second, new, "Peer")
    before = standing(connected)
    person = Person.objects.get(org=connected.org, vendor_id=leaver.public_id)
    replacement = Person.objects.get(org=connected.org, vendor_id=new.public_id)

    rows = leaver_rows(open_evaluations(connected.admin, person), replacement=replacement, replaced=["Peer", "Manager"])
    plan = plan_evaluations(
        connected.org, rows, by=connected.admin, title="Leaves", source={"from": "rule", "person": person.pk}
    )
    done = carried_out(connected, plan)

    assert sorted(done) == [("add", "done"), ("remove", "done"), ("remove", "done"), ("skip", "")]
    after = standing(connected)
    assert leaver.public_id not in {row[1] for row in after}
    assert (anna.public_id, new.public_id, "Peer", "NotStarted") in after
    carried_out(connected, undo_plan(plan, by=connected.admin))
    assert standing(connected) == before
