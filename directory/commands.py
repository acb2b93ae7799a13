"""Commands on people."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from directory.joins import own_keys
from directory.models import Person
from directory.person_edits import IDENTITY, PersonEdit, edited
from qxportal.accounts.capabilities import version_has
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.humanize import OF_METADATA
from qxportal.ledger.outbox.intents import Intent, chosen_id
from qxportal.ledger.outbox.record import record, recorded
from qxportal.threesixty.calls.persons import CreatePerson, UpdatePerson
from qxportal.threesixty.calls.users import UpdateUser
from qxportal.ui.stored_messages import Message, gettext_stored


def create_person(
    org: Organisation,
    *,
    by: Member,
    intent: uuid.UUID,
    first_name: str,
    last_name: str,
    email: str,
    external: bool,
    metadata: dict[str, str],
) -> Change:
    """Add a person to the vendor's directory (createPerson)."""
    address = email.strip().lower()
    if not recorded(org, intent) and Person.objects.filter(org=org, email=address, gone_at=None).exists():
        raise ActionRefused(_("%(address)s is already in the directory.") % {"address": address})
    wanted = creation_of(intent, first_name, last_name, address, external=external, metadata=metadata)
    return record(org, wanted, by=by)


def creation_of(
    intent: uuid.UUID,
    first_name: str,
    last_name: str,
    email: str,
    *,
    external: bool,
    metadata: Mapping[str, str],
    user_name: str | None = None,
) -> Intent:
    """A new person in the directory."""
    return Intent(
        id=intent,
        call=CreatePerson(
            person_id=chosen_id("P", intent),
            first_name=first_name,
            last_name=last_name,
            email=email,
            user_name=user_name,
            external=external,
            metadata=dict(metadata),
        ),
        target=f"person:{email}",
        title=gettext_stored("Add %(name)s to the directory", name=f"{first_name} {last_name}".strip()),
    )


def update_person(person: Person, edit: PersonEdit, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Change a person (updatePerson), and the linked user if there is one (updateUser)."""
    refuse_own_person(by, person)
    intent = intent or uuid.uuid4()
    edits = edited(person, edit)
    if not recorded(person.org, intent):
        if person.gone_at is not None:
            raise ActionRefused(_("%(name)s was removed from the directory.") % {"name": person})
        if not edits:
            raise ActionRefused(_("Nothing was changed."))
        if any(one.name == "email" for one in edits) and (reason := why_no_address(by)):
            raise ActionRefused(str(reason))
        _refuse_taken(person, edit.email)
    before = {one.name: one.before for one in edits}
    return record(person.org, change_of(person, before, {one.name: one.after for one in edits}, intent=intent), by=by)


def change_of(person: Person, before: Mapping[str, str], wanted: Mapping[str, str], *, intent: uuid.UUID) -> Intent:
    """New values for some fields of a person, and for the linked user."""
    names: dict[str, Any] = {name: wanted[name] for name in IDENTITY if name in wanted}
    metadata = {name.removeprefix(OF_METADATA): value for name, value in wanted.items() if name.startswith(OF_METADATA)}
    return Intent(
        id=intent,
        call=UpdatePerson(person_id=person.vendor_id, metadata=metadata or None, **names),
        target=f"person:{person.vendor_id}",
        title=gettext_stored("Change %(name)s in the directory", name=str(person)),
        expected_values=dict(before),
        then=_of_user(person, wanted, intent),
    )


def can_update(org: Organisation) -> bool:
    """Whether the API version of the organisation's credential supports changing people."""
    return version_has(org, UpdatePerson)


def is_own_person(member: Member, person: Person) -> bool:
    """Whether the person is, or may be, the member."""
    return bool({person.vendor_id, person.email} & own_keys(member))


def refuse_own_person(member: Member, person: Person) -> None:
    """Raise ActionRefused for the member's own record: the portal uses it to know what is about the member."""
    if is_own_person(member, person):
        raise ActionRefused(_("This is your own record, so another member has to change it."))


def why_no_address(member: Member) -> Message:
    """The reason why a member may not change addresses; empty for members who are nowhere a subject.

    Mails to an address open access for its reader, up to the person's answers about the member. The refusal does not
    depend on the person: that would reveal the raters.
    """
    if not fence_of(member).assessments:
        return ""
    return gettext_stored(
        "Links that open a person’s answers are sent to the person’s address. You are a subject of an assessment, so "
        "another member has to change addresses."
    )


def _refuse_taken(person: Person, address: str) -> None:
    if address == person.email:
        return
    other = Person.objects.filter(org=person.org, email=address, gone_at=None).exclude(pk=person.pk).first()
    if other is not None:
        words = _("%(address)s is already the address of %(name)s.")
        raise ActionRefused(words % {"address": address, "name": other})


def _of_user(person: Person, wanted: Mapping[str, str], intent: uuid.UUID) -> tuple[Intent, ...]:
    """The linked user, whom the documentation requires to be changed along."""
    if not person.user_id:
        return ()
    first, last, email = (str(wanted.get(name) or getattr(person, name)) or None for name in IDENTITY)
    return (
        Intent(
            id=uuid.uuid5(intent, "user"),
            call=UpdateUser(user_id=person.user_id, first_name=first, last_name=last, email=email),
            target=f"user:{person.user_id}",
            title=gettext_stored("Change the user of %(name)s", name=str(person)),
        ),
    )
