"""People who may be in the directory twice, and what is done about it."""

import pytest

from directory.duplicates import find_twins, name_key
from directory.models import DifferentPeople, Person
from qxportal.accounts.models import AuditEntry, Member
from qxportal.accounts.roles import Role
from qxportal.core.searching import folded
from qxportal.ledger.models import Plan
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
PAGE = "/o/halden/people/duplicates/"


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def crew(org):
    return people(org, 6)


def renamed(person, first, last, **fields):
    name = {"first_name": first, "last_name": last, "sort_name": folded(f"{last} {first}")}
    Person.objects.filter(pk=person.pk).update(**name, **fields)


def found(org):
    twins, total = find_twins(org, 100)
    assert total == len(twins)
    return [({one.pk for one in group.people}, group.share) for group in twins]


def test_name_key_has_neither_order_nor_titles():
    assert name_key("Dr. Ana María López") == name_key("lopez ana maria")
    assert name_key("Cher") == ""


@pytest.mark.parametrize("address", ["AMARA.okoro.0@halden.example", "ama\u200bra.okoro.0+hr@halden.example"])
def test_twins_share_an_address_however_it_is_written(org, crew, address):
    Person.objects.filter(pk=crew[3].pk).update(email=address)

    assert found(org) == [({crew[0].pk, crew[3].pk}, ("address",))]


def test_twins_share_a_name_with_another_address(org, crew):
    renamed(crew[1], "José", "Müller")
    renamed(crew[4], "jose", "Mu\u0308ller", raw={"ExternalDataReference": "K 7"})
    renamed(crew[5], "Jo", "Else", raw={"ExternalDataReference": "k7"})

    assert found(org) == [({crew[4].pk, crew[5].pk}, ("identifier",)), ({crew[1].pk, crew[4].pk}, ("name",))]


def test_those_who_share_all_are_shown_once_and_the_gone_never(org, crew):
    renamed(crew[1], "José", "Müller", email="jm@halden.example")
    renamed(crew[2], "Jose", "Müller", email="JM@halden.example")

    assert found(org) == [({crew[1].pk, crew[2].pk}, ("address", "name"))]
    Person.objects.filter(pk=crew[2].pk).update(gone_at=crew[2].seen_at)
    assert found(org) == []


def test_people_of_another_organisation_are_no_twins(org, crew):
    [other] = people(organisation("rival", "Rival"), 1, start=30)
    Person.objects.filter(pk=other.pk).update(email=crew[0].email, sort_name=crew[0].sort_name)

    assert found(org) == []


def test_what_is_open_goes_to_the_record_that_is_kept(org, crew):
    [subject] = subjects(assessment(org), crew[:1])
    evaluations(subject, crew[1:2], "Peer", "NotStarted")
    renamed(crew[1], "José", "Müller")
    renamed(crew[2], "Jose", "Müller")
    editor = browser(org, Role.EDITOR)
    pair = [crew[1].pk, crew[2].pk]

    shown = text(editor.get(PAGE))
    unchosen = editor.post(PAGE, {"person": pair})
    nothing = editor.post(PAGE, {"person": pair, "keep": crew[1].pk}, follow=True)
    planned = editor.post(PAGE, {"person": pair, "keep": crew[2].pk}, follow=True)

    assert "Same name" in shown
    assert (unchosen.status_code, "Choose which record is kept." in text(unchosen)) == (422, True)
    assert "Nothing is open for the other record." in text(nothing)
    assert "Move what is open to Jose Müller" in text(planned)
    first = Plan.objects.get().lines.order_by("number")[0]
    assert (first.action, first.label) == ("add", f"Jose Müller → {crew[0]}")


def test_nobody_merges_the_own_record(org, crew):
    editor = browser(org, Role.EDITOR)
    own = Member.objects.get(org=org).user.email
    renamed(crew[1], "José", "Müller", email=own)

    answer = editor.post(PAGE, {"person": [crew[1].pk, crew[2].pk], "keep": crew[2].pk})

    assert answer.status_code == 422
    assert "your own record" in text(answer)


@pytest.mark.parametrize(("role", "code"), [(None, 404), (Role.READER, 403)])
def test_others_see_no_duplicates(org, role, code):
    client = browser(organisation("rival", "Rival") if role is None else org, role or Role.OWNER)

    assert client.get(PAGE).status_code == code


def test_different_people_are_left_out_until_one_changes_in_what_they_share(org, crew):
    renamed(crew[1], "José", "Müller")
    renamed(crew[2], "Jose", "Müller")
    pair = [crew[1].pk, crew[2].pk]
    editor = browser(org, Role.EDITOR)

    said = editor.post(PAGE, {"person": pair, "different": "1"}, follow=True)
    again = editor.post(PAGE, {"person": pair, "different": "1"})

    assert found(org) == []
    assert "Confirmed as different people" in text(said)
    assert "Editor of Halden Optics" in text(said)
    assert again.status_code == 422
    Person.objects.filter(pk=crew[2].pk).update(department="Elsewhere")
    assert found(org) == []
    renamed(crew[2], "JOSE", "Müller")
    assert found(org) == [(set(pair), ("name",))]


def test_more_in_common_than_was_looked_at_is_listed_again(org, crew):
    renamed(crew[1], "José", "Müller")
    renamed(crew[2], "Jose", "Müller")
    browser(org, Role.EDITOR).post(PAGE, {"person": [crew[1].pk, crew[2].pk], "different": "1"})
    Person.objects.filter(pk=crew[2].pk).update(email=crew[1].email.upper())

    assert found(org) == [({crew[1].pk, crew[2].pk}, ("address", "name"))]


def test_that_people_are_different_can_be_taken_back_by_the_own_organisation_only(org, crew):
    renamed(crew[1], "José", "Müller")
    renamed(crew[2], "Jose", "Müller")
    editor, rival = browser(org, Role.EDITOR), browser(organisation("rival", "Rival"), Role.OWNER)
    editor.post(PAGE, {"person": [crew[1].pk, crew[2].pk], "different": "1"})
    word = DifferentPeople.objects.get()

    rival.post("/o/rival/people/duplicates/", {"taken_back": word.pk})
    assert DifferentPeople.objects.exists()
    editor.post(PAGE, {"taken_back": word.pk})

    assert found(org) == [({crew[1].pk, crew[2].pk}, ("name",))]
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "people.different",
        "people.different-taken-back",
    ]
