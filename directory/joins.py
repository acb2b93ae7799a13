"""The directory person of a member, by vendor id, since addresses and names change hands.

A join is settled if an administrator confirmed it, or the address proves it: exactly one person ever had the account's
address, and had it when the account became a member. A member's own claim opens nothing. Which records to hide as the
member's own is decided more broadly (`own_keys`): in doubt they count.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.alike import Likeness, likely
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Version

State = Member.PersonState
FIRST_READING = timedelta(days=1)  # people seen within it were there before the first sync
IDENTITY = ("first_name", "last_name", "email")


def person_of(member: Member) -> Person | None:
    """The member's joined or claimed person in the directory; None if it no longer exists."""
    if not member.person_key:
        return None
    return Person.objects.filter(org_id=member.org_id, vendor_id=member.person_key).first()


def settled_key(member: Member) -> str:
    """Vendor id of the member's person if certain; empty in doubt."""
    return member.person_key if member.person_state in Member.SETTLED and not doubtful(member) else ""


def doubtful(member: Member) -> bool:
    """Whether the joined person's id may have been reused: then an administrator must confirm the join again."""
    person = person_of(member)
    if person is None or member.person_at is None:
        return False
    if person.first_seen_at > member.person_at:  # deleted here, then listed again
        return True
    since = list(_versions(member.org_id, [person.pk]).filter(valid_to__gt=member.person_at).order_by("valid_to"))
    if not since:
        return False
    differ = [name for name in IDENTITY if since[0].columns.get(name) != getattr(person, name)]
    return bool(differ) if any(version.gone for version in since) else len(differ) == len(IDENTITY)


def own_keys(member: Member) -> frozenset[str]:
    """Vendor ids, and addresses, of every person that the member is or may be."""
    person = person_of(member)
    account = Likeness.of([member.user.name, *member.user.former_names], [member.user.email])
    both = account.joined_by(person) if person else account
    found = {member.user.email.lower()}
    if member.person_key:
        found |= {member.person_key, *([person.email] if person else [])}
    for each in likely(member.org, both):
        if _counts(member, each, account, both, person):
            found |= {each.vendor_id, each.email}
    return frozenset(found - {""})


def own_likeness(member: Member) -> Likeness | None:
    """Names and addresses that count as the member's while the member's person is uncertain."""
    if member.person_state in (*Member.SETTLED, State.NOBODY):
        return None
    return Likeness.of([member.user.name, *member.user.former_names], [member.user.email])


def _counts(member: Member, each: Person, account: Likeness, both: Likeness, joined: Person | None) -> bool:
    """Whether a person with the member's address or name counts as the member."""
    address, name = both.has_address(each), both.has_name(each)
    newer = member.person_at is not None and each.first_seen_at > member.person_at
    match member.person_state:
        case State.CONFIRMED:
            return (address and name) or newer
        case State.PROVEN if joined is not None:
            unexplained = account.has_name(each) and not account.has_name(joined)
            return (address and name) or newer or unexplained
        case State.NOBODY:
            return address or newer
    return True


def proven(members: Iterable[Member]) -> dict[int, Person]:
    """Members whose address proves their person: primary key of the member -> person."""
    members = [member for member in members if member.person_state in (State.UNSAID, State.CLAIMED)]
    if not members:
        return {}
    org_id, addresses = members[0].org_id, {member.user.email.lower() for member in members}
    holders: dict[str, set[int]] = {address: set() for address in addresses}
    for pk, address in Person.objects.filter(org_id=org_id, email__in=addresses).values_list("pk", "email"):
        holders[address].add(pk)
    earlier = Version.objects.filter(org_id=org_id, kind="person", columns__email__in=list(addresses))
    for pk, address in earlier.values_list("row_id", "columns__email"):
        holders[address].add(pk)
    people = Person.objects.in_bulk([pk for found in holders.values() if len(found) == 1 for pk in found])
    taken = set(
        Member.objects.filter(org_id=org_id, person_state__in=Member.SETTLED).values_list("person_key", flat=True)
    )
    began = Person.objects.filter(org_id=org_id).aggregate(began=Min("first_seen_at"))["began"]
    made: dict[int, Person] = {}
    for member in members:
        found = holders[member.user.email.lower()]
        person = people.get(next(iter(found))) if len(found) == 1 else None
        if person is None or person.vendor_id in taken or member.person_key not in ("", person.vendor_id):
            continue
        if _had(person, member.user.email.lower(), max(member.created_at, began + FIRST_READING), member.created_at):
            made[member.pk] = person
    return made


