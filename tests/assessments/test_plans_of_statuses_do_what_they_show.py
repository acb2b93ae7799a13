"""Random statuses against the engine: applying gives what the preview shows, undoing all that can be undone."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assessments.models import Assessment, Subject
from assessments.plans_of_statuses import plan_by_rule, plan_statuses
from qxportal.engine.models import Participant
from qxportal.ledger.models import Action, Change, Plan, PlanLine
from qxportal.ledger.plans.apply import PlanMoved, apply_plan, undo_plan
from tests.support.samples import thorough

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
SUBJECTS = 5
STATUS = st.sampled_from(("Done", "Waiting"))
NUMBERS = st.integers(0, SUBJECTS - 1)
# What each subject is at first, and how many peers have answered; a rule or chosen ones; what others do meanwhile.
ROSTERS = st.lists(st.tuples(STATUS, st.integers(0, 2)), min_size=SUBJECTS, max_size=SUBJECTS)
WANTED = st.one_of(
    st.tuples(STATUS, st.sets(NUMBERS, min_size=2)), st.tuples(st.just("rule"), st.sets(NUMBERS, max_size=1))
)
MEANWHILE = st.dictionaries(NUMBERS, st.sampled_from(("Done", "Waiting", "gone")), max_size=2)


def there(review):
    """The statuses at the engine."""
    rows = Participant.objects.filter(assessment=review, is_subject=True, removed_at=None)
    return dict(rows.values_list("person__public_id", "status"))


def mirrored(review):
    """The statuses as the mirror has them."""
    rows = Subject.objects.filter(assessment__vendor_id=review.public_id, gone_at=None)
    return dict(rows.values_list("vendor_id", "status"))


def previewed(before, plan):
    """What the plan's lines promise; each says rightly what is there now."""
    after = dict(before)
    for line in plan.lines.filter(action=Action.CHANGE):
        assert after[line.key] == line.old["status"]
        after[line.key] = line.new["status"]
    return after


def carried_out(connected, review, plan):
    """Apply what is shown and send all of it; both sides are then as was promised."""
    before = there(review)
    if plan.acting:
        with suppress(PlanMoved):  # the lines are others now: the member looks at the new preview, and applies that
            apply_plan(plan, by=connected.admin, typed=plan.acting)
        plan.refresh_from_db()
    if plan.acting and plan.state == Plan.State.READY:
        apply_plan(plan, by=connected.admin, typed=plan.acting)
    promised = previewed(before, plan)
    for _attempt in range(5):
        if not Change.objects.filter(state__in=Change.OPEN).exists():
            break
        connected.send()
    plan.refresh_from_db()
    assert set(plan.lines.exclude(state="").values_list("state", flat=True)) <= {PlanLine.State.DONE}
    assert there(review) == promised
    assert mirrored(review) == promised


@given(roster=ROSTERS, wanted=WANTED, meanwhile=MEANWHILE)
@settings(
    max_examples=3 if thorough() else 2,
    derandomize=True,
    phases=[Phase.generate],  # each example is read by syncs: making it smaller would take minutes
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_applying_gives_the_preview_and_undo_what_was_before(connected, roster, wanted, meanwhile):
    engine = connected.engine
    review = engine.assessment("Review", options={"SelfEvaluation": False})
    people = engine.people(SUBJECTS)
    subjects = [
        engine.subject(review, person, status=status) for person, (status, _n) in zip(people, roster, strict=True)
    ]
    for place, (_status, answered) in enumerate(roster):
        for step in range(1, answered + 1):
            engine.evaluation(subjects[place], people[(place + step) % SUBJECTS], "Peer", "Completed")
    connected.sync()
    mine = Assessment.objects.get(vendor_id=review.public_id)
    how, chosen = wanted
    if how == "rule":
        plan = plan_by_rule(mine, {"Peer": 1}, by=connected.admin)
    else:
        rows = Subject.objects.filter(assessment=mine, vendor_id__in=[people[one].public_id for one in chosen])
        plan = plan_statuses(mine, rows, by=connected.admin, status=how, source={"from": "selection"})

    for place, what in meanwhile.items():  # somebody else at the vendor, which syncs find
        row = Participant.objects.filter(pk=subjects[place].pk)
        if what == "gone":
            engine.run(subjects[place].evaluations.all().delete)
            engine.run(row.delete)
        else:
            engine.run(row.update, status=what)
    connected.sync()
    if "gone" in meanwhile.values():
        connected.sync()  # what lacks for the second time is gone
    before = there(review)
    carried_out(connected, review, plan)

    if plan.state == Plan.State.APPLIED:
        undo = undo_plan(plan, by=connected.admin)
        carried_out(connected, review, undo)
    assert there(review) == before
