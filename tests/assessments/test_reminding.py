"""Reminding from the list of evaluations, and the file of who has something open."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.brand import forget_brand
from assessments.mailing_commands import kinds_of
from assessments.models import Assessment, Evaluation, Mail, Subject
from assessments.report_access import mirror_access
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.threesixty.records.report_access import ApprovalRecord, ReportAccessRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation_with_mail, people, subjects, text

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def org() -> Organisation:
    return organisation_with_mail()


@pytest.fixture
def review(org: Organisation) -> Assessment:
    """One subject with two peers, one of whom has finished."""
    review = assessment(org)
    subjects(review, people(org, 1))
    subject = Subject.objects.select_related("assessment", "org").get()
    waiting, done = people(org, 2, start=10)
    evaluations(subject, [waiting], "Peer", "NotStarted")
    evaluations(subject, [done], "Peer", "Completed")
    return review


def url(review: Assessment, page: str) -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/{page}"


# -- reminding from the list


def test_open_evaluations_can_be_ticked_and_sent_again(org, review):
    waiting, done = Evaluation.objects.get(status="NotStarted"), Evaluation.objects.get(status="Completed")

    page = browser(org, Role.EDITOR).get(url(review, "evaluations/")).content.decode()

    assert f'value="{waiting.evaluator_key}"' in page
    assert f'value="{done.evaluator_key}"' not in page
    assert f"kind=Invite&amp;person={waiting.evaluator_key}" in page


def test_only_the_ticked_people_are_reminded(org, review):
    editor = browser(org, Role.EDITOR)
    waiting = Evaluation.objects.get(status="NotStarted")
    key = waiting.evaluator_key

    shown = text(editor.get(url(review, f"messages/new/?kind=Reminder&chosen=on&person={key}")))
    editor.post(url(review, "messages/new/"), {"kind": "Reminder", "when": "now", "chosen": "on", "person": key})

    assert waiting.evaluator_name in shown
    assert Change.objects.get().parameters["person_ids"] == [key]


def test_nobody_ticked_does_not_become_everybody(org, review):
    answer = browser(org, Role.EDITOR).get(url(review, "messages/new/?kind=Reminder&chosen=on"), follow=True)

    assert answer.redirect_chain[0][0] == url(review, "evaluations/")
    assert "No people are selected." in text(answer)


@pytest.mark.parametrize("how", ["reader", "no brand", "closed", "subject"])
def test_reminders_are_offered_only_where_they_can_be_sent(org, review, how):
    role = Role.READER if how == "reader" else Role.EDITOR
    client = browser(org, role)
    if how == "no brand":
        forget_brand(org)
    if how == "closed":
        Assessment.objects.update(status="Closed")
    if how == "subject":
        Person.objects.filter(subjects__isnull=False).update(email="editor@halden.example")

    assert "messages/new/" not in client.get(url(review, "evaluations/")).content.decode()


def test_who_has_something_open_is_exported_and_noted(org, review):
    Person.objects.filter(vendor_id=Evaluation.objects.get(status="NotStarted").evaluator_key).update(
        email="=cmd@halden.example"
    )
    answer: Any = browser(org, Role.EDITOR).get(url(review, "messages/audience/"))

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "'=cmd@halden.example" in lines[1]  # inert in a spreadsheet
    assert AuditEntry.objects.get(verb="audience.exported").target == review.vendor_id


def test_who_has_something_open_is_not_for_others(org, review):
    assert browser(org, Role.AUDITOR).get(url(review, "messages/audience/")).status_code == 403
    editor = browser(org, Role.EDITOR)
    Person.objects.filter(subjects__isnull=False).update(email="editor@halden.example")

    assert editor.get(url(review, "messages/audience/")).status_code == 403


def test_report_mails_go_to_those_who_may_open_one(org, review):
    browser(org, Role.EDITOR)
    subject = Subject.objects.get()
    open_to, planned = people(org, 2, start=30)
    common: dict[str, Any] = {"subject_id": subject.vendor_id, "viewer": "Other"}
    mirror_access(
        review,
        [
            ReportAccessRecord(person_id=open_to.vendor_id, first_name="A", state="Open", **common),
            ReportAccessRecord(person_id=planned.vendor_id, first_name="B", state="Planned", **common),
        ],
        as_of=timezone.now(),
    )

    audience = audience_of(Member.objects.get(), review, "Report")

    assert audience.known
    assert [(one.key, one.email) for one in audience.recipients] == [(open_to.vendor_id, open_to.email)]


def test_managers_for_whose_approval_a_report_waits_are_asked(org, review):
    client = browser(org, Role.EDITOR)
    assert "ReportApproval" not in kinds_of(review)
    Assessment.objects.update(workflow_options={"ReportApproval": True})
    Subject.objects.update(status="Done")
    review.refresh_from_db()
    subject = Subject.objects.get()
    boss, former = people(org, 2, start=30)
    common: dict[str, Any] = {"subject_id": subject.vendor_id, "viewer": "Subject"}
    asked = ApprovalRecord(person_id=boss.vendor_id, name=str(boss))
    waits = ReportAccessRecord(person_id=subject.vendor_id, state="WaitsForApproval", approval=asked, **common)
    over = ApprovalRecord(person_id=former.vendor_id, name=str(former))
    ended = ReportAccessRecord(person_id="P_1", state="SentBack", approval=over, **common)
    mirror_access(review, [waits, ended], as_of=timezone.now())

    audience = audience_of(Member.objects.get(), review, "ReportApproval")
    shown = text(client.get(url(review, "messages/new/?kind=ReportApproval")))

    assert [(one.key, one.email) for one in audience.recipients] == [(boss.vendor_id, boss.email)]
    for words in (
        "Every manager who has a report to approve.",
        "is waiting for your approval",
        "Approving reports",
    ):
        assert words in shown, words
    client.post(url(review, "messages/new/"), {"kind": "ReportApproval", "when": "now", "standing": "on"})
    sent = Change.objects.get().parameters
    assert (sent["kind"], sent["standing"]) == ("ReportApproval", True)


# -- who was added late


def invited(review: Assessment, evaluation: Evaluation, *, days: int) -> None:
    """An invitation that the person got so many days ago."""
    Mail.objects.create(
        org=review.org,
        assessment=review,
        vendor_id=f"ML_{evaluation.pk}",
        mailing_key=f"MG_{days}",
        person_key=evaluation.evaluator_key,
        kind="Invite",
        state="sent",
        created_at=timezone.now() - timedelta(days=days),
    )


def test_only_those_who_were_added_late_are_reminded(org, review):
    first, late = Evaluation.objects.get(status="NotStarted"), people(org, 1, start=20)
    evaluations(Subject.objects.select_related("assessment", "org").get(), late, "Peer", "NotStarted")
    added = Evaluation.objects.get(evaluator=late[0])
    invited(review, first, days=9)
    invited(review, Evaluation.objects.get(status="Completed"), days=2)  # late, but has nothing open
    editor = browser(org, Role.EDITOR)
    page = url(review, "messages/new/?kind=Reminder")

    assert "were invited later" not in text(editor.get(page))
    nobody = editor.get(f"{page}&late=on", follow=True)
    invited(review, added, days=2)
    all_of_them, only = editor.get(page), editor.get(f"{page}&late=on")
    editor.post(url(review, "messages/new/"), {"kind": "Reminder", "when": "now", "person": added.evaluator_key})

    assert "No one who was added late has anything open." in text(nobody)
    assert "1 person was invited later than the others" in text(all_of_them)
    assert added.evaluator_name in text(only)
    assert first.evaluator_name not in text(only)
    assert f'name="person" value="{added.evaluator_key}"' in only.content.decode()
    assert Change.objects.get().parameters["person_ids"] == [added.evaluator_key]
