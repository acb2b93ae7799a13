"""Reminding from the list of evaluations, the file of who has something open, and activation with invitations."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.brand import forget_brand
from assessments.commands import activate_assessment
from assessments.mailing_commands import kinds_of
from assessments.mailings import mailings_of
from assessments.models import Assessment, Evaluation, Mail, Subject
from assessments.prelaunch import findings
from assessments.report_access import mirror_access
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Brand
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from qxportal.threesixty.records.report_access import ApprovalRecord, ReportAccessRecord
from surveys.models import Survey, SurveyContent
from tests.support.mirrored_rows import (
    assessment,
    brand,
    browser,
    evaluations,
    organisation_with_mail,
    people,
    subjects,
    text,
)
from tests.support.portal_fixture import Connected

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


@pytest.fixture
def draft(review: Assessment) -> Assessment:
    Assessment.objects.update(status="Draft")
    Evaluation.objects.update(status="NotStarted")
    review.refresh_from_db()
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


# -- activation


@pytest.mark.parametrize("option", ["SubjectsNominate", "ManagersChoose"])
def test_activation_says_that_invitations_ask_nobody_to_choose(org, draft, option):
    editor, words = browser(org, Role.EDITOR), "who have to choose evaluators are not told by these invitations"
    assert words not in text(editor.get(url(draft, "activate/")))

    Assessment.objects.update(workflow_options={option: True})

    assert words in text(editor.get(url(draft, "activate/")))


def test_activation_sends_the_invitations_afterwards(org, draft):
    editor = browser(org, Role.EDITOR)

    shown = text(editor.get(url(draft, "activate/")))
    answer = editor.post(url(draft, "activate/"), {"invite": "now"})

    activation, mailing = Change.objects.order_by("number")
    assert "2 people" in shown
    assert answer.status_code == 302
    assert (activation.request, mailing.request) == ("activateAssessment", "qxCreateMailing")
    assert mailing.depends_on == activation
    assert mailing.parameters["kind"] == "Invite"
    assert mailing.parameters["idempotency_key"] == mailing.pk.hex


def test_activation_without_invitations_sends_none(org, draft):
    browser(org, Role.EDITOR).post(url(draft, "activate/"), {"invite": "none"})

    assert Change.objects.get().request == "activateAssessment"


def test_invitations_wait_for_the_time_that_was_chosen(org, draft):
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=1)
    editor = browser(org, Role.EDITOR)

    passed = editor.post(url(draft, "activate/"), {"invite": "at", "invite_at": "2020-01-01T10:00"})
    editor.post(url(draft, "activate/"), {"invite": "at", "invite_at": at.strftime("%Y-%m-%dT%H:%M")})

    assert passed.status_code == 422
    assert "Enter a time that has not passed." in text(passed)
    assert Change.objects.get(request="qxCreateMailing").parameters["scheduled_at"] == at.isoformat()


def test_activation_with_mail_off_says_so_and_sends_none(org, draft):
    brand(org, mail="off")
    editor = browser(org, Role.EDITOR)

    page = editor.get(url(draft, "activate/"))
    refused = editor.post(url(draft, "activate/"), {"invite": "now"})

    assert "Mail is off, so nobody gets an invitation" in text(page)
    assert '<option value="none" selected>' in page.content.decode()
    assert refused.status_code == 422
    assert not Change.objects.exists()


def test_subjects_activate_without_seeing_or_inviting_anybody(org, draft):
    editor = browser(org, Role.EDITOR)
    Person.objects.filter(subjects__isnull=False).update(email="editor@halden.example")
    waiting = Evaluation.objects.earliest("pk")

    shown = text(editor.get(url(draft, "activate/")))
    editor.post(url(draft, "activate/"), {"invite": "now"})

    assert waiting.evaluator_name not in shown
    assert "another member has to send the invitations" in shown
    assert Change.objects.get().request == "activateAssessment"


def test_the_check_names_what_should_be_corrected(org, draft):
    browser(org, Role.EDITOR)
    busy = Person.objects.get(vendor_id=Evaluation.objects.earliest("pk").evaluator_key)
    Person.objects.filter(pk=busy.pk).update(email="")
    for subject in subjects(draft, people(org, 10, start=50)):
        evaluations(subject, [busy], "Manager", "NotStarted")
    switches, limits = ("SelfEvaluation", "NominationApproval"), {"MinimumEvaluators": 5, "MaximumEvaluators": 3}
    draft.workflow_options = dict.fromkeys(switches, True) | limits
    draft.save()
    member = Member.objects.get()

    found = findings(member, draft, audience_of(member, draft, "Invite"))

    assert [one.title for one in found] == [
        "1 subject has no manager",
        "11 subjects have fewer than 5 evaluators",
        "1 subject has a group that is too small",
        "1 evaluator has more than 10 open evaluations",
        "11 subjects have no self-evaluation",
        "1 evaluator has no e-mail address",
        "Options in conflict",
        "Options in conflict",
    ]
    assert {one.words for one in found[1].named} == {"1"}
    assert found[2].named[0].words == "Peer (2)"
    assert found[3].named[0].words == "11"
    assert (len(found[4].named), found[4].more) == (10, 1)


def test_the_check_counts_evaluators_without_the_subject_and_names_nominations(org, draft):
    browser(org, Role.EDITOR)
    subject = Subject.objects.get(assessment=draft)
    itself = Person.objects.get(vendor_id=subject.vendor_id)
    evaluations(subject, [itself], "Self", "NotStarted")
    number = Evaluation.objects.filter(subject=subject).exclude(relationship="Self").count()
    member = Member.objects.get()

    def few(least: int) -> list[str]:
        draft.workflow_options = {"MinimumEvaluators": least, "SubjectsNominate": True}
        draft.save()
        found = findings(member, draft, audience_of(member, draft, "Invite"))
        return [one.hint for one in found if one.title == f"1 subject has fewer than {least} evaluators"]

    assert few(number) == []
    assert [hint.split(". ")[-1] for hint in few(number + 1)] == ["Subjects may still nominate evaluators."]


def test_the_check_finds_wrong_relationships_addresses_and_scales(org, draft):
    browser(org, Role.EDITOR)
    subject = Subject.objects.select_related("assessment", "org").get()
    boss, other = people(org, 2, start=80)
    Person.objects.filter(vendor_id=subject.vendor_id).update(manager_email=boss.email)
    evaluations(subject, [other], "Manager", "NotStarted")
    evaluations(subject, people(org, 1, start=90), "Customer", "NotStarted")
    Evaluation.objects.filter(relationship="Customer").update(evaluator_email="nora at halden")
    Person.objects.filter(vendor_id=f"P_{90:015}").update(email="nora at halden")
    survey = Survey.objects.create(org=org, vendor_id="SV_1", name="Form", seen_at=timezone.now())
    rising, falling = (("1", "2", "3"), ("3", "2", "1"))
    questions = [
        {
            "tag": name,
            "id": name,
            "text": name,
            "type": "Matrix",
            "inside": [],
            "choices": [],
            "answers": [{"text": one, "recode": one} for one in recodes],
        }
        for name, recodes in (("Q1", rising), ("Q2", rising), ("Q3", falling))
    ]
    SurveyContent.objects.create(org=org, survey=survey, seen_at=timezone.now(), facts={"questions": questions})
    draft.survey_id = "SV_1"
    draft.save()
    member = Member.objects.get()

    found = {one.title: one for one in findings(member, draft, audience_of(member, draft, "Invite"))}

    assert "1 evaluator has an invalid address" in found
    assert found["1 evaluator has a relationship that this assessment does not have"].named[0].words == "Customer"
    assert str(other) in found["1 manager differs from the directory"].named[0].name
    [scale] = found["1 question has a scale that would be scored wrongly"].named
    assert scale.words == "The scale runs the other way than most."


def test_the_check_says_that_nothing_is_wrong(org, draft):
    subject = Subject.objects.select_related("assessment", "org").get()
    evaluations(subject, people(org, 1, start=60), "Manager", "NotStarted")
    evaluations(subject, people(org, 1, start=70), "Peer", "NotStarted")

    assert "Nothing to correct was found." in text(browser(org, Role.EDITOR).get(url(draft, "activate/")))


def test_activation_at_the_engine_plans_the_invitations(connected: Connected):
    engine = connected.engine
    engine.run(Brand.objects.filter(pk=engine.brand.pk).update, mail="on")
    asked = engine.people(3)
    rated = engine.subject(engine.assessment("Leadership review", status="Draft"), asked[0])
    engine.evaluation(rated, asked[1], "Peer")
    connected.sync()
    review = connected.assessment()

    activate_assessment(review, by=connected.admin, invite=True, invite_at=timezone.now() + timedelta(days=1))
    for _ in range(3):
        connected.send()
    while run_next():
        pass

    assert [change.state for change in Change.objects.order_by("number")] == ["done", "done"]
    (mailing,) = mailings_of(connected.admin, review)
    assert (mailing.kind, mailing.state) == ("Invite", "planned")


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
