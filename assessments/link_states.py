"""The state of a person's links: when and by whom they were ended, and the last printed letter.

Read when a member asks for it and after links were ended here. What members did here is known without a read.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.brand import knows_brand
from assessments.job_kinds import SYNC_LINK
from assessments.letter_commands import is_assessed
from assessments.link_commands import target_of
from assessments.models import LetterBatch, LinkState
from directory.commands import is_own_person
from directory.models import Person
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import start
from qxportal.ledger.models import Change, Job
from qxportal.threesixty.calls.links import GetLink
from qxportal.threesixty.records.links import LinkRecord
from qxportal.ui.stored_messages import Message, gettext_stored

SAME = timedelta(minutes=5)  # tolerated clock difference between portal and server


@dataclass(frozen=True)
class Event:
    """The end of a person's links: time and member; `by` is empty if it happened outside the portal."""

    at: datetime
    by: str = ""
    letter: bool = False  # a letter was printed, which ends earlier links


@dataclass(frozen=True)
class ShownLink:
    """Display of a person's links."""

    offered: bool  # whether the server reports the state
    ended: Event | None = None
    printed: Event | None = None
    state: LinkState | None = None  # as it was read; None: not read yet


def may_see_link(member: Member, person: Person) -> bool:
    """Editors who are no subject of an open assessment: a letter ends links, and subjects may not learn who got one."""
    return (
        member.may(Role.EDITOR)
        and person.gone_at is None
        and not is_own_person(member, person)
        and not is_assessed(member)
    )


def server_tells(org: Organisation) -> bool:
    """Whether the server may report the state of links: it has not refused lately."""
    return knows_brand(org) and may_ask(org, GetLink)


def link_shown(member: Member, person: Person) -> ShownLink | None:
    """The state of a person's links; None if the member may not see it."""
    if not may_see_link(member, person):
        return None
    if not server_tells(person.org):
        return ShownLink(offered=False)
    state = LinkState.objects.filter(person=person).first()
    ended, printed = _ended_here(person), _printed_here(person)
    if state is not None and state.printed_at:
        printed = _newer(printed, Event(state.printed_at, letter=True))
    every = [ended, printed, Event(state.ended_at) if state and state.ended_at else None]
    last: Event | None = None
    for event in every:
        last = _newer(last, event)
    return ShownLink(offered=True, ended=last, printed=printed, state=state)


def _newer(known: Event | None, other: Event | None) -> Event | None:
    """The later of two events; the known one if both may be the same."""
    if known is None or other is None:
        return known or other
    return other if other.at > known.at + SAME else known


def _ended_here(person: Person) -> Event | None:
    done = Change.objects.filter(org=person.org_id, target=target_of(person), state=Change.State.DONE)
    last = done.exclude(settled_at=None).order_by("-settled_at").first()
    return Event(last.settled_at, last.made_by_name) if last and last.settled_at else None


def _printed_here(person: Person) -> Event | None:
    batches = LetterBatch.objects.filter(org=person.org_id, person_keys__contains=[person.vendor_id])
    last = batches.order_by("-printed_at").first()
    return Event(last.printed_at, last.printed_by_name, letter=True) if last else None


def refresh_link(person: Person, *, by: Member) -> Job:
    """Read the state of a person's links now."""
    if not may_see_link(by, person) or not server_tells(person.org):
        raise ActionRefused(_("The links of %(name)s cannot be read here.") % {"name": person})
    title = gettext_stored("Refresh of the state of a person’s links: %(name)s", name=str(person))
    return start(person.org, SYNC_LINK, by=by, target=person.vendor_id, title=title)


def start_link_refresh(org: Organisation, vendor_id: str) -> None:
    """Read the state of a person's links after they were ended; with too many jobs, a member can ask for it later."""
    with suppress(TooManyJobs):
        start(org, SYNC_LINK, by=None, target=vendor_id, afresh=True)


@job(SYNC_LINK)
def sync_link(job: Job) -> Message:
    """Mirror the state of one person's links; the work of its refresh."""
    person = Person.objects.filter(org=job.org, vendor_id=job.target, gone_at=None).first()
    if person is None or not server_tells(job.org):
        return gettext_stored("The connected survey service does not offer this.")
    as_of = timezone.now()
    with client_for(job.org) as threesixty:
        record = threesixty.call(GetLink(person_id=person.vendor_id))
    mirror_link(person, record, as_of=as_of)
    return gettext_stored("The state of the links is up to date.")


def mirror_link(person: Person, record: LinkRecord, *, as_of: datetime) -> None:
    """Store the reported state; an older response never overwrites."""
    told = {"ended_at": record.ended_at, "printed_at": record.printed_at, "days": record.days, "seen_at": as_of}
    _state, made = LinkState.objects.get_or_create(person=person, defaults={"org": person.org, **told})
    if not made:
        LinkState.objects.filter(person=person, seen_at__lte=as_of).update(**told)
