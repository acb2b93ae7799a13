"""Random lists of people against the engine: applying gives what the preview shows, undoing what was before."""

from contextlib import suppress
from random import Random
from typing import Any

import pytest

from assessments import sync
from directory.models import Person
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Action, Job, Plan, PlanLine
from qxportal.ledger.outbox.humanize import OF_METADATA
from qxportal.ledger.plans.apply import PlanMoved, apply_plan, undo_plan
from qxportal.ledger.plans.make import make_plan, validate_again
from qxportal.ledger.plans.sources import CLEAR, SourceRow, Value

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
FIELDS = ("first_name", "last_name", "metadata:Department", "metadata:Grade")


def state(org):
    """What the mirror has of everybody in the directory, by address."""
    return {
        person.email: {
            "first_name": person.first_name,
            "last_name": person.last_name,
            **{f"{OF_METADATA}{name}": value for name, value in person.metadata.items()},
        }
        for person in Person.objects.filter(org=org, gone_at=None)
    }


def previewed(before, plan):
    """The state that the plan's lines promise."""
    after = {email: dict(values) for email, values in before.items()}
    emails = dict(Person.objects.filter(org=plan.org).values_list("vendor_id", "email"))
    for line in plan.lines.exclude(state=""):
        if line.action == Action.ADD:
            after[line.new["email"]] = {name: value for name, value in line.new.items() if name != "email"}
        elif line.action == Action.REMOVE:
            del after[emails[line.key]]
        else:
            there = after[emails[line.key]]
            there |= {name: value for name, value in line.new.items() if value}
            for name, value in line.new.items():
                if not value:
                    there.pop(name, None)
    return after


def rows_of(chance: Random, people: list[Any]) -> list[SourceRow]:
    rows: list[SourceRow] = []
    for number in range(2, 14):
        row: dict[str, Value]
        if chance.random() < 0.3:
            row = {"email": f"new{number}@list.example", "first_name": f"New{number}", "last_name": "Person"}
        else:
            row = {"email": chance.choice(people).email}
        for name in chance.sample(FIELDS, chance.randint(0, 3)):
            metadata = name.startswith(OF_METADATA)
            row.setdefault(name, CLEAR if metadata and chance.random() < 0.3 else f"{name[-3:]}{chance.randint(1, 3)}")
        rows.append(SourceRow(number, row))
    return rows


def settle(connected):
    """Send what is due, and read the directory again."""
    connected.send()
    for job in Job.objects.filter(state=Job.State.WAITING, kind="sync"):
        run(job.pk, sync.sync_organisation)
    connected.sync()


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_applying_gives_the_preview_and_undo_what_was_before(connected, seed):
    chance = Random(seed)
    people = connected.engine.people(8)
    connected.engine.assessment("Review")
    connected.sync()
    before = state(connected.org)
    rows = rows_of(chance, people)
    plan = make_plan(connected.org, "people", rows, by=connected.admin, title="List", source={"from": "file"})

    elsewhere = chance.choice(people)  # somebody changes this person at the vendor, and a sync finds it
    connected.engine.run(type(elsewhere).objects.filter(pk=elsewhere.pk).update, metadata={"Department": "Elsewhere"})
    connected.sync()
    meanwhile = state(connected.org)
    with suppress(PlanMoved):  # the lines are others now: the member looks at the new preview, and applies that
        apply_plan(plan, by=connected.admin, typed=plan.acting)
    plan.refresh_from_db()
    apply_plan(plan, by=connected.admin, typed=plan.acting)
    promised = previewed(meanwhile, plan)
    settle(connected)
    plan.refresh_from_db()

    assert plan.state == Plan.State.APPLIED
    assert set(plan.lines.exclude(state="").values_list("state", flat=True)) == {PlanLine.State.DONE}
    assert state(connected.org) == promised
    undoing = undo_plan(plan, by=connected.admin)
    validate_again(undoing, by=connected.admin)
    undoing.refresh_from_db()
    assert not undoing.counts.get(Action.REFUSE)
    apply_plan(undoing, by=connected.admin, typed=undoing.acting)
    settle(connected)
    assert state(connected.org) == meanwhile
    assert set(before) == set(meanwhile)
