"""A person of the directory is changed or removed, after a look at what that means."""

from typing import Any

import pytest
from django.utils import timezone

from assessments.models import BrandState, Mail
from directory.commands import update_person
from directory.models import Person
from directory.people_rows import people_lines
from directory.person_edits import PersonEdit, seen
from qxportal.accounts.models import AuditEntry, Credential, Member
from qxportal.accounts.roles import Role
from qxportal.engine.models import Person as EnginePerson
from qxportal.engine.models import User as EngineUser
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Action, Change, Plan, Version
from qxportal.ledger.plans.sources import SourceRow
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
live = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def person(org):
    return people(org, 1)[0]


def page(client: Any, person: Person, verb: str = "edit", **posted: str) -> Any:
    url = f"/o/{person.org.slug}/people/{person.pk}/{verb}/"
    return client.post(url, posted) if posted else client.get(url)


def form(person: Person, **changed: str) -> dict[str, str]:
    """What the form sends, with some values changed."""
    names = {name: getattr(person, name) for name in ("first_name", "last_name", "email")}
    further = {f"metadata:{name}": value for name, value in person.metadata.items()}
    return {**names, **further, "seen": seen(person), **changed}


def edit_of(person: Person, **fields: Any) -> PersonEdit:
    wanted = {"first_name": person.first_name, "last_name": person.last_name, "email": person.email, **fields}
    return PersonEdit(**wanted)


def test_what_changes_is_shown_before_it_is_recorded(org, person):
    subjects(assessment(org, "Führung"), [person])
    editor = browser(org, Role.EDITOR)

    shown = page(editor, person, **form(person, last_name="Okafor", **{"metadata:Title": "Lead"}))

    assert not Change.objects.exists()
    fields = [(field.label, field.before, field.after) for field in shown.context["differences"]]
    assert fields == [("Last name", "Okoro", "Okafor"), ("Title", "", "Lead")]
    assert "the change is seen in 1 assessment" in text(shown)

    answer = page(editor, person, confirmed="1", **form(person, last_name="Okafor", **{"metadata:Title": "Lead"}))

    change = Change.objects.get()
    assert answer.status_code == 302
    assert change.parameters == {"person_id": person.vendor_id, "last_name": "Okafor", "metadata": {"Title": "Lead"}}
    assert change.expected_values == {"last_name": "Okoro", "metadata:Title": ""}
    assert "Title" in text(editor.get(f"/o/halden/changes/{change.pk}/"))
    assert "Change Amara Okoro in the directory" in text(editor.get(f"/o/halden/people/{person.pk}/"))


def test_a_new_field_is_added_and_one_of_the_same_name_refused(org, person):
    Person.objects.filter(pk=person.pk).update(metadata={"Cost centre": "17"})
    person.refresh_from_db()
    editor = browser(org, Role.EDITOR)

    twice = page(editor, person, **form(person, new_name="Cost centre", new_value="18"))
    nameless = page(editor, person, **form(person, new_value="18"))
    shown = page(editor, person, **form(person, new_name="Grade", new_value="E5", **{"metadata:Cost centre": ""}))

    assert (twice.status_code, nameless.status_code) == (422, 422)
    assert "has this field already" in text(twice)
    assert "Enter the name of the field." in text(nameless)
    assert {(one.label, one.after) for one in shown.context["differences"]} == {("Cost centre", ""), ("Grade", "E5")}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Nothing was changed."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"last_name": ""}, "This field is required."),
        ({"seen": "older"}, "changed since you opened this page"),
    ],
)
def test_refused_beside_the_form(org, person, changed, words):
    answer = page(browser(org, Role.EDITOR), person, confirmed="1", **form(person, **changed))

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_an_address_of_somebody_else_is_refused(org, person):
    other = people(org, 1, start=1)[0]
    answer = page(browser(org, Role.EDITOR), person, confirmed="1", **form(person, email=other.email.upper()))

    assert answer.status_code == 422
    assert f"{other.email} is already the address of {other}." in text(answer)


def test_an_old_version_of_the_api_changes_nobody(org, person):
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.3")

    assert "cannot change people" in text(page(browser(org, Role.EDITOR), person))


