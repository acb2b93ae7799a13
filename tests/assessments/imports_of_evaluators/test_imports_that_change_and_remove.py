"""Imports of evaluators and subjects that change relationships and remove whom their file does not name."""

from typing import Any

from django.utils import timezone

from assessments.evaluators_undone import undo
from assessments.models import Evaluation
from directory.models import Person
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans.apply import apply_plan, retry_plan
from tests.assessments.imports_of_evaluators.rows import asked, plan_of, told
from tests.support.mirrored_rows import browser, credential, evaluations, subjects, text


def test_another_relationship_warns_of_groups_that_become_small(review, by, staff):
    credential(review.org)
    subject = review.subjects.get(vendor_id=staff[0].vendor_id)
    evaluations(subject, staff[3:5], "Peer", "NotStarted")
    rows = [asked(staff[0], staff[2], "Customer"), asked(staff[0], staff[5], "Customer")]

    plan = plan_of(review, by, *rows, retype=True)

    changed, added = plan.lines.order_by("number")
    assert str(changed.reason) == "Peer: 2 of 3 needed, so reports will hide the group."
    assert changed.data["groups"] == [["Peer", 3, 2, 3], ["Customer", 0, 2, 3]]
    assert (added.action, str(added.reason)) == ("add", "")
    page = text(browser(review.org, Role.OWNER).get(f"/o/{review.org.slug}/plans/{plan.pk}/"))
    assert "Peer: 3 now, 2 with this plan; 3 answers needed" in page
    evened = plan_of(review, by, *rows, asked(staff[0], staff[1]), retype=True)
    assert str(evened.lines.get(action="change").reason) == ""


def test_evaluator_who_began_cannot_become_manager(review, by, staff):
    credential(review.org)
    Evaluation.objects.update(status="InProgress")

    [(_row, action, reason)] = told(plan_of(review, by, asked(staff[0], staff[2], "Manager"), retype=True))

    assert action == "refuse"
    assert "cannot become the manager" in reason


def test_removal_warns_of_groups_that_become_small(review, by, staff):
    credential(review.org)
    subject = review.subjects.get(vendor_id=staff[0].vendor_id)
    evaluations(subject, staff[3:5], "Peer", "NotStarted")

    plan = plan_of(review, by, asked(staff[0], staff[3]), asked(staff[0], staff[4]), remove_others=True)

    line = plan.lines.get(action="remove")
    assert str(line.reason) == "Not in the file. Peer: 2 of 3 needed, so reports will hide the group."


def test_other_relationships_are_changed_by_choice_only(review, by, staff):
    credential(review.org)
    row = asked(staff[0], staff[2], "Customer")

    assert told(plan_of(review, by, row)) == [(2, "refuse", "Evaluates this subject already: Peer.")]
    plan = plan_of(review, by, row, asked(staff[0], staff[2], "DirectReport"), retype=True)

    first, second = plan.lines.order_by("number")
    assert (first.action, first.old, first.new) == ("change", {"relationship": "Peer"}, {"relationship": "Customer"})
    assert (second.action, str(second.reason)) == ("refuse", "Duplicate of row 2.")
    apply_plan(plan, by=by, typed=None)
    change = Change.objects.get()
    assert (change.request, change.parameters["relationship"]) == ("qxChangeRelationship", "Customer")
    assert change.expected_values == {"relationship": "Peer"}
    Evaluation.objects.update(relationship="Customer")
    [back] = undo(plan, [first])
    assert (back.action, back.old, back.new) == ("change", {"relationship": "Customer"}, {"relationship": "Peer"})


def test_other_relationships_are_refused_where_the_server_changes_none(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[2], "Customer"), retype=True)

    [(_row, action, reason)] = told(plan)
    assert action == "refuse"
    assert "cannot change the relationship of an evaluator" in reason


def test_evaluators_missing_from_file_are_removed_by_choice(review, by, staff):
    credential(review.org)
    subject = review.subjects.get(vendor_id=staff[0].vendor_id)
    evaluations(subject, [staff[3]], "Peer", "InProgress")
    evaluations(subject, [staff[0]], "Self", "NotStarted")
    row = asked(staff[0], staff[4])

    assert [action for _row, action, _reason in told(plan_of(review, by, row))] == ["add"]
    plan = plan_of(review, by, row, remove_others=True)

    assert told(plan) == [
        (2, "add", ""),
        (None, "remove", "Not in the file."),
        (None, "skip", "Not in the file. Has begun to answer, so the evaluator stays."),
    ]
    apply_plan(plan, by=by, typed=None)
    assert list(Change.objects.order_by("number").values_list("request", flat=True)) == [
        "importPersons",
        "qxRemoveEvaluator",
    ]


def test_evaluators_stay_where_a_row_does_not_say_clearly_who_the_subject_is(review, by, staff):
    credential(review.org)
    subject = review.subjects.get(vendor_id=staff[0].vendor_id)
    evaluations(subject, [staff[3]], "Peer", "NotStarted")
    unknown = {"subject_unique_id": "K-77", "email": staff[2].email, "relationship": "Peer"}

    plan = plan_of(review, by, asked(staff[0], staff[4]), unknown, remove_others=True)

    kept = "Stays: a row with this evaluator does not say clearly who the subject is."
    assert {
        (line.action, line.data.get("evaluator", ""), str(line.reason)) for line in plan.lines.filter(row=None)
    } == {
        ("remove", staff[3].vendor_id, "Not in the file."),
        ("skip", "", kept),
    }


