"""The messages of an assessment: mailings, their log, audience and preview; planning and stopping one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.audience import audience_of
from assessments.brand import mirror_brand
from assessments.mailing_commands import cancel_mailing, create_mailing
from assessments.mailings import forget_old_addresses, mailings_of, mails_of, mirror_mailings
from assessments.models import Assessment, Evaluation, Mail, Subject
from directory.models import Person
from qxportal.accounts.models import Credential, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import changes
from qxportal.ledger.models import Change, Job
from qxportal.threesixty.records.mailings import BrandRecord, MailingRecord, MailRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def org() -> Organisation:
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    brand(org)
    return org


def brand(org: Organisation, **facts: Any) -> None:
    values = {"title": "Halden Optics", "language": "EN", "time_zone": "Europe/Vienna", "mail": "on"}
    mirror_brand(org, BrandRecord(name="halden", **{**values, **facts}), as_of=timezone.now())


@pytest.fixture
def review(org: Organisation) -> Assessment:
    """Three people are asked about a fourth: one has not begun, one is at it, one has finished."""
    review = assessment(org)
    subjects(review, people(org, 1))
    subject = Subject.objects.select_related("assessment", "org").get()
    waiting, begun, done = people(org, 3, start=10)
    evaluations(subject, [waiting], "Peer", "NotStarted")
    evaluations(subject, [begun], "Peer", "InProgress")
    evaluations(subject, [done], "Peer", "Completed")
    return review


def told(review: Assessment, *mails: MailRecord, mailings: tuple[MailingRecord, ...] = ()) -> None:
    mirror_mailings(review, mailings, mails, as_of=timezone.now())


def mail(number: int, key: str, **fields: Any) -> MailRecord:
    values = {"kind": "Invite", "state": "sent", "created_at": timezone.now(), "settled_at": timezone.now()}
    return MailRecord(vendor_id=f"M_{number}", person_id=key, **{**values, **fields})


def url(review: Assessment, page: str = "") -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/messages/{page}"


def names(member: Member, review: Assessment, kind: str, **more: Any) -> list[str]:
    return [one.name for one in audience_of(member, review, kind, **more).recipients]


# -- whom it goes to


def test_audiences_follow_what_is_open_finished_and_invited(org, review):
    browser(org, Role.EDITOR)
    member = Member.objects.get()
    waiting, begun, done = (Evaluation.objects.get(status=s) for s in ("NotStarted", "InProgress", "Completed"))
    told(review, mail(1, begun.evaluator_key), mail(2, waiting.evaluator_key, state="failed"))

    assert names(member, review, "Reminder") == [waiting.evaluator_name, begun.evaluator_name]
    assert names(member, review, "Invite") == [waiting.evaluator_name]
    assert names(member, review, "Invite", only=[begun.evaluator_key]) == [begun.evaluator_name]
    assert names(member, review, "Thanks") == [done.evaluator_name]
    assert not audience_of(member, review, "Report").known


def test_who_was_asked_for_more_since_the_invitation_is_not_invited(org, review):
    browser(org, Role.EDITOR)
    member = Member.objects.get()
    waiting, begun = (Evaluation.objects.get(status=s) for s in ("NotStarted", "InProgress"))
    told(review, mail(1, begun.evaluator_key, covers_all=False), mail(2, waiting.evaluator_key))
    assert names(member, review, "Invite") == [begun.evaluator_name]

    Evaluation.objects.filter(pk=begun.pk).update(unsolicited=True)
    assert names(member, review, "Invite") == []


def test_audiences_leave_out_who_left_and_subjects_who_are_done(org, review):
    browser(org, Role.EDITOR)
    member = Member.objects.get()
    waiting = Evaluation.objects.get(status="NotStarted")
    Person.objects.filter(vendor_id=waiting.evaluator_key).update(gone_at=timezone.now())
    assert waiting.evaluator_name not in names(member, review, "Reminder")

    Subject.objects.update(status="Done")
    assert names(member, review, "Reminder") == []


def test_people_without_an_address_are_listed_apart(org, review):
    waiting = Evaluation.objects.get(status="NotStarted")
    Person.objects.filter(vendor_id=waiting.evaluator_key).update(email="")

    shown = text(browser(org, Role.EDITOR).get(url(review, "new/?kind=Reminder")))

    assert "1 person has no e-mail address and gets nothing:" in shown
    assert "1 person" in shown


def test_mails_that_are_not_put_together_are_counted_one_for_each_evaluation(org, review):
    browser(org, Role.EDITOR)
    Assessment.objects.update(workflow_options={"MergeMessages": False})
    review.refresh_from_db()
    second = subjects(review, people(org, 1, start=40))[0]
    person = Person.objects.get(vendor_id=Evaluation.objects.get(status="NotStarted").evaluator_key)
    evaluations(second, [person], "Peer", "NotStarted")

    audience = audience_of(Member.objects.get(), review, "Reminder")

    assert (len(audience.reached), audience.mails(review)) == (2, 3)


# -- planning and stopping


def test_reminders_are_planned_after_a_look_at_the_audience(org, review):
    editor = browser(org, Role.EDITOR)
    waiting = Evaluation.objects.get(status="NotStarted")

    shown = text(editor.get(url(review, "new/?kind=Reminder")))
    answer = editor.post(url(review, "new/"), {"kind": "Reminder", "when": "now"})

    change = Change.objects.get()
    assert "2 people" in shown
    assert f"Preview for {waiting.evaluator_name}" in shown
    assert answer.status_code == 302
    assert (change.request, change.parameters["kind"]) == ("qxCreateMailing", "Reminder")
    assert not {"person_ids", "scheduled_at"} & set(change.parameters)
    assert change.parameters["idempotency_key"] == change.pk.hex
    assert change.writes == [f"assessment/{review.vendor_id}/member"]


def test_a_mailing_at_a_time_is_recorded_in_utc(org, review):
    at = timezone.now().replace(second=0, microsecond=0) + timedelta(days=2)
    typed = timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")

    browser(org, Role.EDITOR).post(url(review, "new/"), {"kind": "Thanks", "when": "at", "at": typed, "standing": "on"})

    parameters = Change.objects.get().parameters
    assert parameters["scheduled_at"].endswith("+00:00")
    assert parameters["standing"] is True


@pytest.mark.parametrize(
    ("at", "words"), [("", "Enter when the mails are sent."), ("2020-01-01T10:00", "Enter a time that has not passed.")]
)
def test_a_time_that_cannot_be_is_refused_beside_its_field(org, review, at, words):
    answer = browser(org, Role.EDITOR).post(url(review, "new/"), {"kind": "Reminder", "when": "at", "at": at})

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_one_person_is_sent_the_link_again(org, review):
    begun, done = Evaluation.objects.get(status="InProgress"), Evaluation.objects.get(status="Completed")
    posted = {"kind": "Invite", "when": "now", "person": [begun.evaluator_key, done.evaluator_key, "P_nobody"]}

    browser(org, Role.EDITOR).post(url(review, "new/"), posted)

    assert Change.objects.get().parameters["person_ids"] == [begun.evaluator_key]


@pytest.mark.parametrize(
    ("status", "kind", "mail_mode", "words"),
    [
        ("Closed", "Reminder", "on", "is closed, so evaluators cannot answer"),
        ("Draft", "Reminder", "on", "has not been activated"),
        ("Active", "Reminder", "off", "Mail is off, so this mailing would be cancelled"),
    ],
)
def test_a_mailing_that_cannot_leave_is_refused(org, review, status, kind, mail_mode, words):
    brand(org, mail=mail_mode)
    Assessment.objects.update(status=status)

    answer = browser(org, Role.EDITOR).post(url(review, "new/"), {"kind": kind, "when": "now"})

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_nobody_is_mailed_where_all_have_finished(org, review):
    browser(org, Role.EDITOR)
    Evaluation.objects.update(status="Completed")

    with pytest.raises(ActionRefused, match="There are no recipients for this mail now"):
        create_mailing(review, by=Member.objects.get(), kind="Reminder")


def test_a_planned_mailing_is_stopped_after_a_question(org, review):
    told(review, mailings=(MailingRecord(vendor_id="ML_1", kind="Thanks", scheduled_at=timezone.now()),))
    editor = browser(org, Role.EDITOR)

    assert "It is not sent when its time comes." in text(editor.get(url(review, "ML_1/stop/")))
    assert editor.post(url(review, "ML_2/stop/")).status_code == 404
    assert editor.post(url(review, "ML_1/stop/")).status_code == 302

    change = Change.objects.get()
    assert (change.request, change.parameters["mailing_id"]) == ("qxCancelMailing", "ML_1")


def test_a_mailing_that_is_over_is_not_stopped(org, review):
    now = timezone.now()
    told(review, mailings=(MailingRecord(vendor_id="ML_1", kind="Reminder", scheduled_at=now, sent_at=now),))
    browser(org, Role.EDITOR)
    member = Member.objects.get()

    with pytest.raises(ActionRefused, match="nothing to stop"):
        cancel_mailing(review, mailings_of(member, review)[0], by=member)


# -- the preview


def test_the_preview_is_in_the_persons_language_and_holds_no_link(org, review):
    brand(org, from_name="HR", mail_from="360@halden.example", footer={"DE": "Halden, Graz"})
    waiting = Evaluation.objects.get(status="NotStarted")
    Person.objects.filter(vendor_id=waiting.evaluator_key).update(metadata={"Language": "DE"})

    page = browser(org, Role.EDITOR).get(url(review, f"new/?kind=Reminder&as={waiting.evaluator_key}"))
    shown = text(page)

    assert f"Guten Tag {waiting.evaluator_first_name}," in shown
    assert f"Feedback zu {waiting.subject} (Leadership review)" in shown
    assert "Halden, Graz" in shown
    assert f"[persönlicher Link von {waiting.evaluator_name}]" in shown
    assert "HR &lt;360@halden.example&gt;" in shown


# -- the log


def test_the_log_says_in_words_what_became_of_each_mail(org, review):
    waiting, begun = Evaluation.objects.get(status="NotStarted"), Evaluation.objects.get(status="InProgress")
    told(
        review,
        mail(1, waiting.evaluator_key, state="failed", why="refused", address="old@halden.example", reply="550 no"),
        mail(2, begun.evaluator_key, kind="Reminder", state="cancelled", why="reminded-today"),
    )
    editor = browser(org, Role.EDITOR)

    whole, failed = text(editor.get(url(review))), text(editor.get(url(review, "?state=failed")))

    assert "The mail server refused it for good." in whole
    assert "Correct the address in the directory, then send it again." in whole
    assert "550 no" in whole
    assert "The person has been reminded today." in whole
    assert "reminded today" not in failed
    assert f"kind=Invite&amp;person={waiting.evaluator_key}" in editor.get(url(review)).content.decode()


def test_the_log_is_sorted_by_time_both_ways(org, review):
    early, late = Evaluation.objects.get(status="NotStarted"), Evaluation.objects.get(status="InProgress")
    now = timezone.now()
    told(
        review,
        mail(1, early.evaluator_key, created_at=now - timedelta(days=2)),
        mail(2, late.evaluator_key, created_at=now - timedelta(days=1)),
    )
    editor = browser(org, Role.EDITOR)

    down, up = text(editor.get(url(review))), text(editor.get(url(review, "?sort=time")))

    assert down.rindex(late.evaluator_name) < down.rindex(early.evaluator_name)
    assert up.rindex(early.evaluator_name) < up.rindex(late.evaluator_name)


def test_old_addresses_are_forgotten(org, review):
    long_ago = timezone.now() - timedelta(days=181)
    told(
        review,
        mail(1, "P_1", address="a@halden.example", settled_at=long_ago),
        mail(2, "P_2", address="b@halden.example"),
    )

    assert forget_old_addresses() == 1
    assert list(Mail.objects.order_by("vendor_id").values_list("address", flat=True)) == ["", "b@halden.example"]


def test_an_older_answer_does_not_overwrite_the_log(org, review):
    told(review, mail(1, "P_1"))

    mirror_mailings(review, [], [], as_of=timezone.now() - timedelta(hours=1))

    assert Mail.objects.count() == 1


# -- who may, and where


@pytest.mark.parametrize("page", ["new/", "ML_1/stop/"])
def test_readers_and_other_organisations_send_nothing(org, review, page):
    told(review, mailings=(MailingRecord(vendor_id="ML_1", kind="Thanks", scheduled_at=timezone.now()),))
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert browser(org, Role.AUDITOR).post(url(review, page), {"kind": "Reminder", "when": "now"}).status_code == 403
    assert rival.post(url(review, page), {"kind": "Reminder", "when": "now"}).status_code == 404
    assert rival.get(url(review)).status_code == 404
    assert not Change.objects.exists()


def test_readers_see_the_log_and_no_actions(org, review):
    waiting = Evaluation.objects.get(status="NotStarted")
    told(review, mail(1, waiting.evaluator_key))

    page = browser(org, Role.READER).get(url(review)).content.decode()

    assert waiting.evaluator_name in page
    assert "messages/new/" not in page


def test_a_subject_of_the_assessment_sees_and_sends_nothing(org, review):
    waiting = Evaluation.objects.get(status="NotStarted")
    told(review, mail(1, waiting.evaluator_key), mailings=(MailingRecord(vendor_id="ML_1", kind="Reminder"),))
    editor = browser(org, Role.EDITOR)
    Subject.objects.update(email="editor@halden.example")
    Person.objects.filter(subjects__isnull=False).update(email="editor@halden.example")
    member = Member.objects.get()

    log, plan = text(editor.get(url(review))), text(editor.get(url(review, "new/?kind=Reminder")))
    sent = editor.post(url(review, "new/"), {"kind": "Reminder", "when": "now"})
    refreshed = editor.post(url(review, "refresh/"), headers={"HX-Request": "true"})

    assert waiting.evaluator_name not in log + plan
    assert "shown to other members only" in log
    assert editor.get(url(review, "ML_1/stop/")).status_code == 404
    assert (sent.status_code, refreshed.status_code) == (422, 422)
    assert not Change.objects.exists()
    assert not Job.objects.exists()
    assert not mails_of(member, review).exists()


def test_changes_about_mailings_are_hidden_from_subjects(org, review):
    browser(org, Role.ADMIN)
    create_mailing(review, by=Member.objects.get(), kind="Reminder")
    browser(org, Role.EDITOR)
    Person.objects.filter(subjects__isnull=False).update(email="editor@halden.example")

    assert not changes(Member.objects.get(role="editor"), Change.objects.all()).exists()
    assert changes(Member.objects.get(role="admin"), Change.objects.all()).exists()


def test_other_servers_show_no_messages(org, review):
    heard = {"name": "qxGetBrand", "outcome": "unknown", "words": "", "at": timezone.now().isoformat()}
    Credential.objects.update(heard={"qxGetBrand": heard})

    assert "does not offer this" in text(browser(org, Role.EDITOR).get(url(review)))
