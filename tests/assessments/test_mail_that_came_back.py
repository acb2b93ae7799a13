"""Mail that came back after it was sent: on Home, in the log of an assessment, and on the person's page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessments.brand import mirror_brand
from assessments.mailings import mirror_mailings
from assessments.models import Assessment, Evaluation, Mail, Subject
from directory.commands import update_person
from directory.models import Person
from directory.person_edits import PersonEdit
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import Mail as EngineMail
from qxportal.ledger.jobs.run import run_next
from qxportal.threesixty.records.mailings import BrandRecord, MailRecord, ReturnedRecord
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
        Subject.objects.select_related("assessment", "org").get(), people(org, 2, start=10), "Peer", "NotStarted"
    )
    return review


def brand(review: Assessment, **fields: Any) -> None:
    returned = (ReturnedRecord(assessment_id=review.vendor_id, **{"people": 2, "last_at": timezone.now(), **fields}),)
    mirror_brand(review.org, BrandRecord(name="halden", mail="on", returned=returned), as_of=timezone.now())


def told(review: Assessment, *mails: MailRecord) -> None:
    mirror_mailings(review, (), mails, as_of=timezone.now())


def returned(evaluation: Evaluation, why: str = "no-such-address", **fields: Any) -> MailRecord:
    values: dict[str, Any] = {"kind": "Invite", "state": "failed", "why": why, "reply": "5.1.1 smtp; 550 unknown"}
    values |= {"created_at": timezone.now(), "settled_at": timezone.now(), "address": evaluation.evaluator_email}
    return MailRecord(vendor_id=f"M_{why}", person_id=evaluation.evaluator_key, **values | fields)


def page(review: Assessment, rest: str = "") -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/messages/{rest}"


def test_home_names_the_assessments_whose_mail_came_back(org, review):
    brand(review)
    home = browser(org, Role.READER).get(f"/o/{org.slug}/")

    assert "Mail to 2 people could not be delivered. Correct the addresses." in text(home)
    assert f'href="{page(review)}?state=failed"' in home.content.decode()
    assert "Nothing needs your attention." not in text(home)


def test_home_says_nothing_of_it_to_subjects(org, review):
    brand(review)
    reader = browser(org, Role.READER)
    Person.objects.filter(vendor_id=Subject.objects.get().vendor_id).update(email=Member.objects.get().user.email)

    assert "could not be delivered" not in text(reader.get(f"/o/{org.slug}/"))


def test_other_organisations_see_nothing_of_it(org, review):
    brand(review)
    rival = organisation("rival", "Rival")
    assessment(rival)
    mirror_brand(
        rival,
        BrandRecord(name="rival", mail="on", returned=(ReturnedRecord(assessment_id=review.vendor_id, people=2),)),
        as_of=timezone.now(),
    )

    assert "could not be delivered" not in text(browser(rival, Role.OWNER).get(f"/o/{rival.slug}/"))


@pytest.mark.parametrize(
    ("why", "words", "correct"),
    [
        ("no-such-address", "It came back: the receiving mail server does not know the address.", True),
        ("no-such-domain", "the part of the address after the @ does not exist", True),
        ("mailbox-disabled", "the mailbox is disabled", True),
        ("returned", "the receiving mail server refused it for good", True),
        ("mailbox-full", "the mailbox is full", False),
        ("not-accepted", "does not accept this mail", False),
        ("expired", "could not be reached for days", False),
    ],
)
def test_log_and_person_say_in_words_why_it_came_back(org, review, why, words, correct):
    evaluation = Evaluation.objects.all()[0]
    person = Person.objects.get(vendor_id=evaluation.evaluator_key)
    told(review, returned(evaluation, why))
    editor = browser(org, Role.EDITOR)

    log, about = text(editor.get(page(review))), text(editor.get(f"/o/{org.slug}/people/{person.pk}/"))

    for shown in (log, about):
        assert words in shown
        assert ("Correct the address" in shown) == correct
    assert "5.1.1 smtp; 550 unknown" in log
    assert f"A mail to {person.email} could not be delivered" in about


def test_a_delay_is_told_beside_the_mail(org, review):
    told(review, returned(Evaluation.objects.all()[0], "delayed", state="sent"))

    shown = text(browser(org, Role.READER).get(page(review)))

    assert "The receiving mail server has not taken it yet." in shown
    assert "Correct the address" not in shown


def test_a_person_is_fine_once_a_later_mail_was_taken_or_the_address_is_another(org, review):
    evaluation = Evaluation.objects.all()[0]
    person = Person.objects.get(vendor_id=evaluation.evaluator_key)
    long_ago = timezone.now() - timedelta(days=2)
    editor = browser(org, Role.EDITOR)
    told(review, returned(evaluation, settled_at=long_ago))
    assert "could not be delivered" in text(editor.get(f"/o/{org.slug}/people/{person.pk}/"))

    told(review, returned(evaluation, settled_at=long_ago), returned(evaluation, "", state="sent"))
    assert "could not be delivered" not in text(editor.get(f"/o/{org.slug}/people/{person.pk}/"))

    told(review, returned(evaluation))
    Person.objects.filter(pk=person.pk).update(email="right@halden.example")
    assert "could not be delivered" not in text(editor.get(f"/o/{org.slug}/people/{person.pk}/"))


def test_people_to_whom_mail_came_back_are_offered_a_letter(org, review):
    told(review, returned(Evaluation.objects.all()[0]))

    shown = text(browser(org, Role.EDITOR).get(f"/o/{org.slug}/assessments/{review.pk}/messages/letters/new/"))

    assert "Mail to this address came back" in shown


def test_a_sync_reads_the_mails_that_came_back_since(connected: Connected):
    engine = connected.engine
    anna, ben = engine.people(2)
    found = engine.assessment("Leadership review", status="Active")
    engine.evaluation(engine.subject(found, anna), ben, "Peer")
    fields = {"person": ben, "assessment": found, "kind": "Invite", "address": ben.email, "settled_at": timezone.now()}
    sent = engine.run(EngineMail.objects.create, brand=engine.brand, state="sent", **fields)
    connected.sync()
    while run_next():
        pass
    assert not Mail.objects.filter(org=connected.org).exists()  # nobody opened the messages, and all is well

    engine.run(EngineMail.objects.filter(pk=sent.pk).update, state="failed", why="returned", settled_at=timezone.now())
    connected.sync()
    while run_next():
        pass

    mail = Mail.objects.get(org=connected.org)
    assert (mail.state, mail.why) == ("failed", "returned")
    connected.sync()
    assert not run_next()  # they are not read again and again

    home = browser(connected.org, Role.EDITOR)
    assert "Mail to 1 person could not be delivered." in text(home.get(f"/o/{connected.org.slug}/"))
    person = Person.objects.get(org=connected.org, vendor_id=ben.public_id)
    right = PersonEdit(person.first_name, person.last_name, "ben@right.example", person.metadata)
    update_person(person, right, by=connected.admin)
    connected.send()
    while run_next():
        pass
    assert "could not be delivered" not in text(home.get(f"/o/{connected.org.slug}/"))
