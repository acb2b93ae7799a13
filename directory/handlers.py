"""How changes of the directory are sent, read back and mirrored."""

from datetime import datetime

from directory.mirror import mirror_persons
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, Found, NotFound, VerifyResult
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.records import PersonRecord


def _verify_created(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Look for the id that we chose, and for the address in case the vendor chose its own."""
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


CHANGE_HANDLERS = {"createPerson": ChangeHandler(verify=_verify_created, mirror=_mirror_person)}
