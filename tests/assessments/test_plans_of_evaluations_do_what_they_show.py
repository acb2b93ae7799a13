"""Random evaluators against the engine: applying gives what the preview shows, undoing what was before."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assessments.evaluation_lines import ADD, CHANGE, REMOVE, Wanted
from assessments.models import Evaluation
from assessments.plans_of_evaluations import plan_evaluations
from qxportal.ledger.models import Action, Change, Plan, PlanLine
from qxportal.ledger.plans.apply import PlanMoved, apply_plan, undo_plan
from tests.support.samples import thorough

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
NAMES = ("Manager", "Peer", "DirectReport")
SUBJECTS, PEOPLE = 2, 7  # the last two people have the same name, and addresses that differ in an accent
PAIRS = st.tuples(st.integers(0, SUBJECTS - 1), st.integers(0, PEOPLE - 1)).filter(lambda pair: pair[0] != pair[1])
ROSTERS = st.dictionaries(PAIRS, st.sampled_from(NAMES), max_size=8)
ROWS = st.lists(
    st.tuples(st.sampled_from((ADD, CHANGE, REMOVE)), PAIRS, st.sampled_from(NAMES)),
    min_size=4,
    max_size=10,
)
MEANWHILE = st.dictionaries(PAIRS, st.none() | st.sampled_from(NAMES), max_size=2)


def standing(review):
    """Who evaluates whom as what, as the mirror has it."""
    rows = Evaluation.objects.filter(assessment__vendor_id=review, gone_at=None).exclude(relationship="Self")
    return {
        (subject, who): name for subject, who, name in rows.values_list("subject_key", "evaluator_key", "relationship")
    }


def previewed(before, plan):
    """What the plan's lines promise."""
    after = dict(before)
    for line in plan.lines.exclude(state=""):
        pair = (line.data["subject"], line.data["evaluator"])
        if line.action == Action.REMOVE:
            assert after.pop(pair) == line.old["relationship"]
        else:
            assert after.get(pair) == line.old.get("relationship")
            after[pair] = line.new["relationship"]
    return after


def carried_out(connected, plan):
    """Apply what is shown, send all of it, and read what came of it."""
    if not plan.acting:
        return
    with suppress(PlanMoved):  # the lines are others now: the member looks at the new preview, and applies that
        apply_plan(plan, by=connected.admin, typed=plan.acting)
    plan.refresh_from_db()
    if not plan.acting:
        return
    apply_plan(plan, by=connected.admin, typed=plan.acting)
    promised = previewed(standing(plan.options["assessments"][0]), plan)
    for _attempt in range(20):
        if not Change.objects.filter(state__in=Change.OPEN).exists():
            break
        connected.send()
    plan.refresh_from_db()
    assert plan.state == Plan.State.APPLIED
    assert set(plan.lines.exclude(state="").values_list("state", flat=True)) == {PlanLine.State.DONE}
    connected.sync()
    assert standing(plan.options["assessments"][0]) == promised


@pytest.fixture
def crew(connected):
    made = connected.engine.people(PEOPLE)
    twin, other = made[-2:]
    address = f"é{twin.email}"
    connected.engine.run(
        type(other).objects.filter(pk=other.pk).update,
        first_name=twin.first_name,
        last_name=twin.last_name,
        email=address,
    )
    return made


@given(roster=ROSTERS, rows=ROWS, meanwhile=MEANWHILE)
@settings(
    max_examples=3 if thorough() else 2,
    derandomize=True,
    phases=[Phase.generate],  # each example is read by two syncs: making it smaller would take minutes
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_applying_gives_the_preview_and_undo_what_was_before(connected, crew, roster, rows, meanwhile):
    engine = connected.engine
    review = engine.assessment("Review", options={"SelfEvaluation": False})
    subjects = [engine.subject(review, person) for person in crew[:SUBJECTS]]
    given_by = {pair: engine.evaluation(subjects[pair[0]], crew[pair[1]], name) for pair, name in roster.items()}
    connected.sync()
    ids = [person.public_id for person in crew]
    wanted: list[Wanted] = []
    for do, (one, who), name in rows:
        row = Wanted(do, review.public_id, ids[one], ids[who], name)
        last = wanted[-1] if wanted else row
        if do == REMOVE and last.do == ADD and last.subject == row.subject:
            row = replace(row, instead=last.evaluator)
        wanted.append(row)
    plan = plan_evaluations(connected.org, wanted, by=connected.admin, title="List", source={"from": "selection"})

    for pair, name in meanwhile.items():  # somebody else at the vendor, which a sync finds
        there = given_by.get(pair)
        if there is None and name:
            engine.evaluation(subjects[pair[0]], crew[pair[1]], name)
        elif there is not None and name:
            engine.run(type(there).objects.filter(pk=there.pk).update, relationship=name)
        elif there is not None:
            engine.run(there.delete)
    connected.sync()
    connected.sync()  # what lacks for the second time is gone
    before = standing(review.public_id)
    carried_out(connected, plan)

    if plan.state == Plan.State.APPLIED:
        carried_out(connected, undo_plan(plan, by=connected.admin))
    assert standing(review.public_id) == before
