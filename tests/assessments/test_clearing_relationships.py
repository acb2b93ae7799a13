"""Clearing all relationships with an import of evaluators: what the plan shows, asks for and records."""

from types import SimpleNamespace
from typing import cast

import pytest

from assessments import clearing
from assessments.imports import verify_import
from assessments.models import Evaluation, Subject
from assessments.uploads.evaluators import EvaluatorOptions
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Plan, PlanLine
from qxportal.ledger.outbox.handlers import NotFound
from qxportal.ledger.plans.apply import apply_plan, retry_plan, undo_plan
from qxportal.ledger.plans.make import make_plan, validate_again
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records import PersonRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

FILE = {"from": "file", "name": "evaluators.csv"}


@pytest.fixture
def org(db, key_ring):
    return organisation()


@pytest.fixture
def client_(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def by(client_):
    return Member.objects.get()


@pytest.fixture
def staff(org):
    return people(org, 7)


@pytest.fixture
def review(org, staff):
    """A subject with a peer who has not begun, one in progress, and a self-evaluation; another who is done."""
    made = assessment(org)
    [subject, done] = subjects(made, staff[:2])
    type(done).objects.filter(pk=done.pk).update(status="Done")
    evaluations(subject, [staff[2]], "Peer", "NotStarted")
    evaluations(subject, [staff[3]], "Peer", "InProgress")
    evaluations(subject, [staff[0]], "Self", "NotStarted")
    evaluations(done, [staff[4]], "Peer", "NotStarted")
    Person.objects.filter(pk=staff[2].pk).update(manager_email=staff[3].email)
    Person.objects.filter(pk=staff[5].pk).update(manager_email="left@halden.example")
    return made


def plan_of(review, by, *rows, **options):
    numbered = [SourceRow(number, row) for number, row in enumerate(rows, 2)]
    options = {"clear_relationships": True, **options}
    return make_plan(
        review.org,
        "evaluators",
        numbered,
        by=by,
        title="Import",
        source=FILE,
        options=options,
        assessment_id=review.vendor_id,
    )


def asked(subject, evaluator, relationship="Peer"):
    return {"subject_email": subject.email, "email": evaluator.email, "relationship": relationship}


def settled(plan):
    """All of it was done."""
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)
    Change.objects.update(state=Change.State.DONE)


def test_each_relationship_that_goes_is_a_line(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[2], "Manager"), asked(staff[0], staff[3]))

    first, second, *going = plan.lines.order_by("number")
    assert (first.row, first.action, dict(first.new)) == (2, "add", {"relationship": "Manager"})
    assert (second.row, second.action) == (3, "skip")
    shown = {line.label: (line.action, str(line.reason)) for line in going}
    assert {line.key.partition(":")[0] for line in going} == {"cleared", "manager"}
    assert len(going) == 3
    assert shown[f"{staff[2]} → {staff[0]}"] == ("remove", "Is removed and asked again, as the file says.")
    assert "Not in the file." in shown[f"{staff[4]} → {staff[1]}"][1]
    assert "forgets the manager" in shown[str(staff[2])][1]


def test_one_request_clears_and_asks_all_rows(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[2]), asked(staff[0], staff[5]))
    with pytest.raises(ActionRefused, match=f"Type {plan.acting}"):
        apply_plan(plan, by=by, typed=None)

    apply_plan(plan, by=by, typed=plan.acting)

    change = Change.objects.get()
    assert (change.request, change.parameters["clear"]) == ("importPersons", True)
    assert [row["Email"] for row in change.parameters["rows"]] == [staff[2].email, staff[5].email]
    assert set(plan.lines.filter(action__in=("add", "remove")).values_list("change", flat=True)) == {change.pk}


