"""Ending the personal links of a person, for example after a mail was sent to the wrong address."""

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from assessments.brand import knows_brand
from assessments.letter_commands import is_assessed
from directory.commands import is_own_person, refuse_own_person
from directory.models import Person
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.noted import record_and_note
from qxportal.ledger.outbox.record import recorded
from qxportal.threesixty.calls.links import EndLinks, GetLink
from qxportal.ui.stored_messages import gettext_stored


def target_of(person: Person) -> str:
    """The target of a change that ends a person's links."""
    return f"person:{person.vendor_id}:links"


def may_end_links(member: Member, person: Person) -> bool:
    """Whether the member may end a person's links: editors who are no subject of an open assessment."""
    return (
        member.may(Role.EDITOR)
        and person.gone_at is None
        and knows_brand(person.org)
        and may_ask(person.org, GetLink)
        and not is_own_person(member, person)
        and not is_assessed(member)
    )


def links_ended_at(person: Person) -> datetime | None:
    """When members ended a person's links last; None: never, or not yet."""
    done = Change.objects.filter(org=person.org_id, target=target_of(person), state=Change.State.DONE)
    return done.order_by("-settled_at").values_list("settled_at", flat=True).first()


def end_links(person: Person, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """End all links and codes of a person, and sign the person's devices out (qxEndLinks)."""
    refuse_own_person(by, person)
    intent = intent or uuid.uuid4()
    if is_assessed(by):
        raise ActionRefused(
            _("You are a subject of an assessment that is not closed, so another member has to end personal links.")
        )
    if not recorded(person.org, intent) and not may_end_links(by, person):
        raise ActionRefused(_("The links of %(name)s cannot be ended here.") % {"name": person})
    wanted = Intent(
        id=intent,
        call=marked(EndLinks(person_id=person.vendor_id), intent),
        target=target_of(person),
        title=gettext_stored("End the personal links of %(name)s", name=str(person)),
    )
    return record_and_note(
        person.org, wanted, by=by, verb="links.ended", target=person.vendor_id, about=[person.vendor_id]
    )
