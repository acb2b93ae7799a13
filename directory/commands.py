"""What members may do with people."""

import uuid

from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.changes import Intent, Refusal, record
from qxportal.ledger.models import Change
from qxportal.threesixty.ids import new_id

SEND_TASK = "assessments.tasks.send_changes"


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
    """Add somebody to the vendor's directory (createPerson)."""
    address = email.strip().lower()
    wanted = {
        "first_name": first_name, "last_name": last_name, "email": address, "external": external, "metadata": metadata,
    }  # fmt: skip
    known = Change.objects.filter(org=org, pk=intent, request="createPerson").first()
    if known is not None and {**known.parameters, **wanted} == known.parameters:  # the same form once more
        return known
    if Person.objects.filter(org=org, email=address, gone_at=None).exists():
        raise Refusal(f"{address} is in the directory already.")
    return record(
        org,
        Intent(
            id=intent,
            request="createPerson",
            target=f"person:{address}",
            title=f"Add {first_name} {last_name} to the directory",
            parameters={"person_id": new_id("P"), **wanted},
        ),
        by=by,
        task=SEND_TASK,
    )
