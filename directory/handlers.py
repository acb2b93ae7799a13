"""How directory changes are sent, read back and mirrored."""

from datetime import datetime

from directory.mirror import mirror_persons
from directory.models import Person
from directory.person_edits import IDENTITY, field_value
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import (
    ChangeHandler,
    Found,
    MirroredValues,
    NotFound,
    Overtaken,
    VerifyResult,
)
from qxportal.ledger.outbox.humanize import OF_METADATA
from qxportal.ledger.outbox.serialize import restored
from qxportal.ledger.selectors import resource_sync
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.records import PersonRecord
from qxportal.ui.stored_messages import gettext_stored


def _verify_created(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Search for the chosen id, and for the address in case the vendor chose its own id."""
    same_address = []
    for page in threesixty.pages(GetPersons(), size=1000):
        for person in page.records:
            if person.vendor_id == change.parameters["person_id"]:
                return Found(person.vendor_id)
            if person.email.lower() == change.parameters["email"].lower():
                same_address.append(person.vendor_id)
        if not page.consistent:
            raise MalformedResponse("The directory shifted while it was read.")
    return Found(same_address[0], others=tuple(same_address[1:])) if same_address else NotFound()


def _mirror_person(change: Change, as_of: datetime) -> None:
    wanted = change.parameters
    record = PersonRecord(
        vendor_id=change.vendor_id or wanted["person_id"],
        first_name=wanted["first_name"],
        last_name=wanted["last_name"],
        email=wanted["email"],
        user_name=wanted.get("user_name", wanted["email"]),
        external=wanted["external"],
        metadata=wanted.get("metadata", {}),
    )
    mirror_persons(change.org, [record], as_of=as_of)


# -- updatePerson, and removePerson from the directory


def person_of(change: Change) -> Person | None:
    """The person that the change is about."""
    return Person.objects.filter(org=change.org, vendor_id=change.parameters["person_id"]).first()


def _listed(threesixty: ThreeSixty, change: Change, *, include_metadata: bool) -> PersonRecord | None:
    """The person in a complete read of the directory."""
    found: PersonRecord | None = None
    for page in threesixty.pages(GetPersons(include_metadata=include_metadata), size=1000):
        found = next((one for one in page.records if one.vendor_id == change.parameters["person_id"]), found)
        if not page.consistent:
            raise MalformedResponse("The directory shifted while it was read.")
    return found


def _verify_updated(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    record = _listed(threesixty, change, include_metadata=True)
    if record is None:
        return Overtaken(gettext_stored("This person is no longer in the directory."))
    return Found() if restored(change).shows((record,)) else NotFound()


def verify_left(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Whether the person is no longer in the directory."""
    if _listed(threesixty, change, include_metadata=False) is None:
        return Found(absence=True)
    return NotFound(still_there=True)


def _mirrored_person(change: Change) -> MirroredValues | None:
    row = person_of(change)
    if row is None:
        return None
    listed = resource_sync(change.org, "persons")
    at = max(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at
    there = row.gone_at is None
    return MirroredValues({name: field_value(row, name) if there else None for name in change.expected_values}, at)


def _wanted_of_person(change: Change) -> dict[str, object]:
    kept = change.parameters
    metadata = {f"{OF_METADATA}{name}": value for name, value in (kept.get("metadata") or {}).items()}
    return {**{name: kept[name] for name in IDENTITY if name in kept}, **metadata}


def mirror_updated(change: Change, as_of: datetime) -> None:
    """Apply the sent values to the mirrored person."""
    row, wanted = person_of(change), change.parameters
    if row is None:
        return
    names = {name: wanted.get(name) or getattr(row, name) for name in IDENTITY}
    metadata = {key: value for key, value in {**row.metadata, **(wanted.get("metadata") or {})}.items() if value}
    told = {"FirstName": names["first_name"], "LastName": names["last_name"], "Email": names["email"]}
    record = PersonRecord(
        vendor_id=row.vendor_id,
        user_name=row.user_name,
        user_id=row.user_id,
        external=row.external,
        external_reference=row.external_reference,
        metadata=metadata,
        raw={**row.raw, **told, "MetaData": metadata},
        **names,
    )
    mirror_persons(change.org, [record], as_of=as_of)


CHANGE_HANDLERS = {
    "createPerson": ChangeHandler(verify=_verify_created, mirror=_mirror_person),
    "updatePerson": ChangeHandler(
        verify=_verify_updated,
        mirror=mirror_updated,
        mirrored_values=_mirrored_person,
        target_values=_wanted_of_person,
    ),
}