@pytest.mark.parametrize("verb", ["edit", "remove"])
@pytest.mark.parametrize(("role", "code"), [(Role.READER, 403), (Role.COACH, 403), (Role.SUBJECT, 403)])
def test_lower_roles_change_nobody(org, person, verb, role, code):
    assert page(browser(org, role), person, verb).status_code == code


@pytest.mark.parametrize("verb", ["edit", "remove"])
def test_members_do_not_change_their_own_record(org, person, verb):
    """By it the portal knows what is about them."""
    editor = browser(org, Role.EDITOR)
    own = people(org, 1, start=1)[0]
    Person.objects.filter(pk=own.pk).update(email=Member.objects.get(org=org).user.email)
    own.refresh_from_db()
    typed = {"typed": str(own)} if verb == "remove" else form(own, last_name="Other", confirmed="1")

    answer = page(editor, own, verb, **typed)

    assert "This is your own record" in text(answer)
    assert not Change.objects.exists()
    assert f"people/{own.pk}/{verb}/" not in editor.get(f"/o/halden/people/{own.pk}/").content.decode()


@pytest.mark.parametrize("status", ["Active", "Closed"])
def test_who_is_a_subject_gives_nobody_another_address(org, person, status):
    """A link that is mailed there would show what the person said about the member."""
    editor = browser(org, Role.EDITOR)
    own, other = people(org, 2, start=1)
    Person.objects.filter(pk=own.pk).update(email=Member.objects.get(org=org).user.email)
    subjects(assessment(org, "Führung", status=status), list(Person.objects.filter(pk=own.pk)))

    for one in (person, other):
        answer = page(editor, one, **form(one, email="mine@elsewhere.example"))
        assert answer.status_code == 422
        assert "another member has to change addresses" in str(answer.context["form"].errors["email"])
    with pytest.raises(ActionRefused, match="another member has to change addresses"):
        update_person(person, edit_of(person, email="mine@elsewhere.example"), by=Member.objects.get(org=org))
    plan = Plan(org=org, made_by=Member.objects.get(org=org), options={"match": "unique_id"})
    values = {"unique_id": person.vendor_id, "email": "mine@elsewhere.example", "last_name": "Other"}
    [line] = people_lines(plan, [SourceRow(1, values)])
    assert line.action == Action.REFUSE

    assert page(editor, person, confirmed="1", **form(person, last_name="Okafor")).status_code == 302
    assert Change.objects.get().parameters["last_name"] == "Okafor"


def test_a_failed_address_leads_to_its_correction(org, person):
    review = assessment(org)
    Mail.objects.create(
        org=org,
        assessment=review,
        vendor_id="M_1",
        person_key=person.vendor_id,
        kind="Invite",
        state="failed",
        why="refused",
        address=person.email,
        created_at=timezone.now(),
    )
    editor, edit_url = browser(org, Role.EDITOR), f"/o/halden/people/{person.pk}/edit/"

    assert edit_url in editor.get(f"/o/halden/people/{person.pk}/").content.decode()
    assert "could not be delivered" in text(editor.get(edit_url))
    Person.objects.filter(pk=person.pk).update(email="corrected@halden.example")
    assert "could not be delivered" not in text(editor.get(edit_url))


def test_whoever_changes_an_address_is_told_that_links_end(org, person):
    editor = browser(org, Role.EDITOR)
    said = "Personal links that were mailed to the present address stop working"
    moved = form(person, email="corrected@halden.example")

    assert said not in text(page(editor, person, **moved))  # a server that mails nothing
    BrandState.objects.create(org=org, seen_at=timezone.now(), facts={})

    assert said in text(page(editor, person, **moved))
    assert said not in text(page(editor, person, **form(person, last_name="Okafor")))


# -- removal


