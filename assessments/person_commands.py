"""Removal of people from the directory, which needs the directory's id from assessments."""

import uuid

from django.utils.translation import gettext as _

from assessments.models import Assessment
from assessments.person_roles import subject_in
from directory.commands import refuse_own_person
from directory.models import Person
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.noted import record_and_note
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.persons import RemovePerson
from qxportal.ui.stored_messages import gettext_stored


def directories(org: Organisation) -> list[str]:
    """Ids of the organisation's directories, which only the definitions of assessments contain."""
    known = Assessment.objects.filter(org=org).exclude(org_structure_id="")
    return sorted(known.order_by().values_list("org_structure_id", flat=True).distinct()[:10])


def why_not_removable(org: Organisation) -> str:
    """The reason why people cannot be removed from the directory here; empty if they can."""
    known = len(directories(org))
    if known == 1:
        return ""
    if known:
        return _("There are several directories, and the API does not tell in which of them this person is.")
    return _("The identifier of the directory is not known here until there is an assessment.")


def remove_from_directory(person: Person, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Remove a person from the directory (removePerson); evaluations by and about the person stay."""
    refuse_own_person(by, person)
    intent = intent or uuid.uuid4()
    if not recorded(person.org, intent):
        if person.gone_at is not None:
            raise ActionRefused(_("%(name)s was removed from the directory.") % {"name": person})
        if reason := why_not_removable(person.org):
            raise ActionRefused(reason)
    wanted = removal_of(person, intent=intent)
    return record_and_note(
        person.org, wanted, by=by, verb="person.removed", target=person.vendor_id, about=[person.vendor_id]
    )


def removal_of(person: Person, *, intent: uuid.UUID) -> Intent:
    """A person's removal from the directory; evaluations by and about the person stay."""
    return Intent(
        id=intent,
        call=RemovePerson(
            person_id=person.vendor_id,
            org_structure_id=next(iter(directories(person.org)), None),
            remove_evaluations=False,
        ),
        target=f"person:{person.vendor_id}",
        title=gettext_stored("Remove %(name)s from the directory", name=str(person)),
        expected_values={"subject_in": subject_in(person)},
    )
