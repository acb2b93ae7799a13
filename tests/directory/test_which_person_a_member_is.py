"""Which person a member is: proven by the address, claimed, or confirmed; and who counts as the member meanwhile."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from directory import joins
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.core.searching import folded
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Version
from tests.support.mirrored_rows import organisation
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db

State = Member.PersonState


@pytest.fixture
def org() -> Organisation:
    return organisation()


def person(org: Organisation, first: str, last: str, email: str, key: str = "", **fields: object) -> Person:
    number = Person.objects.count() + 1
    return Person.objects.create(
        org=org,
        vendor_id=key or f"P_{number}",
        first_name=first,
        last_name=last,
        email=email,
        seen_at=timezone.now(),
        search=folded(f"{first} {last} {email}"),
        sort_name=folded(f"{last} {first}"),
        **fields,
    )


def member(org: Organisation, name: str, email: str, role: Role = Role.SUBJECT) -> Member:
    return Member.objects.create(org=org, user=User.objects.create_user(email, name=name), role=role)


def again(one: Member) -> Member:
    return Member.objects.select_related("user", "org").get(pk=one.pk)


def change(row: Person, **fields: str) -> None:
    Person.objects.filter(pk=row.pk).update(**fields)


def migrate() -> None:
    """The migration's statement, on members of the old form."""
    with connection.cursor() as cursor:
        cursor.execute(import_module("directory.migrations.0006_which_person_members_are").JOIN)


def prove(org: Organisation) -> None:
    joins.prove(org)


@pytest.fixture(params=["sync", "migration"])
def settle(request, org):
    """Both ways by which addresses prove who members are: they have one rule."""
    return (lambda: migrate()) if request.param == "migration" else (lambda: prove(org))


def test_an_address_of_one_person_alone_proves_who_it_is(org, settle):
    anna = person(org, "Anna", "Berg", "anna@halden.example")
    one = member(org, "Anna Berg", "anna@halden.example")

    settle()

    assert (again(one).person_state, again(one).person_key) == (State.PROVEN, anna.vendor_id)
    assert AuditEntry.objects.get(verb="member.person-proven").details["person"] == anna.vendor_id


def test_an_address_that_two_people_have_or_had_proves_nothing(org, settle):
    first = person(org, "Anna", "Berg", "anna@halden.example")
    shared = member(org, "Anna Berg", "anna@halden.example")
    change(first, email="anna.berg@halden.example")
    person(org, "Anna", "Berger", "anna@halden.example")

    settle()

    assert again(shared).person_state == State.UNSAID


def test_a_person_who_came_after_the_account_is_not_proven(org, settle):
    person(org, "Old", "Hand", "old@halden.example", first_seen_at=timezone.now() - timedelta(days=400))
    one = member(org, "Anna Berg", "anna@halden.example")
    Member.objects.update(created_at=timezone.now() - timedelta(days=100))
    person(org, "Anna", "Berg", "anna@halden.example")

    settle()

    assert again(one).person_state == State.UNSAID


def test_the_person_who_had_the_address_then_is_proven_after_it_changed(org, settle):
    anna = person(org, "Anna", "Berg", "anna@halden.example")
    one = member(org, "Anna Berg", "anna@halden.example")
    change(anna, email="a.berg@halden.example")

    settle()

    assert again(one).person_key == anna.vendor_id


def test_two_accounts_are_never_joined_with_one_person(org, settle):
    anna = person(org, "Anna", "Berg", "anna@halden.example")
    one = member(org, "Anna Berg", "anna@halden.example")
    change(anna, email="a.berg@halden.example")
    other = member(org, "Anna Berg", "a.berg@halden.example")

    settle()

    assert [again(each).person_key for each in (one, other)].count(anna.vendor_id) < 2


def test_what_a_member_says_is_settled_by_another_administrator_only(org):
    anna = person(org, "Anna", "Berg", "anna.berg@halden.example")
    one, admin = (
        member(org, "Anna B", "ab@home.example", Role.READER),
        member(org, "Root", "r@home.example", Role.ADMIN),
    )

    joins.claim(one, anna)
    assert (again(one).person_state, joins.settled_key(again(one))) == (State.CLAIMED, "")
    with pytest.raises(ActionRefused, match="about you"):
        joins.join(again(admin), anna, by=admin)
    joins.join(again(one), anna, by=admin)

    assert joins.settled_key(again(one)) == anna.vendor_id
    with pytest.raises(ActionRefused, match="already linked to a person"):
        joins.claim(again(one), None)


def test_an_id_that_went_to_somebody_else_is_confirmed_anew(org):
    anna = person(org, "Anna", "Berg", "anna@halden.example")
    one, admin = member(org, "Anna Berg", "anna@halden.example"), member(org, "Root", "r@home.example", Role.ADMIN)
    prove(org)
    change(anna, last_name="Berg-Olsen", email="anna.olsen@halden.example")  # married: the same person
    assert joins.settled_key(again(one)) == anna.vendor_id

    change(anna, first_name="Zoe", last_name="Quist", email="zoe@halden.example")
    assert joins.settled_key(again(one)) == ""

    joins.join(again(one), Person.objects.get(pk=anna.pk), by=admin)
    assert joins.settled_key(again(one)) == anna.vendor_id
    assert again(one).releases_since > Version.objects.earliest("valid_to").valid_to


