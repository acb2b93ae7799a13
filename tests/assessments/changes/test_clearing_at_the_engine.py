"""An import that clears all relationships, from pasted cells to the engine and back."""

import pytest

from assessments.models import Evaluation, Subject
from qxportal.engine.models import Person as EnginePerson
from qxportal.ledger.models import Plan, PlanLine
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from tests.support.form_fields import fields_of
from tests.support.mirrored_rows import text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def evaluators(review):
    """Who evaluates, in which relationship and state."""
    there = Evaluation.objects.filter(assessment=review, gone_at=None, missing_since=None).exclude(relationship="Self")
    return set(there.values_list("evaluator_email", "relationship", "status"))


def test_what_goes_is_what_the_plan_shows_and_undo_brings_it_back(connected, scene):
    engine = connected.engine
    boss, going, named, new = engine.people(4)
    engine.run(EnginePerson.objects.filter(pk=going.pk).update, manager=boss, metadata={"ManagerEmail": boss.email})
    subject = engine.run(scene.participants.get, is_subject=True)
    engine.evaluation(subject, going, "Peer")
    engine.evaluation(subject, named, "Peer")
    connected.sync()
    review, about = connected.assessment(), Subject.objects.get(org=connected.org)
    answered = {one for one in evaluators(review) if one[2] != "NotStarted"}
    browser = signed_in(connected.admin.user)
    cells = (
        f"SubjectEmail\tEmail\tRelationship\n{about.email}\t{named.email}\tCustomer\n{about.email}\t{new.email}\tPeer\n"
    )

    page = browser.post(
        f"/o/{connected.org.slug}/assessments/{review.pk}/evaluations/import/", {"pasted": cells}, follow=True
    )
    page = browser.post(page.request["PATH_INFO"], {**fields_of(page), "clear_relationships": "on"}, follow=True)
    plan = Plan.objects.latest("made_at")
    assert sorted(plan.lines.values_list("action", flat=True)) == ["add", "add", "remove", "remove", "remove"], text(
        page
    )
    apply_plan(plan, by=connected.admin, typed=plan.acting)
    connected.send()
    connected.sync()

    assert set(plan.lines.values_list("state", flat=True)) == {PlanLine.State.DONE}
    assert evaluators(review) == answered | {
        (named.email, "Customer", "NotStarted"),
        (new.email, "Peer", "NotStarted"),
    }
    assert engine.refreshed(going).manager_id is None

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=connected.admin)
    apply_plan(undoing, by=connected.admin, typed=undoing.acting)
    connected.send()
    connected.sync()

    assert evaluators(review) == answered | {
        (going.email, "Peer", "NotStarted"),
        (named.email, "Peer", "NotStarted"),  # in the relationship before
    }
    assert engine.refreshed(going).manager_id == boss.pk
