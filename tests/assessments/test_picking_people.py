"""People of the directory are picked in one way: as subjects, as evaluators and in the wizard."""

import pytest
from django.http import QueryDict

from assessments.forms import PeoplePickerForm
from directory.models import Person
from qxportal.accounts.roles import Role
from qxportal.ledger.models import Change
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects

pytestmark = pytest.mark.django_db


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def editor(org):
    return browser(org, Role.EDITOR)


def picked(org, query):
    form = PeoplePickerForm(QueryDict(query), org=org)
    assert form.is_valid()
    return form


def test_picker_takes_ticks_and_addresses_once_each(org):
    first, second, third = people(org, 3)

    form = picked(org, f"person={second.pk}&person=x&person=9999&addresses={first.email},{second.email}")

    assert form.cleaned_data["people"] == [second, first]
    assert third not in form.cleaned_data["people"]
    assert form.unknown == []


def test_picker_names_addresses_without_one_person(org):
    first, second = people(org, 2)
    Person.objects.filter(pk=second.pk).update(email=first.email)

    form = picked(org, f"addresses={first.email};nobody@halden.example")

    assert form.cleaned_data["people"] == []
    assert form.unknown == [first.email, "nobody@halden.example"]


def test_picker_knows_nobody_of_other_organisations(org):
    [stranger] = people(organisation("rival", "Rival"), 1)

    form = picked(org, f"person={stranger.pk}&addresses={stranger.email}")

    assert form.cleaned_data["people"] == []
    assert form.unknown == [stranger.email]


@pytest.mark.parametrize("place", ["add/", "{subject}/evaluators/"])
def test_unknown_addresses_are_shown_and_nothing_recorded(org, editor, place):
    review = assessment(org)
    [subject] = subjects(review, people(org, 1))
    [person] = people(org, 1, start=5)
    url = f"/o/halden/assessments/{review.pk}/subjects/{place.format(subject=subject.pk)}"
    typed = {"person": person.pk, "addresses": "nobody@halden.example", "relationship": "Peer"}

    page = editor.post(url, typed)

    assert page.status_code == 422
    assert page.context["form"].unknown == ["nobody@halden.example"]
    notice = page.content.decode().partition('role="alert"')[2].partition("</div>")[0]
    assert "nobody@halden.example" in notice
    assert page.context["ticked"] == [str(person.pk)]
    assert not Change.objects.exists()


def test_evaluators_come_from_ticks_and_addresses(org, editor):
    review = assessment(org)
    [subject] = subjects(review, people(org, 1))
    ticked, pasted = people(org, 2, start=5)
    url = f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/evaluators/"

    page = editor.post(url, {"person": ticked.pk, "addresses": pasted.email, "relationship": "Peer"})

    assert page.status_code == 302
    sent = [row["UniqueIdentifier"] for row in Change.objects.get().parameters["rows"]]
    assert sent == [ticked.vendor_id, pasted.vendor_id]
