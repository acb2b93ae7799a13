"""Imports that clear all relationships and are carried out in part: who is missing, and a plan that asks them again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.models import Evaluation, Subject
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Plan, PlanLine, ResourceSync
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.plans.apply import apply_plan
from tests.assessments.imports_of_evaluators.rows import asked, plan_of
from tests.assessments.imports_of_evaluators.vendor import carry_out, standing
from tests.support.mirrored_rows import (
    assessment,
    browser,
    credential,
    evaluations,
    organisation,
    people,
    subjects,
    text,
)


@pytest.fixture
def org(db, key_ring):
    made = organisation()
    credential(made)
    return made


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def by(editor):
    return Member.objects.get(role=Role.EDITOR)


@pytest.fixture
def staff(org):
    return people(org, 7)


@pytest.fixture
def review(org, staff):
    """Two subjects, each with a peer who has not begun; of the first another one, whom the file does not name."""
    made = assessment(org)
    first, second = subjects(made, staff[:2])
    evaluations(first, [staff[2], staff[6]], "Peer", "NotStarted")
    evaluations(second, [staff[3]], "Peer", "NotStarted")
    return made


@pytest.fixture
def plan(review, by, staff):
    """Clears; asks one of them anew, the other as manager, and two who were not asked before."""
    made = plan_of(
        review,
        by,
        asked(staff[0], staff[2]),
        asked(staff[1], staff[3], "Manager"),
        asked(staff[0], staff[4]),
        asked(staff[1], staff[5]),
        clear_relationships=True,
    )
    apply_plan(made, by=by, typed=made.acting)
    return made


def page_of(plan):
    return f"/o/halden/plans/{plan.pk}/"


def ask_missing(client, plan):
    return client.post(f"/o/halden/plans/{plan.pk}/ask-missing/", follow=True)


def test_all_of_it_was_done_so_nobody_is_missing(review, editor, plan):
    carry_out(review)

    assert "Missing evaluators" not in text(editor.get(page_of(plan)))
    assert "No evaluator is missing." in text(ask_missing(editor, plan))
    assert Plan.objects.count() == 1


def test_rows_that_were_left_are_named_and_asked_again(review, editor, by, staff, plan):
    left = [(staff[1].email, staff[3].email), (staff[0].email, staff[4].email)]
    before = standing(review)
    carry_out(review, left)

    shown = text(editor.get(page_of(plan)))

    assert "was carried out in part: 2 evaluators are not asked now." in shown
    assert f"{staff[3]} → {staff[1]} Manager Was asked This row is not clear." in shown
    assert f"{staff[4]} → {staff[0]} Peer Was not asked This row is not clear." in shown
    assert f"{staff[6]} → {staff[0]} Peer Was" not in shown

    again = ask_missing(editor, plan)

    made = Plan.objects.latest("made_at")
    assert f"Ask missing evaluators again: {plan.title}" in text(again)
    assert [(line.row, line.action, line.label) for line in made.lines.order_by("number")] == [
        (3, "add", f"{staff[3]} → {staff[1]}"),
        (4, "add", f"{staff[4]} → {staff[0]}"),
    ]
    assert ask_missing(editor, plan).request["PATH_INFO"] == page_of(made)
    apply_plan(made, by=by, typed=None)
    assert not Change.objects.get(state=Change.State.PENDING).parameters.get("clear")
    carry_out(review)
    assert before.keys() - standing(review).keys() == {(staff[0].email, staff[6].email)}
    assert "Missing evaluators" not in text(editor.get(page_of(plan)))


def test_rows_that_are_counted_alone_are_found_in_the_mirror(review, editor, staff, plan):
    change = Change.objects.get()
    Evaluation.objects.filter(status="NotStarted").delete()
    evaluations(Subject.objects.get(vendor_id=staff[0].vendor_id), [staff[2]], "Peer", "NotStarted")
    transition(change, Change.State.DONE, sent_at=timezone.now(), result={"ignored_count": 3, "ignored": []})

    shown = text(editor.get(page_of(plan)))

    assert "3 evaluators are not asked now." in shown
    assert f"{staff[2]} → {staff[0]} Peer Was asked" not in shown


def test_who_is_listed_counts_where_no_answer_came(review, editor, staff, plan):
    Evaluation.objects.filter(status="NotStarted").delete()
    evaluations(Subject.objects.get(vendor_id=staff[1].vendor_id), [staff[3]], "Manager", "NotStarted")
    transition(Change.objects.get(), Change.State.DONE, sent_at=timezone.now(), status_message="Marked as done.")

    shown = text(editor.get(page_of(plan)))

    assert "3 evaluators are not asked now." in shown
    assert f"{staff[2]} → {staff[0]} Peer Was asked Marked as done." in shown
    assert f"{staff[3]} → {staff[1]}" not in shown.partition("Plan to ask them again")[0]


def test_an_answer_that_took_all_rows_is_believed(review, editor, plan):
    Evaluation.objects.filter(status="NotStarted").delete()  # later, by somebody else
    result = {"count": 4, "ignored_count": 0, "ignored": []}
    transition(Change.objects.get(), Change.State.DONE, sent_at=timezone.now(), result=result)

    assert "Missing evaluators" not in text(editor.get(page_of(plan)))


def test_an_import_that_was_refused_cleared_what_is_not_listed(review, editor, staff, plan):
    transition(Change.objects.get(), Change.State.REFUSED, sent_at=timezone.now(), status_message="Not clear.")
    assert "2 evaluators are not asked now." in text(editor.get(page_of(plan)))  # the two whom it adds

    Evaluation.objects.filter(evaluator=staff[6]).update(missing_since=timezone.now())

    shown = text(editor.get(page_of(plan)))
    assert "3 evaluators are not asked now." in shown
    assert f"{staff[6]} → {staff[0]} Peer Was asked Not clear." in shown


def test_an_import_that_was_not_sent_left_nobody_missing(review, editor, plan):
    transition(Change.objects.get(), Change.State.REFUSED, status_message="Withdrawn.")

    assert "Missing evaluators" not in text(editor.get(page_of(plan)))


def test_an_older_list_is_not_trusted(review, editor, by, staff, plan):
    carry_out(review, [(staff[1].email, staff[3].email)])
    ResourceSync.objects.create(
        org=review.org, resource=f"evaluations:{review.vendor_id}", seen_at=timezone.now() - timedelta(days=1)
    )

    assert "Who is missing is certain after the next sync." in text(editor.get(page_of(plan)))
    assert "have not been read since this plan was applied" in text(ask_missing(editor, plan))
    assert Plan.objects.count() == 1


def test_members_see_nothing_about_themselves(review, editor, by, staff, plan):
    carry_out(review, [(staff[1].email, staff[3].email), (staff[0].email, staff[4].email)])
    Member.objects.filter(pk=by.pk).update(person_key=staff[0].vendor_id, person_state=Member.PersonState.PROVEN)

    shown = text(editor.get(page_of(plan)))

    assert "1 evaluator is not asked now." in shown
    assert str(staff[4]) not in shown
    ask_missing(editor, plan)
    assert [line.about for line in Plan.objects.latest("made_at").lines.all()] == [staff[1].vendor_id]


def test_readers_and_colleagues_plan_nothing(org, review, staff, plan):
    carry_out(review, [(staff[1].email, staff[3].email)])
    reader = browser(org, Role.READER)

    assert reader.post(f"/o/halden/plans/{plan.pk}/ask-missing/").status_code == 403
    assert "Plan to ask them again" not in text(reader.get(page_of(plan)))
    user = reader.session["_auth_user_id"]
    Member.objects.filter(user=user).update(role=Role.EDITOR)
    assert "Only the member who made this plan" in text(ask_missing(reader, plan))
    assert PlanLine.objects.values("plan").distinct().count() == 1
