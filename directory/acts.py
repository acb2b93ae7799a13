"""How changes of the directory are sent, read back and mirrored."""

from datetime import datetime
from typing import Any

from directory.mirror import mirror_persons
from qxportal.ledger.models import Change
from qxportal.ledger.sending import Act, Found, Look, NotFound, Overtaken
from qxportal.threesixty.calls.persons import CreatePerson, GetPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records import Created, PersonRecord


def _create_person(change: Change) -> CreatePerson:
    wanted = change.parameters
    return CreatePerson(
        person_id=wanted["person_id"],
        first_name=wanted["first_name"],
        last_name=wanted["last_name"],
        email=wanted["email"],
        external=wanted["external"],
        metadata=wanted["metadata"],
    )


def _find_person(threesixty: ThreeSixty, change: Change) -> Look:
    """Look for the id that we chose, and for the address in case the vendor chose its own."""
    same_address = []
    for page in threesixty.pages(GetPersons(), size=1000):
        for person in page.records:
            if person.vendor_id == change.parameters["person_id"]:
                return Found(person.vendor_id)
            if person.email.lower() == change.parameters["email"].lower():
                same_address.append(person.vendor_id)
        if not page.sound:
            return Overtaken("The directory shifted while it was read.")
    return Found(same_address[0]) if len(same_address) == 1 else NotFound()


def _mirror_person(change: Change, as_of: datetime) -> None:
    wanted = change.parameters
    record = PersonRecord(
        vendor_id=change.vendor_id,
        first_name=wanted["first_name"],
        last_name=wanted["last_name"],
        email=wanted["email"],
        user_name=wanted["email"],
        external=wanted["external"],
        metadata=wanted["metadata"],
    )
    mirror_persons(change.org, [record], as_of=as_of)


def created(answer: Created) -> tuple[str, dict[str, Any]]:
    """What a creating call taught us: the new id."""
    return answer.vendor_id, {}


ACTS = {"createPerson": Act(call=_create_person, look=_find_person, mirror=_mirror_person, learn=created)}
