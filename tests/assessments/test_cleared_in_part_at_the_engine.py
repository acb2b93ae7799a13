"""A real engine takes some rows of an import that clears relationships; who is missing is asked again."""

import pytest

from assessments.cleared_in_part import cleared_in_part, plan_missing
from assessments.models import Assessment
from tests.assessments.imports_of_evaluators.rows import plan_of
from tests.assessments.test_plans_of_evaluations_at_the_engine import carried_out, standing

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def test_who_is_missing_is_asked_again(connected):
    engine, admin = connected.engine, connected.admin
    anna, ben, first, second = engine.people(4)
    made = engine.assessment("Review")
    other, subject = (engine.subject(made, person) for person in (anna, ben))
    pairs = ((anna, first), (ben, second))
    engine.evaluation(other, first, "Peer")
    engine.evaluation(subject, second, "Peer")
    before = standing(connected)
    review = Assessment.objects.select_related("org").get(org=connected.org)
    rows = [{"subject_email": one.email, "email": rater.email, "relationship": "Peer"} for one, rater in pairs]
    plan = plan_of(review, admin, *rows, clear_relationships=True)
    engine.run(type(subject).objects.filter(pk=subject.pk).update, status="Done")  # after the preview, at the vendor

    carried_out(connected, plan)
    connected.sync()
    found = cleared_in_part(admin, plan)

    assert found is not None and not found.unread
    [missing] = found.missing
    assert missing.before and "is Done" in str(missing.line.outcome)
    assert missing.line.about == ben.public_id
    engine.run(type(subject).objects.filter(pk=subject.pk).update, status="Waiting")
    standing(connected)
    carried_out(connected, plan_missing(plan, by=admin))
    assert standing(connected) == before
    assert cleared_in_part(admin, plan) is None
