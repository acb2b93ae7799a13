"""Texts of an assessment's own library: written side by side, checked, previewed, sent by mailings."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.brand import mirror_brand
from assessments.handlers import CHANGE_HANDLERS
from assessments.mailing_commands import create_mailing, refresh_mails
from assessments.message_texts import (
    MOST_GROUPS,
    create_text,
    groups_left,
    libraries_of,
    mirror_texts,
    set_text,
    shown_name,
    texts_of,
)
from assessments.models import Assessment, Evaluation, MessageText, Subject
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Assessment as EngineAssessment
from qxportal.engine.models import Group, Mailing, Message
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.conflicts import find_conflict
from qxportal.threesixty.records import MessageRecord
from qxportal.threesixty.records.mailings import BrandRecord
from surveys.models import LibraryContent
from tests.support.mirrored_rows import (
    assessment,
    browser,
    evaluations,
    organisation,
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
    review = assessment(org)
    subjects(review, people(org, 1))
    evaluations(
        Subject.objects.select_related("assessment", "org").get(), people(org, 1, start=10), "Peer", "NotStarted"
    )
    return review


def known(review: Assessment, **fields: Any) -> MessageText:
    values = {
        "category": "ReminderEmails",
        "name": "Warm words #K7Q4TZ",
        "texts": {"EN": "Dear ${FirstName}"},
        **fields,
    }
    mirror_texts(review, [MessageRecord(vendor_id="MS_1", **values)], as_of=timezone.now())
    return MessageText.objects.select_related("assessment__org").get()


def url(review: Assessment, page: str) -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/messages/{page}"


@pytest.mark.parametrize("page", ["texts/new/", "texts/{}/"])
def test_a_text_is_previewed_for_a_real_person_before_it_is_saved(org, review, page):
    stored = known(review)
    someone = Person.objects.get(vendor_id=Evaluation.objects.get().evaluator_key)
    fields = {"kind": "Reminder", "name": "Warm words", "text_EN": "Dear ${FirstName}, see ${Tasks}", "preview": "1"}
    editor = browser(org, Role.EDITOR)

    answer = editor.post(url(review, page.format(stored.pk)), fields)

    assert answer.status_code == 200
    assert not Change.objects.exists()
    assert f"Preview for {someone}" in text(answer)
    assert f"Dear {someone.first_name}, see - Feedback on" in text(answer)
    assert answer.context["form"]["text_EN"].value() == fields["text_EN"]
    Evaluation.objects.update(status="Completed")
    answer = editor.post(url(review, page.format(stored.pk)), fields)
    assert "There is no preview, because you can see no one who would get this mail now." in text(answer)


def test_a_new_text_is_recorded_for_its_kind(org, review):
    fields = {"kind": "Reminder", "name": "Warm words", "text_EN": "Dear ${FirstName}", "text_DE": "Guten Tag"}

    answer = browser(org, Role.EDITOR).post(url(review, "texts/new/"), fields)

    parameters = Change.objects.get().parameters
    assert answer.status_code == 302
    assert (parameters["library_id"], parameters["category"]) == (review.vendor_id, "ReminderEmails")
    assert parameters["message"] == {"EN": "Dear ${FirstName}", "DE": "Guten Tag"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text_DE": "Guten Tag ${Vorname}"}, "Nothing fills in ${Vorname}."),
        ({"text_EN": "", "text_DE": " "}, "Write the text in at least one language."),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_refused(org, review, fields, words):
    given = {"kind": "Invite", "name": "Words", "text_EN": "Dear all", **fields}

    answer = browser(org, Role.EDITOR).post(url(review, "texts/new/"), given)

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_only_changed_languages_are_sent_and_none_is_emptied(org, review):
    row = known(review, texts={"EN": "Dear all", "DE": "Guten Tag"})
    editor = browser(org, Role.EDITOR)

    emptied = editor.post(url(review, f"texts/{row.pk}/"), {"text_EN": "", "text_DE": "Guten Tag"})
    editor.post(url(review, f"texts/{row.pk}/"), {"text_EN": "Dear colleague", "text_DE": "Guten Tag"})

    assert "A text cannot be emptied." in text(emptied)
    assert Change.objects.get().parameters["message"] == {"EN": "Dear colleague"}


def test_an_unchanged_text_is_refused_and_a_newer_one_is_a_conflict(org, review):
    row = known(review)
    browser(org, Role.EDITOR)
    member = Member.objects.get()
    with pytest.raises(ActionRefused, match="Nothing was changed"):
        set_text(row, by=member, texts={"EN": "Dear ${FirstName}"})
    change, handler = set_text(row, by=member, texts={"EN": "Hello"}), CHANGE_HANDLERS["setLibraryMessage"]
    assert find_conflict(change, handler, handler.mirrored_values(change)) == []

    known(review, texts={"EN": "Somebody else's"})

    assert find_conflict(change, handler, handler.mirrored_values(change)) != []


def shared(review: Assessment, owner: str = "GR_1") -> MessageText:
    Assessment.objects.update(owner_id=owner)
    review.refresh_from_db()
    records = [MessageRecord(vendor_id="MS_2", name="House words", category="ReminderEmails", texts={"EN": "Hi"})]
    mirror_texts(review, [], as_of=timezone.now(), shared=[(owner, record) for record in records])
    return MessageText.objects.select_related("assessment__org").get()


@pytest.mark.parametrize(("owner", "words"), [("GR_1", "Library of the group"), ("UR_1", "Library of the owner")])
def test_texts_of_the_owners_library_are_listed_chosen_and_changed(org, review, owner, words):
    row = shared(review, owner)
    editor = browser(org, Role.EDITOR)

    listed = text(editor.get(url(review, "")))
    chosen = editor.get(url(review, "new/?kind=Reminder&text=MS_2")).content.decode()
    page = text(editor.get(url(review, f"texts/{row.pk}/")))
    editor.post(url(review, f"texts/{row.pk}/"), {"text_EN": "Hello"})

    assert libraries_of(review) == [review.vendor_id, owner]
    assert f"House words Reminder · EN · {words}" in listed
    assert '<option value="MS_2" selected>House words</option>' in chosen
    assert "other assessments that send it" in page
    change = Change.objects.get()
    assert (change.parameters["library_id"], change.assessment_id) == (owner, review.vendor_id)
    handler = CHANGE_HANDLERS["setLibraryMessage"]
    assert find_conflict(change, handler, handler.mirrored_values(change)) == []


def test_libraries_of_groups_are_known_once_they_were_read(org, review):
    other = assessment(org, "Other round", owner_id="GR_owner")
    assert libraries_of(review) == [review.vendor_id, "GR_owner"]
    assert libraries_of(other) == [other.vendor_id, "GR_owner"]
    editor = browser(org, Role.EDITOR)

    LibraryContent.objects.create(org=org, library_id="GR_read", seen_at=timezone.now())
    record = MessageRecord(vendor_id="MS_3", name="Team words", category="ReminderEmails", texts={"EN": "Hi"})
    mirror_texts(review, [], as_of=timezone.now(), shared=[("GR_read", record)])

    assert libraries_of(review) == [review.vendor_id, "GR_read", "GR_owner"]
    page = text(editor.get(url(review, "")))
    assert "Library of the group GR_read" in page and "of groups are read" not in page


def test_groups_beyond_those_whose_libraries_are_read_are_told(org, review):
    now = timezone.now()
    LibraryContent.objects.bulk_create(
        LibraryContent(org=org, library_id=f"GR_{number}", seen_at=now - timedelta(hours=number))
        for number in range(MOST_GROUPS + 1)
    )
    rival = organisation("rival", "Rival")
    LibraryContent.objects.create(org=rival, library_id="GR_rival", seen_at=now)

    assert libraries_of(review)[1:] == [f"GR_{number}" for number in range(MOST_GROUPS)]
    assert groups_left(review) == 1
    assert "Texts of 1 other group of users are not listed: at most 5" in text(
        browser(org, Role.EDITOR).get(url(review, ""))
    )


def test_a_text_is_chosen_and_previewed(org, review):
    known(review)
    editor = browser(org, Role.EDITOR)
    person = Evaluation.objects.get()

    page = editor.get(url(review, "new/?kind=Reminder&text=MS_1"))
    shown = text(page)
    other = editor.get(url(review, "new/?kind=Thanks")).content.decode()
    editor.post(url(review, "new/"), {"kind": "Reminder", "when": "now", "text": "MS_1"})

    assert f"Dear {person.evaluator_first_name}" in shown
    assert f"[the personal link of {person.evaluator_name}]" in shown
    assert '<option value="MS_1" selected>Warm words</option>' in page.content.decode()
    assert "#K7Q4TZ" not in shown
    assert "Warm words" not in other
    assert Change.objects.get().parameters["message_id"] == "MS_1"


@pytest.mark.parametrize("page", ["texts/new/", "texts/{pk}/"])
def test_readers_and_other_organisations_write_nothing(org, review, page):
    page = page.format(pk=known(review).pk)
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert browser(org, Role.AUDITOR).post(url(review, page), {"text_EN": "Hello"}).status_code == 403
    assert rival.post(url(review, page), {"text_EN": "Hello"}).status_code == 404
    assert not Change.objects.exists()


def test_a_text_is_written_read_changed_and_sent(connected: Connected):
    engine = connected.engine
    asked = engine.people(2)
    rated = engine.subject(engine.assessment("Leadership review"), asked[0])
    engine.evaluation(rated, asked[1], "Peer")
    connected.sync()
    review, admin = connected.assessment(), connected.admin

    def worked_off() -> None:
        for _ in range(2):
            connected.send()
        while run_next():
            pass

    create_text(review, by=admin, kind="Reminder", name="Warm words", texts={"EN": "Dear ${FirstName}"})
    worked_off()
    row = texts_of(review, "Reminder").select_related("assessment__org").get()
    assert (shown_name(row), row.texts) == ("Warm words", {"EN": "Dear ${FirstName}"})

    set_text(row, by=admin, texts={"EN": "Dear ${FirstName}", "DE": "Guten Tag ${FirstName}"})
    worked_off()
    assert texts_of(review).get().texts["DE"] == "Guten Tag ${FirstName}"

    mirror_brand(connected.org, BrandRecord(name="marlstone", mail="on"), as_of=timezone.now())
    create_mailing(review, by=admin, kind="Reminder", message_id=row.vendor_id)
    worked_off()
    sent = engine.run(lambda: Mailing.objects.select_related("message").get().message)
    assert sent == engine.run(Message.objects.get)
    refresh_mails(review, by=admin)


def test_library_of_the_owner_is_read_where_it_is_for_the_api_user(connected: Connected):
    engine = connected.engine
    group = engine.run(Group.objects.create, brand=engine.brand, name="Learning and Development")
    engine.run(
        EngineAssessment.objects.filter(pk=engine.assessment("Leaders").pk).update, owner=None, owner_group=group
    )
    common = {"brand": engine.brand, "library_id": group.public_id, "texts": {"EN": "Hi"}}
    for category in ("ReminderEmails", "SMSInvite"):
        engine.run(Message.objects.create, name=category, category=category, **common)
    connected.sync()
    review = connected.assessment()

    refresh_mails(review, by=connected.admin)
    while run_next():
        pass

    assert [(one.name, one.library_id) for one in texts_of(review)] == [("ReminderEmails", group.public_id)]