def _had(person: Person, address: str, seen_by: datetime, at: datetime) -> bool:
    """Whether the person had the address at that time, or at the first read of the directory."""
    if person.first_seen_at > seen_by:
        return False
    moment = max(at, person.first_seen_at)
    version = _versions(person.org_id, [person.pk]).filter(valid_to__gt=moment).order_by("valid_to").first()
    if version is not None:
        return not version.gone and bool(version.columns.get("email") == address)
    return person.email == address and (person.gone_at is None or person.gone_at > moment)


def prove(org: Organisation) -> int:
    """Join members whose address proves their person, after a sync of the directory; returns their number."""
    rows = Member.objects.filter(org=org, person_state__in=(State.UNSAID, State.CLAIMED)).select_related("user", "org")
    found = proven(rows)
    for member in rows:
        if member.pk in found:
            with suppress(ActionRefused):  # another account was joined with that person at this moment
                _settle(member, found[member.pk], State.PROVEN, by=None)
    return len(found)


def claim(member: Member, person: Person | None) -> None:
    """Record a member's claim to a person, or to none; it opens nothing until proven or confirmed."""
    if member.person_state in (*Member.SETTLED, State.NOBODY):
        raise ActionRefused(
            _("Your account is already linked to a person. An administrator can change this on the Members page.")
        )
    if person is None:
        _settle(member, None, State.NOBODY_CLAIMED, by=member)
        return
    if not member.may(Role.READER) and person.email != member.user.email.lower():
        raise ActionRefused(_("Choose the person with your e-mail address, or ask an administrator."))
    _check_free(member, person)
    member.person_key = ""
    certain = proven([member]).get(member.pk) == person
    _settle(member, person, State.PROVEN if certain else State.CLAIMED, by=member)


def join(member: Member, person: Person | None, *, by: Member) -> None:
    """Record an administrator's join of another member with a person, or with none."""
    if not by.may(Role.ADMIN) or by.org_id != member.org_id:
        raise ActionRefused(_("Only owners and admins can link members to people."))
    if by.user_id == member.user_id:
        raise ActionRefused(_("This is about you, so another owner or admin has to confirm it."))
    if person is not None:
        _check_free(member, person)
    _settle(member, person, State.CONFIRMED if person else State.NOBODY, by=by)


def _check_free(member: Member, person: Person) -> None:
    rows = Member.objects.filter(org_id=member.org_id, person_key=person.vendor_id, person_state__in=Member.SETTLED)
    other = rows.exclude(pk=member.pk).select_related("user").first()
    if other is not None:
        words = _("%(person)s is already linked to another member, %(who)s. An administrator has to change that first.")
        raise ActionRefused(words % {"person": person, "who": other})


def _settle(member: Member, person: Person | None, state: "Member.PersonState", *, by: Member | None) -> None:
    """Store the member's person; releases to an account of another person end."""
    key, now = person.vendor_id if person else "", timezone.now()
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=member.org_id)
        if person is not None and state in Member.SETTLED:
            _check_free(member, person)
        before = Member.objects.get(pk=member.pk)
        if before.person_state in Member.SETTLED and (before.person_key != key or doubtful(before)):
            member.releases_since = now
        member.person_key, member.person_state, member.person_at = key, state, now
        member.person_name = str(person)[:410] if person else ""
        member.save(update_fields=["person_key", "person_name", "person_state", "person_at", "releases_since"])
        note(
            member.org,
            by=by,
            verb=f"member.person-{state}",
            target=member.user.email,
            person=key,
            before=before.person_key,
            words=" → ".join(filter(None, [before.person_name, member.person_name or "–"])),
        )


def _versions(org_id: int, numbers: list[int]) -> QuerySet[Version]:
    return Version.objects.filter(org_id=org_id, kind="person", row_id__in=numbers).exclude(event=Version.Event.ADDED)
