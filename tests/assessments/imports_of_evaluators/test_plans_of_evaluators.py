"""Plans of evaluators and subjects from tables: whom rows name, what is asked already, and what undoes it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.models import Evaluation
from assessments.uploads.evaluators import one_by_one
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change, Plan, PlanLine, ResourceSync
from qxportal.ledger.plans import selectors
from qxportal.ledger.plans.apply import apply_plan, undo_plan
from qxportal.ledger.plans.corrections import correct_rows, refused_rows
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.registry import kind_of
from qxportal.ledger.plans.sources import SourceRow
from tests.assessments.imports_of_evaluators.rows import FILE, asked, plan_of, told
from tests.support.mirrored_rows import browser, credential, evaluations, organisation, subjects


def test_addresses_with_invisible_characters_are_found(review, by, staff):
    row = asked(staff[0], staff[3]) | {"email": f"\u200b{staff[3].email}\u00a0"}

    plan = plan_of(review, by, row)

    assert [(line.action, line.data["row"]["UniqueIdentifier"]) for line in plan.lines.all()] == [
        ("add", staff[3].vendor_id)
    ]


def test_rows_ask_skip_and_add_subjects(review, by, staff):
    plan = plan_of(
        review,
        by,
        asked(staff[0], staff[3], "Customer"),
        asked(staff[0], staff[2]),
        asked(staff[4], staff[3]),
        asked(staff[4], staff[2], "Manager"),
        add_subjects=True,
    )

    assert told(plan) == [
        (2, "add", ""),
        (3, "skip", "Already asked in this relationship."),
        (4, "add", "Becomes a subject."),
        (4, "add", ""),
        (5, "add", ""),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (lambda staff: asked(staff[1], staff[3]), "The subject is done"),
        (lambda staff: asked(staff[4], staff[3]), "Not a subject of this assessment."),
        (lambda staff: asked(staff[0], staff[3], "Friend"), "no relationship “Friend”"),
        (lambda staff: asked(staff[0], staff[0]), "evaluate themselves as Self only"),
        (lambda staff: asked(staff[0], staff[3], "Self"), "Self is for subjects"),
        (lambda staff: {**asked(staff[0], staff[3]), "email": "new@else.example"}, "Not in the directory."),
        (lambda staff: {**asked(staff[0], staff[3]), "email": "Ben Rhee"}, "Enter an e-mail address"),
        (lambda staff: {**asked(staff[0], staff[3]), "subject_email": "new@else.example"}, "The subject is not in"),
        (
            lambda staff: {"subject_email": staff[0].email, "unique_id": "0099", "relationship": "Peer"},
            "No one in the directory has the identifier 0099.",
        ),
        (lambda staff: SourceRow(2, asked(staff[0], staff[3]), "Cell A2 is wrong."), "Cell A2 is wrong."),
    ],
)
def test_rows_that_cannot_be_done_say_why(review, by, staff, row, reason):
    [(number, action, words)] = told(plan_of(review, by, row(staff)))

    assert (number, action) == (2, "refuse")
    assert reason in words


def test_nobody_gets_another_relationship_by_an_import(review, by, staff):
    new = {"email": "New@halden.example", "first_name": "Nia", "last_name": "New"}
    plan = plan_of(
        review,
        by,
        asked(staff[0], staff[2], "Manager"),
        asked(staff[0], staff[3]),
        asked(staff[0], staff[3], "Manager"),
        asked(staff[0], staff[3]),
        {**asked(staff[0], staff[4]), **new},
        {**asked(staff[0], staff[4], "Customer"), **new},
    )

    assert told(plan) == [
        (2, "refuse", "Evaluates this subject already: Peer."),
        (3, "add", ""),
        (4, "refuse", "Duplicate of row 3."),
        (5, "refuse", "Duplicate of row 3."),
        (6, "add", "Not in the directory: is added to it."),
        (7, "refuse", "Duplicate of row 6."),
    ]


def test_people_are_named_by_the_organisations_identifier_too(review, by, staff):
    Person.objects.filter(pk=staff[3].pk).update(raw={"ExternalDataReference": "0017"})
    row = {"subject_unique_id": staff[0].vendor_id, "unique_id": "0017", "relationship": "Manager"}

    plan = plan_of(review, by, row)

    assert plan.lines.get().data["row"]["Email"] == staff[3].email


def test_new_person_needs_names_and_is_told(review, by, staff):
    row = {**asked(staff[0], staff[3]), "email": "new@else.example", "first_name": "Nia", "last_name": "Ode"}

    plan = plan_of(review, by, row)

    assert told(plan) == [(2, "add", "Not in the directory: is added to it.")]
    assert plan.lines.get().data["row"]["UniqueIdentifier"] == ""


def test_subjects_are_added_before_the_evaluators_of_one_import(review, by, staff):
    plan = plan_of(review, by, asked(staff[4], staff[3]), asked(staff[4], staff[2]), add_subjects=True)

    sent = [
        (type(intent.call).__name__, len(lines))
        for intent, lines in kind_of(plan).intents(plan, list(plan.lines.all()))
    ]

    assert sent == [("AddPerson", 1), ("ImportPersons", 2)]
    evaluators: Any = [intent for intent, _lines in kind_of(plan).intents(plan, list(plan.lines.all()))][1]
    assert [row["Email"] for row in evaluators.parameters["rows"]] == [staff[3].email, staff[2].email]
    assert not evaluators.call.clean_import


def test_nothing_is_undone_before_the_lists_show_what_was_done(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[3]))
    apply_plan(plan, by=by, typed=None)
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)
    ended = timezone.now()
    Change.objects.update(state=Change.State.DONE, settled_at=ended)
    read = ResourceSync.objects.create(
        org=review.org, resource=f"evaluations:{review.vendor_id}", seen_at=ended - timedelta(seconds=1)
    )

    with pytest.raises(ActionRefused, match="have not been read since"):
        undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    ResourceSync.objects.filter(pk=read.pk).update(seen_at=ended + timedelta(seconds=1))
    assert undo_plan(Plan.objects.get(pk=plan.pk), by=by).lines.count() == 1


def test_undo_removes_only_who_has_not_begun(review, by, staff):
    plan = plan_of(review, by, asked(staff[0], staff[3]), asked(staff[0], staff[4]), asked(staff[0], staff[5]))
    subject = review.subjects.get(vendor_id=staff[0].vendor_id)
    evaluations(subject, [staff[3]], "Peer", "NotStarted")
    evaluations(subject, [staff[4]], "Peer", "InProgress")
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)

    without = undo_plan(Plan.objects.get(pk=plan.pk), by=by)
    assert str(without.lines.get(number=1).reason) == "The survey service cannot remove a single evaluator."
    Plan.objects.filter(pk=without.pk).update(state=Plan.State.DISCARDED)
    credential(review.org)

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert [(line.action, str(line.reason)) for line in undoing.lines.order_by("number")] == [
        ("remove", "Peer: 2 of 3 needed, so reports will hide the group."),
        ("skip", "Has begun to answer, so the evaluator stays."),
        ("skip", "No longer an evaluator."),
    ]
    removed = list(undoing.lines.filter(action="remove"))
    removals: list[Any] = [intent for intent, _lines in kind_of(undoing).intents(undoing, removed)]
    assert [type(intent.call).__name__ for intent in removals] == ["RemoveEvaluator"]
    assert removals[0].call.remove_answers is False
    assert Evaluation.objects.filter(evaluator=staff[3], gone_at=None).exists()
    assert not Change.objects.exists()


def test_subjects_of_a_table_are_named_by_address_or_identifier(review, by, staff):
    Person.objects.filter(pk=staff[3].pk).update(raw={"ExternalDataReference": "0017"})

    plan = plan_of(
        review,
        by,
        {"email": staff[2].email.upper()},
        {"email": staff[0].email},
        {"email": "new@else.example"},
        SourceRow(5, {"email": staff[4].email}, "Cell A5 is wrong."),
        kind="subjects",
        match="email",
    )
    by_id = plan_of(review, by, {"unique_id": "0017"}, {"unique_id": "0018"}, kind="subjects", match="unique_id")

    assert told(plan) == [
        (2, "add", ""),
        (3, "skip", "Already a subject."),
        (4, "refuse", "Not in the directory. Import people first, or give first and last name in columns."),
        (5, "refuse", "Cell A5 is wrong."),
    ]
    assert told(by_id) == [(2, "add", ""), (3, "refuse", "No one in the directory has the identifier 0018.")]


def test_undo_removes_new_subjects_after_their_evaluators(review, by, staff):
    credential(review.org)
    plan = plan_of(review, by, asked(staff[4], staff[3]), asked(staff[5], staff[3]), add_subjects=True)
    for subject, status in zip(subjects(review, [staff[4], staff[5]]), ("NotStarted", "Completed"), strict=True):
        evaluations(subject, [staff[3]], "Peer", status)
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert [line.action for line in undoing.lines.order_by("number")] == ["remove", "remove", "skip", "skip"]
    removed = list(undoing.lines.filter(action="remove"))
    sent = [type(intent.call).__name__ for intent, _lines in kind_of(undoing).intents(undoing, removed)]
    assert sent == ["RemoveEvaluator", "RemovePerson"]


def test_undo_of_new_subjects_needs_no_single_removals(review, by, staff):
    plan = plan_of(review, by, asked(staff[4], staff[3]), add_subjects=True)
    evaluations(subjects(review, [staff[4]])[0], [staff[3]], "Peer", "NotStarted")
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    assert [line.action for line in undoing.lines.order_by("number")] == ["remove", "refuse"]
    assert apply_plan(undoing, by=by, typed=1).changes.get().request == "removePerson"


def test_undo_keeps_new_subjects_who_answered_elsewhere(review, by, staff):
    plan = plan_of(review, by, asked(staff[4], staff[3]), add_subjects=True)
    subjects(review, [staff[4]])
    evaluations(review.subjects.get(vendor_id=staff[0].vendor_id), [staff[4]], "Peer", "Completed")
    PlanLine.objects.filter(plan=plan).update(state=PlanLine.State.DONE)
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLIED)

    undoing = undo_plan(Plan.objects.get(pk=plan.pk), by=by)

    line = undoing.lines.get(key__startswith="subject:")
    assert (line.action, str(line.reason)) == (
        "skip",
        "There are answers by or about this person, so the subject stays.",
    )


def test_person_from_outside_is_added_before_being_asked(review, by, staff):
    new = {"first_name": "Ext", "last_name": "Guest", "email": "guest@client.example", "external": "yes"}
    about = {"subject_email": staff[0].email, "relationship": "Customer"}

    plan = plan_of(review, by, {**new, **about}, {**new, **about, "email": staff[3].email})
    apply_plan(plan, by=by, typed=plan.acting)

    assert told(plan) == [
        (2, "add", "Becomes an external person of the directory."),
        (2, "add", ""),
        (3, "add", ""),
    ]
    created, invited, known = Change.objects.order_by("number")
    assert (created.request, invited.request, known.request) == ("createPerson", "importPersons", "importPersons")
    assert {str(one.change_id) for one in plan.lines.all()} == {str(created.pk), str(invited.pk), str(known.pk)}


def test_page_for_somebody_from_outside_makes_a_plan(org, review, by, staff):
    page = f"/o/halden/assessments/{review.pk}/subjects/{review.subjects.earliest('pk').pk}/evaluators/external/"
    person = {"first_name": "Ext", "last_name": "Guest", "email": "guest@client.example", "relationship": "Customer"}
    editor = browser(org, Role.ADMIN)

    shown = editor.get(page)
    wrong = editor.post(page, {**person, "email": "guest", "relationship": "Self"})
    planned = editor.post(page, person)

    assert (shown.status_code, wrong.status_code, planned.status_code) == (200, 422, 302)
    assert told(Plan.objects.get()) == [
        (None, "add", "Becomes an external person of the directory."),
        (None, "add", ""),
    ]
    assert browser(org, Role.READER).get(page).status_code == 403
    assert browser(organisation("rival", "Rival"), Role.OWNER).get(page).status_code == 404


def test_one_of_several_rows_from_a_row_of_the_file_is_corrected(review, by, staff):
    wide = SourceRow(
        2,
        {
            "subject_email": staff[0].email,
            "evaluators:Peer": f"{staff[3].email}; nobody-at-all",
            "evaluators:Customer": f"{staff[4].email}\nnobody.x.example",
        },
    )
    titles = {"subject_email": "Subject", "evaluators:Peer": "Peers", "evaluators:Customer": "Customers"}
    rows = list(one_by_one(iter([wide]), titles, ("Peer", "Customer")))
    source = {**FILE, "columns": [list(item) for item in titles.items()]}
    plan = make_plan(
        review.org, "evaluators", rows, by=by, title="Import", source=source, assessment_id=review.vendor_id
    )

    first, second = refused_rows(by, plan)
    assert [(cell.text, bool(cell.input)) for cell in first.cells] == [
        (staff[0].email, True),
        ("nobody-at-all", True),
        ("", False),
    ]
    assert [cell.text for cell in second.cells] == [staff[0].email, "", "nobody.x.example"]
    typed = {first.cells[1].input: staff[5].email, second.cells[2].input: staff[2].vendor_id}
    assert correct_rows(by, plan, typed) == 1

    assert [(line.action, line.label) for line in plan.lines.order_by("number")] == [
        ("add", f"{staff[3]} → {staff[0]}"),
        ("add", f"{staff[5]} → {staff[0]}"),
        ("add", f"{staff[4]} → {staff[0]}"),
        ("refuse", f"{staff[2]} → {staff[0]}"),
    ]


def test_same_person_is_ticked_for_the_subject_and_for_one_of_several(review, by, staff):
    for number, one in ((0, "S 1"), (3, "E 3"), (4, "E 4")):
        Person.objects.filter(pk=staff[number].pk).update(raw={"ExternalDataReference": one})
    wide = SourceRow(2, {"subject_unique_id": "s1", "evaluators:Peer": "e3; e4"})
    titles = {"subject_unique_id": "Subject", "evaluators:Peer": "Peers"}
    rows = list(one_by_one(iter([wide]), titles, ("Peer",)))
    source = {**FILE, "columns": [list(item) for item in titles.items()]}
    plan = make_plan(
        review.org, "evaluators", rows, by=by, title="Import", source=source, assessment_id=review.vendor_id
    )

    first, _second = refused_rows(by, plan)
    assert [(one.field, one.given, one.identifier) for one in first.same] == [
        ("subject_unique_id", "s1", "S 1"),
        ("unique_id", "e3", "E 3"),
    ]
    correct_rows(by, plan, {one.input: "1" for one in first.same})

    assert [(line.action, line.label) for line in plan.lines.order_by("number")] == [
        ("add", f"{staff[3]} → {staff[0]}"),
        ("refuse", "e4 → S 1"),
    ]
    assert [one.field for one in refused_rows(by, plan)[0].same] == ["unique_id"]


def test_row_that_may_mean_a_member_as_subject_is_hidden_from_the_member(review, by, staff):
    browser(review.org, Role.ADMIN)
    other = Member.objects.get(role=Role.ADMIN)
    subject = Person.objects.filter(pk=staff[0].pk)
    subject.update(raw={"ExternalDataReference": "ab-7"}, email=other.user.email)
    plan = plan_of(review, by, {"subject_unique_id": "AB-7", "email": staff[3].email, "relationship": "Peer"})

    assert [one.action for one in selectors.lines(by, plan)] == ["refuse"]
    assert not selectors.lines(other, plan).exists()
    assert refused_rows(other, plan) == []


def test_what_rows_of_one_row_of_the_file_share_is_corrected_once(review, by, staff):
    wide = SourceRow(2, {"subject_email": "wrong@x.example", "evaluators:Peer": f"{staff[3].email};{staff[4].email}"})
    titles = {"subject_email": "Subject", "evaluators:Peer": "Peers"}
    rows = list(one_by_one(iter([wide]), titles, ("Peer",)))
    source = {**FILE, "columns": [list(item) for item in titles.items()]}
    plan = make_plan(
        review.org, "evaluators", rows, by=by, title="Import", source=source, assessment_id=review.vendor_id
    )

    first, _second = refused_rows(by, plan)
    correct_rows(by, plan, {first.cells[0].input: staff[0].email})

    assert list(plan.lines.values_list("action", flat=True)) == ["add", "add"]
