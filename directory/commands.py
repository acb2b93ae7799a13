"""What members may do with people."""

import uuid

from django.utils.translation import gettext as _

from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent, chosen_id
from qxportal.ledger.outbox.record import record, recorded
from qxportal.threesixty.calls.persons import CreatePerson
from qxportal.ui.stored_messages import gettext_stored


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
    call = CreatePerson(
        person_id=chosen_id("P", intent),
        first_name=first_name,
        last_name=last_name,
        email=address,
        external=external,
        metadata=metadata,
    )
    return record(
        org,
        Intent(
            id=intent,
            call=call,
            target=f"person:{address}",
            title=gettext_stored("Add %(name)s to the directory", name=f"{first_name} {last_name}".strip()),
        ),
        by=by,
    )
