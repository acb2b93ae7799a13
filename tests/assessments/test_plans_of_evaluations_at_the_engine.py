"""A leaver is replaced at a real engine, and the undo of the plan gives back who evaluated whom."""

import pytest

from assessments.leaving import leaver_rows, open_evaluations
from assessments.models import Evaluation
from assessments.plans_of_evaluations import plan_evaluations
from directory.models import Person
from qxportal.ledger.models import Change, Plan
from qxportal.ledger.plans.apply import apply_plan, retry_plan, undo_plan

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def standing(connected):
    connected.sync()
    rows = Evaluation.objects.filter(org=connected.org, gone_at=None).exclude(relationship="Self")
    return sorted(rows.values_list("subject_key", "evaluator_key", "relationship", "status"))


def carried_out(connected, plan):
    """Everything of the plan is sent to the engine."""
    apply_plan(plan, by=connected.admin, typed=plan.acting)
    return sent(connected, plan)


def sent(connected, plan):
    for _attempt in range(20):
        if not Change.objects.filter(state__in=Change.OPEN).exists():
            break
        connected.send()
    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLIED
    return list(plan.lines.order_by("number").values_list("action", "state"))


def test_leaver_stays_where_the_server_refuses_the_replacement(connected):
    engine = connected.engine
    anna, leaver, new = engine.people(3)
    review = engine.assessment("Review")
    subject = engine.subject(review, anna)
    engine.evaluation(subject, leaver, "Peer")
    before = standing(connected)
    person = Person.objects.get(org=connected.org, vendor_id=leaver.public_id)
    replacement = Person.objects.get(org=connected.org, vendor_id=new.public_id)
    rows = leaver_rows(open_evaluations(connected.admin, person), replacement=replacement, replaced=["Peer"])
    plan = plan_evaluations(connected.org, rows, by=connected.admin, title="Leaves", source={"from": "rule"})
    engine.run(type(subject).objects.filter(pk=subject.pk).update, status="Done")  # after the preview, at the vendor

    done = carried_out(connected, plan)

    assert done == [("add", "failed"), ("remove", "not-sent")]
    assert "did not go through" in str(plan.lines.get(action="remove").outcome)
    assert not engine.calls("qxRemoveEvaluator")
    assert standing(connected) == before
    assert undo_plan(plan, by=connected.admin).acting == 0
    engine.run(type(subject).objects.filter(pk=subject.pk).update, status="Waiting")
    standing(connected)
    retry_plan(plan, by=connected.admin)
    assert sent(connected, plan) == [("add", "done"), ("remove", "done")]
    assert standing(connected) == [(anna.public_id, new.public_id, "Peer", "NotStarted")]


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