def test_subject_whom_a_row_may_mean_loses_nobody(review, by, staff):
    credential(review.org)
    Person.objects.filter(pk=staff[0].pk).update(raw={"ExternalDataReference": "ab-7"})
    alike = {"subject_unique_id": "AB-7", "email": staff[5].email, "relationship": "Peer"}

    plan = plan_of(review, by, asked(staff[0], staff[4]), alike, remove_others=True)

    assert not plan.lines.filter(action="remove").exists()
    [line] = plan.lines.filter(row=None)
    assert str(line.reason) == "Stays: a row about this subject cannot be used, and may mean this evaluator."


def _two_replacements(review, by, staff):
    """A plan that replaces an evaluator of each of two subjects."""
    credential(review.org)
    [other] = subjects(review, [staff[5]])
    evaluations(other, [staff[2]], "Peer", "NotStarted")
    plan = plan_of(review, by, asked(staff[0], staff[4]), asked(staff[5], staff[4]), remove_others=True)
    apply_plan(plan, by=by, typed=None)
    return plan


def _ended(plan):
    return [(line.action, line.state, str(line.outcome)) for line in plan.lines.order_by("number")]


def test_evaluators_stay_where_an_addition_about_their_subject_fails(review, by, staff):
    plan = _two_replacements(review, by, staff)
    change = Change.objects.get(request="importPersons")
    left = {"ignored": [{"row": 2, "reason": "Not clear."}], "ignored_count": 1}

    transition(change, Change.State.DONE, sent_at=timezone.now(), result=left)

    kept = f"Not sent, because “{staff[4]} → {staff[0]}” did not go through."
    assert _ended(plan) == [
        ("add", "failed", "Not clear."),
        ("add", "done", ""),
        ("remove", "not-sent", kept),
        ("remove", "sent", ""),
    ]


def test_no_evaluator_is_removed_where_the_whole_import_fails(review, by, staff):
    plan = _two_replacements(review, by, staff)

    transition(Change.objects.get(request="importPersons"), Change.State.REFUSED, status_message="Withdrawn.")

    assert [state for _action, state, _outcome in _ended(plan)] == ["not-sent"] * 4
    plan.refresh_from_db()
    assert plan.state == "applied"
    retry_plan(plan, by=by)
    assert [state for _action, state, _outcome in _ended(plan)] == ["sent"] * 4


def test_evaluators_stay_where_an_addition_is_not_sent_at_all(review, by, staff):
    credential(review.org)
    new = {"email": "guest@client.example", "first_name": "Ext", "last_name": "Guest", "external": "yes"}
    plan = plan_of(review, by, asked(staff[0], staff[4]) | new, remove_others=True)
    first = plan_of(review, by, asked(staff[0], staff[4]) | new)
    apply_plan(first, by=by, typed=2)  # adds the same person, and is still open

    apply_plan(plan, by=by, typed=3)

    assert [state for _action, state, _outcome in _ended(plan)] == ["not-sent"] * 3


def test_subject_with_a_refused_row_keeps_all_evaluators(review, by, staff):
    credential(review.org)

    plan = plan_of(review, by, asked(staff[0], staff[4], "Friend"), remove_others=True)

    assert told(plan)[1] == (None, "skip", "Stays: a row of the file about this subject cannot be imported.")


def test_evaluation_in_another_relationship_by_now_is_removed_once(review, by, staff):
    credential(review.org)
    subject = review.subjects.get(vendor_id=staff[0].vendor_id)
    Evaluation.objects.update(missing_since=timezone.now())  # the first reading after the relationship was changed
    evaluations(subject, [staff[2]], "Customer", "NotStarted")

    plan = plan_of(review, by, asked(staff[0], staff[4]), remove_others=True)

    assert list(plan.lines.filter(action="remove").values_list("old", flat=True)) == [{"relationship": "Customer"}]


def test_undo_asks_removed_evaluators_again(review, by, staff):
    plan = _two_replacements(review, by, staff)
    removed = plan.lines.filter(action="remove", about=staff[0].vendor_id)
    Evaluation.objects.filter(subject_key=staff[0].vendor_id).delete()

    again: Any
    [again] = undo(plan, list(removed))

    assert (again.action, again.new) == ("add", {"relationship": "Peer"})
    assert again.data["row"]["Email"] == staff[2].email
    review.subjects.filter(vendor_id=staff[0].vendor_id).update(status="Done")
    assert [line.action for line in undo(plan, list(removed))] == ["refuse"]


def test_subject_with_an_unclear_row_keeps_all_evaluators(review, by, staff):
    credential(review.org)
    unclear = {"subject_email": staff[0].email, "email": "nobody@x.example", "relationship": "Peer"}

    plan = plan_of(review, by, unclear, remove_others=True)

    assert [(action, "may mean this evaluator" in reason) for _row, action, reason in told(plan)] == [
        ("refuse", False),
        ("skip", True),
    ]


def test_subjects_missing_from_file_are_removed_by_choice(review, by, staff):
    subjects(review, staff[3:5])
    Evaluation.objects.update(status="Completed")
    row = {"email": staff[3].email}

    plan = plan_of(review, by, row, kind="subjects", match="email", remove_others=True)

    assert told(plan) == [
        (2, "skip", "Already a subject."),
        (None, "skip", "There are answers by or about this person, so the subject stays."),
        (None, "skip", "The subject is done and stays."),
        (None, "remove", "Not in the file."),
    ]
    unclear = plan_of(
        review, by, row, {"email": "nobody@x.example"}, kind="subjects", match="email", remove_others=True
    )
    assert not unclear.acting
    assert plan_of(review, by, row, kind="subjects", match="email").acting == 0
    apply_plan(plan, by=by, typed=1)
    assert Change.objects.get().parameters["remove_evaluations"] is False
