"""Imports of people that also bring finished forms up to date: their lines, their requests and what undo leaves."""

from typing import Any

import pytest

from assessments.finished_forms import import_of, parse_import
from directory.imports.people import PeopleOptions
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Plan, PlanLine
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.csv import read_rows
from qxportal.threesixty.records import IgnoredRow, ImportOutcome
from tests.support.mirrored_rows import browser, credential, organisation, people

FILE = {"from": "file", "name": "people.csv"}
COLUMNS = {0: "email", 1: "metadata:Department"}


@pytest.fixture
def org(db, key_ring):
    made = organisation()
    credential(made)
    return made


@pytest.fixture
def by(org):
    browser(org, Role.EDITOR)
    return Member.objects.get(org=org)


@pytest.fixture
def staff(org):
    made = people(org, 2)
    Person.objects.filter(org=org).update(metadata={"Department": "Sales"})
    return made


def plan_of(org, by, *rows, **options):
    numbered = [SourceRow(number, row) for number, row in enumerate(rows, 2)]
    return make_plan(org, "people", numbered, by=by, title="Import", source=FILE, options=options)


def moved(person, department="Export", **more):
    return {"email": person.email, "metadata:Department": department, **more}


def test_changed_details_are_a_line_more(org, by, staff):
    plan = plan_of(org, by, moved(staff[0]), moved(staff[1], "Sales", last_name="Other"), update_responses=True)

    lines = [(line.action, line.key, line.undoable) for line in plan.lines.order_by("number")]
    assert lines == [
        ("change", staff[0].vendor_id, "yes"),
        ("change", f"forms:{staff[0].vendor_id}", "no"),
        ("change", staff[1].vendor_id, "yes"),
    ]
    assert plan_of(org, by, moved(staff[0])).acting == 1


def test_one_import_follows_the_changes(org, by, staff):
    plan = plan_of(org, by, moved(staff[0], last_name="Other"), moved(staff[1]), update_responses=True)
    with pytest.raises(ActionRefused, match="Type 4"):
        apply_plan(plan, by=by, typed=None)

    apply_plan(plan, by=by, typed=4)

    first, second, last = _in_order(plan)
    assert {first.request, second.request} == {"updatePerson"}
    assert (last.request, last.parameters["update_responses"]) == ("importPersons", True)
    assert not last.parameters["clear_relationships"]
    assert not last.parameters["clean_import"]


def _in_order(plan):
    changes: dict[Any, Any] = {}
    for line in plan.lines.select_related("change").order_by("number"):
        changes.setdefault(line.change_id, line.change)
    return sorted(changes.values(), key=lambda change: change.request == "importPersons")


def test_forms_stay_where_the_own_change_was_discarded(org, by, staff):
    plan = plan_of(org, by, moved(staff[0]), moved(staff[1]), update_responses=True)
    apply_plan(plan, by=by, typed=4)
    first, second, forms = _in_order(plan)
    transition(first, Change.State.REFUSED, status_message="Discarded.")
    transition(second, Change.State.DONE)

    sent = read_rows(import_of(forms).file_contents.encode())
    parsed = parse_import(forms, ImportOutcome(count=1))
    transition(forms, Change.State.DONE, result=dict(parsed.result), attention_message=parsed.attention_message)

    assert [row[0] for row in sent] == ["UniqueIdentifier", staff[1].vendor_id]
    lines = {line.key: (line.state, str(line.outcome)) for line in plan.lines.all()}
    assert lines[f"forms:{staff[1].vendor_id}"] == ("done", "")
    state, outcome = lines[f"forms:{staff[0].vendor_id}"]
    assert state == "failed"
    assert "did not go through" in outcome


def test_rows_not_taken_are_told_by_their_own_lines(org, by, staff):
    plan = plan_of(org, by, moved(staff[0]), moved(staff[1]), update_responses=True)
    apply_plan(plan, by=by, typed=4)
    first, second, forms = _in_order(plan)
    transition(first, Change.State.REFUSED)
    transition(second, Change.State.DONE)

    answer = ImportOutcome(count=0, ignored_count=1, ignored=(IgnoredRow(row=2, reason="Unknown person"),))

    told: dict[str, Any] = dict(parse_import(forms, answer).result)
    assert [row["row"] for row in told["ignored"]] == [2, 3]
    assert (told["ignored"][1]["reason"], told["ignored_count"]) == ("Unknown person", 2)


def test_undo_leaves_finished_forms(org, by, staff):
    plan = plan_of(org, by, moved(staff[0]), update_responses=True)
    Person.objects.filter(pk=staff[0].pk).update(metadata={"Department": "Export"})
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert [(line.action, str(line.reason)) for line in undoing.lines.order_by("number")] == [
        ("change", ""),
        ("skip", "Finished evaluations keep the details that they have now."),
    ]


def test_the_choice_needs_a_column_of_details():
    sent = {"existing": "update", "match": "email", "update_responses": "on"}

    form = PeopleOptions(sent, columns=COLUMNS)
    assert form.is_valid(), form.errors
    assert form.options() == {"existing": "update", "match": "email", "update_responses": True}
    without = PeopleOptions(sent, columns={0: "email"})
    assert without.is_valid(), without.errors
    assert without.options() == {"existing": "update", "match": "email"}


def test_readers_and_others_do_not_apply_it(org, by, staff):
    plan = plan_of(org, by, moved(staff[0]), update_responses=True)
    other = organisation("other", "Other Optics")

    for client in (browser(org, Role.READER), browser(other, Role.OWNER)):
        answer = client.post(f"/o/{org.slug}/plans/{plan.pk}/apply/", {"typed": "2"})
        assert answer.status_code in (403, 404)

    assert not Change.objects.exists()
