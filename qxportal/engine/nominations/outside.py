"""Outside nominees of a list: name and address without a row in the directory."""

from django.db import transaction
from django.utils.translation import gettext as _

from qxportal.engine.models import OutsideNominee, Participant, Person, mailboxes
from qxportal.engine.nominations import rules, steps
from qxportal.threesixty.relationships import PEER

MOST = 20  # on one list
LONGEST = 200  # characters of a name


def add(subject: Participant, first_name: str, last_name: str, email: str, relationship: str, *, by: Person) -> None:
    """Add an outside nominee to a subject's list, if lists need approval; raises StepRefusedError."""
    first_name, last_name = (" ".join(name.split()) for name in (first_name, last_name))
    if not first_name or not last_name or max(len(first_name), len(last_name)) > LONGEST:
        raise steps.StepRefusedError(_("Give a first and a last name."))
    try:
        email = mailboxes.clean(email)
    except mailboxes.AddressError as error:
        raise steps.StepRefusedError(_("This is not an e-mail address.")) from error
    with transaction.atomic(using="engine"):
        listed, found = steps.held(subject, editor=by)
        if not found.needs_approval:
            raise steps.StepRefusedError(_("Only people of the directory can be chosen here."))
        if mailboxes.key(email) in rules.own_addresses(subject):
            raise steps.StepRefusedError(_("This address belongs to the person the feedback is about."))
        if rules.with_address(subject, email) is not None:
            raise steps.StepRefusedError(_("A person in the directory has this address. Search for the name instead."))
        if relationship not in steps.relationships(subject.assessment) or not found.free_relationship:
            relationship = PEER
        steps.refuse_full(subject, found)
        if rules.outside(subject).count() >= MOST:
            raise steps.StepRefusedError(_("There are too many people from outside on this list."))
        steps.keep(listed)
        OutsideNominee.objects.update_or_create(
            list=listed,
            email=email,
            defaults={
                "brand": listed.brand,
                "first_name": first_name,
                "last_name": last_name,
                "relationship": relationship,
                "added_by": by,
            },
        )


def remove(subject: Participant, number: int, *, by: Person) -> None:
    """Remove an outside nominee from the list."""
    with transaction.atomic(using="engine"):
        listed, _found = steps.held(subject, editor=by)
        if listed.pk:
            listed.outside.filter(pk=number).delete()
