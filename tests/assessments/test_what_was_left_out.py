"""Rows that were not taken and lines that were skipped: shown with their reason, never as a plain Done."""

import re
from uuid import uuid4

import pytest

from assessments.evaluator_commands import add_evaluators
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import Subject
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.review import dismiss_attention
from qxportal.ledger.outbox.transitions import transition
from qxportal.threesixty.calls.responses import ImportResponses
from tests.support.bulk import add_subjects, set_subject_statuses
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects

pytestmark = pytest.mark.django_db

ANSWER = {"Count": 1, "IgnoredCount": 1, "Ignored": [{"Row": 3, "Reason": "The subject is Done."}]}
DONE = re.compile(r'class="state is-good"[^>]*>(?:<svg.*?</svg>)?Done<')


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


@pytest.fixture
def review(org):
    return assessment(org)


@pytest.fixture
def partial(org, editor, review):
    """Two evaluators were asked for; the service took the first."""
    subject_person, *others = people(org, 3)
    [subject] = subjects(review, [subject_person])
    change = add_evaluators(subject, [(person, "Peer") for person in others], by=Member.objects.get())
    handler = CHANGE_HANDLERS["importPersons"]
    parsed = handler.parse_result(change, handler.call(change).read(ANSWER))
    transition(change, Change.State.DONE, result=dict(parsed.result), attention_message=parsed.attention_message)
    return change


def shown(answer):
    """What a page says, without the legend of the states."""
    return answer.content.decode().partition('<details class="meanings">')[0]


def test_rows_that_were_not_taken_stand_on_the_change_with_name_and_reason(partial, editor):
    page = shown(editor.get(f"/o/halden/changes/{partial.pk}/"))

    assert "Partly done" in page
    assert "1 row was not imported." in page
    assert "Chiara Okoro" in page
    assert "The subject is Done." in page
    assert not DONE.search(page)


@pytest.mark.parametrize("resolved", [False, True])
def test_lists_never_show_such_a_change_as_done(partial, editor, resolved):
    if resolved:
        dismiss_attention(partial, by=Member.objects.get())
    subject = Subject.objects.get()
    place = f"/o/halden/assessments/{subject.assessment_id}"

    for url in ("/o/halden/changes/", f"{place}/activity/", f"{place}/subjects/{subject.pk}/"):
        page = shown(editor.get(url))
        assert "Partly done" in page, url
        assert not DONE.search(page), url


def test_a_fully_taken_import_is_done(org, editor, review, partial):
    transition(partial, Change.State.DONE, result={"count": 2, "ignored_count": 0, "ignored": []}, attention_message="")

    page = shown(editor.get("/o/halden/changes/"))

    assert DONE.search(page)
    assert "Partly done" not in page


def test_responses_that_were_ignored_are_kept_from_the_answer():
    call = ImportResponses(assessment_id="TS_1", file_contents="a\n")

    parsed = CHANGE_HANDLERS["importResponses"].parse_result(Change(), call.read(ANSWER))

    assert parsed.result["ignored"] == [{"row": 3, "reason": "The subject is Done."}]
    assert str(parsed.attention_message) == "1 row was not imported."


def test_a_bulk_change_names_whom_it_skipped_and_is_not_a_plain_done(org, editor, review):
    by, persons = Member.objects.get(), people(org, 3)
    made = subjects(review, persons[:2])
    set_subject_statuses(review, made[:1], by=by, status="Done", close_sessions=False, intent=uuid4())

    job = set_subject_statuses(review, made, by=by, status="Done", close_sessions=False, intent=uuid4())
    added = add_subjects(review, persons, by=by)
    for change in Change.objects.all():
        transition(change, Change.State.DONE)
    job.refresh_from_db()

    assert [(item.shown_state, str(item)) for item in job.items.order_by("ok", "label")] == [
        ("partly", "Mark Amara Okoro as done"),
        ("ok", "Mark Bastian Okoro as done"),
    ]
    page = shown(editor.get(f"/o/halden/jobs/{job.pk}/"))
    assert "Partly done" in page
    assert "Skipped: " in page
    busy, done = job.plans.get().lines.order_by("label")
    assert (busy.state, str(busy.outcome)) == ("not-sent", "Skipped: another change to it is still open.")
    assert done.state == "done"
    only = editor.get(f"/o/halden/plans/{added.plans.get().pk}/?action=skip").content.decode()
    assert "Already a subject" in only
    assert "Chiara Okoro" not in only


def test_a_line_of_a_bulk_change_that_was_taken_in_part_counts_so(org, editor, review, partial):
    job = add_subjects(review, people(org, 1, start=8), by=Member.objects.get())
    change = job.changes.get()

    transition(change, Change.State.DONE, result={"ignored_count": 2, "ignored": []})

    job.refresh_from_db()
    assert (job.done, job.partly, job.shown_state) == (1, 1, "partly")
    assert str(job.items.get().message) == "2 rows were not imported."