def test_somebody_deleted_and_created_again_with_the_same_id_is_confirmed_anew(org):
    anna = person(org, "Anna", "Berg", "anna@halden.example")
    one = member(org, "Anna Berg", "anna@halden.example")
    prove(org)
    Person.objects.filter(pk=anna.pk).update(gone_at=timezone.now())
    assert joins.settled_key(again(one)) == anna.vendor_id  # gone, and nobody else's

    Person.objects.filter(pk=anna.pk).update(gone_at=None, first_name="Anna Maria")

    assert joins.settled_key(again(one)) == ""


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Łucja Żak", "x@home.example"),
        ("ŻAK, Lucja", "x@home.example"),
        ("Lu\u00adcja\u200b Zak", "x@home.example"),
        ("Dr. Lucja Zak", "x@home.example"),
        ("Lucja Maria Zak", "x@home.example"),
        ("Somebody Else", "LUCJA.ZAK@halden.example"),
    ],
)
def test_whoever_has_the_address_or_the_name_counts_until_it_is_settled(org, name, address):
    lucja = person(org, "Łucja", "Żak", "lucja.zak@halden.example")
    person(org, "Lucas", "Zakrzewski", "lucas@halden.example")
    one = member(org, name, address, Role.OWNER)

    assert joins.own_keys(again(one)) & {"P_1", "P_2"} == {lucja.vendor_id}


def test_invisible_characters_in_the_directory_hide_nobody(org):
    twisted = person(org, "Lu\u200bcja", "Z\u00adak", "lucja\u200b@halden.example")

    assert twisted.vendor_id in joins.own_keys(again(member(org, "Zak Lucja", "x@home.example", Role.OWNER)))
    assert twisted.vendor_id in joins.own_keys(again(member(org, "Any One", "lucja@halden.example", Role.OWNER)))


def test_another_name_in_the_profile_frees_nobody(org):
    lucja = person(org, "Lucja", "Zak", "lucja@halden.example")
    one = member(org, "Lucja Zak", "x@home.example", Role.OWNER)
    signed_in(one.user).post("/account/", {"name": "Mr X", "time_zone": "UTC"})

    assert again(one).user.name == "Mr X"
    assert lucja.vendor_id in joins.own_keys(again(one))


def test_a_claim_adds_a_person_and_frees_none(org):
    lucja = person(org, "Lucja", "Zak", "lucja@halden.example")
    other = person(org, "Otto", "Brandt", "otto@halden.example")
    one = member(org, "Lucja Zak", "x@home.example", Role.OWNER)

    joins.claim(one, other)

    assert {lucja.vendor_id, other.vendor_id} <= joins.own_keys(again(one))


def test_a_confirmed_member_is_no_namesake_but_every_record_of_the_same_person(org):
    lucja = person(org, "Lucja", "Zak", "lucja@halden.example")
    namesake = person(org, "Lucja", "Zak", "lucja.zak@halden.example")
    twin = person(org, "Lucja", "Zak", "lucja@halden.example", gone_at=timezone.now())
    one, admin = member(org, "Lucja Zak", "x@home.example", Role.OWNER), member(org, "R", "r@home.example", Role.ADMIN)

    joins.join(one, lucja, by=admin)
    keys = joins.own_keys(again(one))
    assert {lucja.vendor_id, twin.vendor_id} <= keys
    assert namesake.vendor_id not in keys

    newer = person(org, "Lucja", "Zak", "zak@new.example")  # perhaps the same person, created again
    assert newer.vendor_id in joins.own_keys(again(one))


def test_pages_for_saying_and_confirming_who_one_is(org):
    anna = person(org, "Anna", "Berg", "anna@halden.example")
    person(org, "Private", "Person", "private@halden.example")
    subject, owner = member(org, "Anna", "anna@halden.example"), member(org, "Own", "own@x.example", Role.OWNER)

    page = signed_in(subject.user).get("/o/halden/me/?q=private").content.decode()
    assert "Anna Berg" in page
    assert "Private" not in page  # a subject does not search the directory
    signed_in(subject.user).post("/o/halden/me/", {"person": anna.pk})
    assert again(subject).person_state == State.PROVEN

    other = member(org, "Bob", "bob@home.example")
    admin = signed_in(owner.user)
    assert "Private" in admin.get(f"/o/halden/settings/members/{other.pk}/person/?q=private").content.decode()
    admin.post(f"/o/halden/settings/members/{other.pk}/person/", {"person": "nobody"})
    assert again(other).person_state == State.NOBODY
    assert "Confirmed as not in the directory" in admin.get("/o/halden/settings/members/").content.decode()