def test_removal_says_what_it_concerns_and_takes_the_typed_name(org, person):
    review = assessment(org, "Führung", org_structure_id="OS_1")
    [subject] = subjects(review, people(org, 1, start=5))
    evaluations(subject, [person], "Peer", "NotStarted")
    subjects(review, [person])
    editor = browser(org, Role.EDITOR)

    shown = text(page(editor, person, "remove"))
    wrong = page(editor, person, "remove", typed="yes")
    assert not Change.objects.exists()
    answer = page(editor, person, "remove", typed=f" {str(person).upper()} ")

    assert "Subject of 1 assessment." in shown
    assert "1 open evaluation can no longer be answered." in shown
    assert "The evaluations that this person gave stay and count." in shown
    assert (wrong.status_code, answer.status_code) == (422, 302)
    change = Change.objects.get()
    assert change.parameters == {
        "person_id": person.vendor_id,
        "org_structure_id": "OS_1",
        "remove_evaluations": False,
    }
    assert change.expected_values == {"subject_in": 1}
    assert AuditEntry.objects.get(verb="person.removed").target == person.vendor_id


@pytest.mark.parametrize(
    ("structures", "words"), [([], "until there is an assessment"), (["OS_1", "OS_2"], "several directories")]
)
def test_nobody_is_removed_from_an_unknown_directory(org, person, structures, words):
    for structure in structures:
        assessment(org, structure, org_structure_id=structure)

    answer = page(browser(org, Role.EDITOR), person, "remove", typed=str(person))

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


# -- against the engine


def changed(connected: Any, person: Person, **fields: Any) -> Change:
    return update_person(person, edit_of(person, **fields), by=connected.admin)


@pytest.fixture
def first(connected):
    review = connected.engine.assessment("Leadership review")
    [one] = connected.engine.people(1)
    connected.engine.subject(review, one)
    connected.sync()
    return Person.objects.select_related("org").get()


@live
def test_a_change_arrives_and_is_mirrored_at_once(connected, first):
    change = changed(connected, first, last_name="Okafor", metadata={"Cost centre": "17"})

    connected.send()

    first.refresh_from_db()
    assert connected.settled(change).state == Change.State.DONE
    assert (first.last_name, first.metadata["Cost centre"]) == ("Okafor", "17")
    assert first.sort_name.startswith("okafor")
    there = EnginePerson.objects.get(public_id=first.vendor_id)
    assert (there.last_name, there.metadata["Cost centre"]) == ("Okafor", "17")
    assert Version.objects.filter(kind="person", row_id=first.pk, source=Version.Source.PORTAL).exists()
    connected.sync()
    first.refresh_from_db()
    assert (first.last_name, first.metadata["Cost centre"]) == ("Okafor", "17")
    assert connected.subject().last_name == "Okafor"


@live
def test_a_linked_user_is_changed_too(connected, first):
    user = connected.engine.api_user.row
    EnginePerson.objects.filter(public_id=first.vendor_id).update(user=user)
    Person.objects.filter(pk=first.pk).update(user_id=user.public_id)
    first.refresh_from_db()
    changed(connected, first, metadata={"Title": "Lead"})

    connected.send()
    connected.send()

    assert [call.request for call in connected.engine.writes()] == ["updatePerson", "updateUser"]
    assert not Change.objects.exclude(state=Change.State.DONE).exists()
    assert EngineUser.objects.get(pk=user.pk).last_name == first.last_name


@live
def test_a_newer_value_goes_to_a_person(connected, first):
    change = changed(connected, first, last_name="Okafor")
    EnginePerson.objects.filter(public_id=first.vendor_id).update(last_name="Elsewhere")
    connected.sync()

    connected.send()

    assert connected.settled(change).state == Change.State.PERSON
    assert [(row["before"], row["now"], row["wanted"]) for row in change.conflict] == [
        (first.last_name, "Elsewhere", "Okafor")
    ]
    shown = text(signed_in(connected.admin.user).get(f"/o/{connected.org.slug}/changes/{change.pk}/"))
    assert "Elsewhere" in shown


@live
def test_a_removed_person_is_gone_at_once(connected, first):
    signed_in(connected.admin.user).post(
        f"/o/{connected.org.slug}/people/{first.pk}/remove/", {"typed": str(first)}, follow=True
    )
    change = Change.objects.get()

    connected.send()

    first.refresh_from_db()
    assert connected.settled(change).state == Change.State.DONE
    assert first.gone_at is not None
    assert EnginePerson.objects.get(public_id=first.vendor_id).removed_at is not None
