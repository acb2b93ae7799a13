"""Ending the personal links of a person from the person's page."""

import pytest
from django.utils import timezone

from assessments.brand import forget_brand, mirror_brand
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Credential, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from qxportal.threesixty.records.mailings import BrandRecord
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def org() -> Organisation:
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    mirror_brand(org, BrandRecord(name="halden", title="Halden", mail="on"), as_of=timezone.now())
    return org


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
