"""Activation: the check before it, and the invitations that it plans."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.commands import activate_assessment
from assessments.mailings import mailings_of
from assessments.models import Assessment, Evaluation, Subject
from assessments.prelaunch import findings
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Brand
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
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
def draft(org: Organisation) -> Assessment:
    """A draft with one subject and two peers."""
    draft = assessment(org, status="Draft")
    subjects(draft, people(org, 1))
    subject = Subject.objects.select_related("assessment", "org").get()
    evaluations(subject, people(org, 2, start=10), "Peer", "NotStarted")
    return draft


def url(draft: Assessment, page: str) -> str:
    return f"/o/{draft.org.slug}/assessments/{draft.pk}/{page}"


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
