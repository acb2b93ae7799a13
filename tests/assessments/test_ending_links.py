"""Ending the personal links of a person from the person's page."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from assessments.brand import forget_brand
from assessments.link_commands import end_links
from assessments.link_states import mirror_link
from assessments.models import LetterBatch, LinkState
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.transitions import transition
from qxportal.threesixty.records.links import LinkRecord
from tests.support.mirrored_rows import (
    assessment,
    browser,
    organisation,
    organisation_with_mail,
    people,
    subjects,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def org() -> Organisation:
    return organisation_with_mail()


@pytest.fixture
def person(org: Organisation) -> Person:
    return people(org, 1)[0]


def url(person: Person, page: str = "links/") -> str:
    return f"/o/{person.org.slug}/people/{person.pk}/{page}"


def test_links_are_ended_after_a_look_and_that_is_noted(org, person):
    client = browser(org, Role.EDITOR)
    assert url(person) in client.get(url(person, "")).content.decode()
    assert "Answers are kept." in text(client.get(url(person)))
    assert not Change.objects.exists()

    answer = client.post(url(person))

    assert answer.status_code == 302
    change = Change.objects.get()
    assert (change.request, change.parameters["person_id"]) == ("qxEndLinks", person.vendor_id)
    assert change.parameters["idempotency_key"]
    assert AuditEntry.objects.get(verb="links.ended").target == person.vendor_id


@pytest.mark.parametrize("how", ["reader", "another organisation", "subject", "no brand"])
def test_ending_links_is_hidden_and_refused_without_permission(org, person, how):
    if how == "another organisation":
        client = browser(organisation("Fennmoor"), Role.EDITOR)
    else:
        client = browser(org, Role.READER if how == "reader" else Role.EDITOR)
    if how == "no brand":
        forget_brand(org)
    if how == "subject":
        own = people(org, 1, start=20)
        Person.objects.filter(pk=own[0].pk).update(email=Member.objects.get().user.email)
        subjects(assessment(org), own)

    page, answer = client.get(url(person, "")), client.post(url(person))

    expected = {"reader": 403, "another organisation": 404}
    assert url(person) not in page.content.decode()
    assert answer.status_code == expected.get(how, 422)
    assert not Change.objects.exists()


def told(person, **fields):
    mirror_link(person, LinkRecord(person_id=person.vendor_id, days=60, **fields), as_of=timezone.now())


def card(client, person):
    return text(client.get(url(person, ""))).partition("Personal links")[2].partition("Reporting line")[0]


def test_state_of_links_is_shown_and_read_on_demand(org, person):
    client = browser(org, Role.EDITOR)
    assert "Last ended Not read yet" in card(client, person)

    answer = client.post(url(person, "links/refresh/"), {"back": url(person, "")})
    told(person)

    assert answer["Location"] == url(person, "")
    assert Job.objects.get(kind="sync-link").target == person.vendor_id
    assert "Last ended Never Last printed letter None A new link is valid for 60 days" in card(client, person)


def test_page_says_who_ended_links_and_printed_a_letter(org, person):
    client = browser(org, Role.EDITOR)
    by = Member.objects.get()
    long_ago = timezone.now() - timedelta(days=3)
    change = end_links(person, by=by)
    transition(change, Change.State.DONE, sent_at=timezone.now())

    told(person, ended_at=timezone.now())
    assert str(by) in card(client, person)
    told(person, ended_at=timezone.now() + timedelta(hours=1))
    assert "By another address, or not by a member" in card(client, person)
    LetterBatch.objects.create(
        org=org,
        assessment=assessment(org),
        change_key=uuid4(),
        person_keys=[person.vendor_id],
        printed_at=timezone.now() + timedelta(hours=2),
        printed_by_name="Pia Print",
    )

    shown = card(client, person)
    assert "By a printed letter" in shown
    assert "Pia Print" in shown
    mirror_link(person, LinkRecord(person_id=person.vendor_id, days=1), as_of=long_ago)
    assert LinkState.objects.get().days == 60


@pytest.mark.parametrize("how", ["reader", "subject", "no brand"])
def test_state_of_links_is_kept_from_readers_and_subjects(org, person, how):
    client = browser(org, Role.READER if how == "reader" else Role.EDITOR)
    if how == "subject":
        own = people(org, 1, start=20)
        Person.objects.filter(pk=own[0].pk).update(email=Member.objects.get().user.email)
        subjects(assessment(org), own)
    if how == "no brand":
        forget_brand(org)

    page = text(client.get(url(person, "")))
    client.post(url(person, "links/refresh/"))

    assert ("does not tell the state of personal links" in page) == (how == "no brand")
    assert "Last printed letter" not in page
    assert not Job.objects.filter(kind="sync-link").exists()
