"""Two days of evaluations compared: what was added, is gone or went on, the counts by state, and the file."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.models import Evaluation, Subject
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Version
from tests.support.mirrored_rows import assessment, browser, changed, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
EARLIER, LATELY = timedelta(days=10), timedelta(days=3)


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def review(org):
    """Three peers seen ten days ago; three days ago one finished, one is gone, and a direct report was added."""
    made = assessment(org)
    staff = people(org, 5)
    [subject] = subjects(made, staff[:1])
    evaluations(subject, staff[1:4], "Peer", "NotStarted")
    evaluations(subject, staff[4:], "DirectReport", "NotStarted")
    now = timezone.now()
    Version.objects.update(valid_to=now - EARLIER)
    first, second, _third, added = Evaluation.objects.order_by("pk")
    Evaluation.objects.exclude(pk=added.pk).update(first_seen_at=now - EARLIER)
    Evaluation.objects.filter(pk=added.pk).update(first_seen_at=now - LATELY)
    for version in (
        changed(first, status="Completed", finished_at=now - LATELY),
        changed(second, gone_at=now - LATELY),
    ):
        Version.objects.filter(pk=version.pk).update(valid_to=now - LATELY)
    Version.objects.filter(row_id=added.pk, kind="evaluation").update(valid_to=now - LATELY)
    return made


def ask(client, review, *, first=8, last=0, file="", **query):
    days = {name: str(timezone.localdate() - timedelta(days=ago)) for name, ago in (("from", first), ("to", last))}
    return client.get(f"/o/halden/assessments/{review.pk}/evaluations/compare/{file}", {**days, **query})


def kinds(page):
    return {each.row.evaluator_first_name: each.what for each in page.context["entries"]}


def test_compared_days_tell_what_differs_and_count_states(org, review):
    page = ask(browser(org, Role.EDITOR), review)

    assert kinds(page) == {"Bastian": "changed", "Chiara": "gone", "Elif": "added"}
    assert dict(page.context["counts"]) == {"added": 1, "changed": 1, "gone": 1}
    counted = {state: numbers for state, *numbers in page.context["states"]}
    assert counted == {"NotStarted": [3, 2], "InProgress": [0, 0], "Completed": [0, 1], "Declined": [0, 0]}
    assert "Status Before: Not started → After: Finished" in text(page)


def test_compared_evaluations_are_narrowed(org, review):
    editor = browser(org, Role.EDITOR)

    assert kinds(ask(editor, review, what="added")) == {"Elif": "added"}
    assert kinds(ask(editor, review, field="relationship")) == {"Chiara": "gone", "Elif": "added"}
    assert kinds(ask(editor, review, first=1)) == {}


def test_file_of_compared_evaluations_has_their_subject_and_is_noted(org, review):
    answer = ask(browser(org, Role.EDITOR), review, file="export/")

    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    subject = str(Subject.objects.get())
    assert [(line[0], line[1], line[4]) for line in lines[1:] if line[5] != "Finished"] == [
        ("Changed", "Bastian Okoro", subject),
        ("No longer listed", "Chiara Okoro", subject),
        ("Added", "Elif Okoro", subject),
    ]
    assert AuditEntry.objects.get(verb="comparison.exported").details["rows"] == 3


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
def test_who_may_not_follow_answers_compares_no_evaluations(org, review, role):
    client = browser(org, role)

    assert ask(client, review).status_code == ask(client, review, file="export/").status_code == 403


def test_what_is_about_the_member_is_not_compared(org, review):
    editor = browser(org, Role.EDITOR)
    own = Subject.objects.get()
    Member.objects.update(person_key=own.vendor_id, person_state=Member.PersonState.CONFIRMED)

    page = ask(editor, review)

    assert kinds(page) == {}
    assert not any(before or after for _state, before, after in page.context.get("states", ()))