def test_what_is_sent_once_more_clears_nothing(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[2]), asked(staff[0], staff[5]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    PlanLine.objects.filter(plan=plan, row=3).update(state=PlanLine.State.FAILED)

    retry_plan(Plan.objects.get(pk=plan.pk), by=by)

    again = Change.objects.get(state=Change.State.PENDING)
    assert not again.parameters.get("clear")
    assert [row["Email"] for row in again.parameters["rows"]] == [staff[5].email]


def test_managers_who_were_cleared_go_once(review, by, staff):
    def going():
        plan = plan_of(review, by, asked(staff[0], staff[6]))
        return plan.lines.get(key__startswith=clearing.MANAGED).action

    plan = plan_of(review, by, asked(staff[0], staff[5]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    Change.objects.update(settled_at="2026-01-01T00:00Z")
    assert going() == "skip"

    linked = Change.objects.create(
        org=review.org,
        request="importPersons",
        target="people",
        title="Import",
        state=Change.State.DONE,
        parameters={"type": "Directory"},
        settled_at="2026-01-02T00:00Z",
        expires_at="2026-01-03T00:00Z",
    )
    assert going() == "remove"
    linked.delete()
    Person.objects.filter(pk=staff[2].pk).update(manager_email=staff[6].email)
    assert going() == "remove"


def test_undone_clearing_may_be_made_again(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    Change.objects.update(settled_at="2026-01-01T00:00Z")
    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)
    apply_plan(undoing, by=by, typed=undoing.acting)
    PlanLine.objects.filter(plan=undoing, action="add").update(state=PlanLine.State.DONE)
    Change.objects.filter(settled_at=None).update(state=Change.State.DONE, settled_at="2026-01-02T00:00Z")

    plan = plan_of(review, by, asked(staff[0], staff[6]))

    assert plan.lines.get(key__startswith=clearing.MANAGED).action == "remove"


def test_plan_about_its_maker_is_shared(review, by, staff, client_):
    by.user.email = staff[2].email
    by.user.save()
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    browser(review.org, Role.OWNER)
    owner = Member.objects.get(role=Role.OWNER)
    url = f"/o/{review.org.slug}/plans/{plan.pk}/"

    page = text(client_.get(url))
    answer = client_.post(f"{url}apply/", {"typed": str(plan.acting)})
    client_.post(f"{url}share/", {"member": str(owner.pk)})

    assert "another member has to apply it. Share it" in page
    assert answer.status_code == 422
    assert not Change.objects.exists()
    assert list(plan.shared_with.all()) == [owner]
    assert client_.post(f"{url}discard/").status_code == 302
    plan.refresh_from_db()
    assert plan.state == Plan.State.DISCARDED


def test_undo_asks_again_and_sets_managers(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[2]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    Evaluation.objects.filter(evaluator=staff[4]).update(gone_at="2026-01-01T00:00Z")

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert sorted((line.action, line.label) for line in undoing.lines.all()) == sorted(
        [
            ("skip", f"{staff[2]} → {staff[0]}"),  # who was asked anew stays
            ("skip", f"{staff[2]} → {staff[0]}"),
            ("refuse", f"{staff[4]} → {staff[1]}"),  # the subject is done
            ("add", str(staff[2])),
        ]
    )
    Subject.objects.filter(vendor_id=staff[1].vendor_id).update(status="Waiting")
    validate_again(undoing, by=by)
    apply_plan(undoing, by=by, typed=undoing.acting)
    sent = Change.objects.filter(state=Change.State.PENDING)
    assert sorted(str(change.title) for change in sent) == [
        f"Add 1 evaluator to “{review.name}”",
        "Set the manager of 1 person",
    ]
    assert not any(change.parameters.get("clear") or change.parameters.get("clear_relationships") for change in sent)


def test_clearing_is_sent_by_the_first_attempt_alone(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.FAILED)

    with pytest.raises(ActionRefused, match="cannot be sent again"):
        retry_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert Change.objects.count() == 1
    assert Plan.objects.get(pk=plan.pk).state == Plan.State.APPLIED
    page = browser(review.org, Role.OWNER).get(f"/o/{review.org.slug}/plans/{plan.pk}/").content.decode()
    assert "An import that clears data cannot be sent again." in page
    assert f"plans/{plan.pk}/retry/" not in page


def test_clearing_waits_for_other_changes_to_the_assessment(review, by, staff):
    other = plan_of(review, by, asked(staff[0], staff[6]), clear_relationships=False)
    apply_plan(other, by=by, typed=None)
    plan = plan_of(review, by, asked(staff[0], staff[5]))

    with pytest.raises(ActionRefused, match="are still open"):
        apply_plan(plan, by=by, typed=plan.acting)
    assert Change.objects.count() == 1
    Change.objects.update(state=Change.State.DONE)
    apply_plan(plan, by=by, typed=plan.acting)

    assert Change.objects.filter(state=Change.State.PENDING).get().parameters["clear"]


def test_undo_keeps_a_manager_who_was_set_since(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    Person.objects.filter(pk=staff[2].pk).update(manager_email=staff[6].email)

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    line = undoing.lines.get(key__startswith=clearing.MANAGED)
    assert (line.action, str(line.reason)) == ("skip", "The manager has changed since.")


def test_links_to_managers_are_sent_again_where_no_answer_came(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    apply_plan(plan, by=by, typed=plan.acting)
    settled(plan)
    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)
    apply_plan(undoing, by=by, typed=undoing.acting)
    change = Change.objects.get(state=Change.State.PENDING, assessment_id="")
    listed = SimpleNamespace(call=lambda call: [PersonRecord(vendor_id=staff[2].vendor_id, email=staff[2].email)])

    assert verify_import(cast(ThreeSixty, listed), change) == NotFound()
    assert change.retry_policy == RetryPolicy.NATURAL_KEY


@pytest.mark.parametrize(
    ("room", "rows", "reason"),
    [(10**6, [("0", "3")], "No row of the file asks anybody"), (10, [("0", "5")], "The file is too large to clear")],
)
def test_clearing_alone_or_in_parts_is_refused(review, by, staff, monkeypatch, room, rows, reason):
    monkeypatch.setattr(clearing, "ROOM", room)
    plan = plan_of(review, by, *(asked(staff[int(one)], staff[int(other)]) for one, other in rows))

    with pytest.raises(ActionRefused, match=reason):
        apply_plan(plan, by=by, typed=plan.acting)

    assert not Change.objects.exists()


def test_page_of_the_plan_counts_what_goes(review, by, staff, client_):
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    page = text(client_.get(f"/o/{review.org.slug}/plans/{plan.pk}/"))

    assert "2 evaluators of this assessment who have not begun are removed." in page
    assert "1 person of the directory loses the manager." in page


def test_plans_without_the_choice_clear_nothing(review, by, staff, client_):
    plan = plan_of(review, by, asked(staff[0], staff[5]), clear_relationships=False)

    assert list(plan.lines.values_list("action", flat=True)) == ["add"]
    assert "Clears all relationships" not in text(client_.get(f"/o/{review.org.slug}/plans/{plan.pk}/"))


def test_managers_of_another_organisation_stay(review, by, staff):
    other = people(organisation("other"), 2)
    Person.objects.filter(pk=other[0].pk).update(manager_email=other[1].email)

    plan = plan_of(review, by, asked(staff[0], staff[5]))

    assert plan.lines.get(key__startswith=clearing.MANAGED).old == {"manager_email": staff[3].email}


def test_viewers_apply_no_such_plan(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[5]))
    viewer = browser(review.org, Role.READER)

    answer = viewer.post(f"/o/{review.org.slug}/plans/{plan.pk}/apply/", {"typed": str(plan.acting)})

    assert answer.status_code in (403, 404)
    assert not Change.objects.exists()


def test_the_choice_stands_alone():
    form = EvaluatorOptions({"clear_relationships": "on", "remove_others": "on"}, columns={})

    assert list(form.errors) == ["clear_relationships"]
    assert not EvaluatorOptions({"clear_relationships": "on"}, columns={}).errors
