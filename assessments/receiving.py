"""Access to released reports: decided by vendor ids of persons at every opening.

A subject's own report: the member who is certainly that person, whatever the role. A manager's version: the coach who
is certainly that manager, as long as the directory says so. Others: coaches, by account. A release ends with the
role, the membership, or the join with a person under which it was given.
"""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from assessments.models import Release, Report, Subject
from directory.joins import own_keys, proven, settled_key
from directory.models import Person
from directory.selectors import managers_of
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role

ADMIN, SUBJECT = "Admin", "Subject"
FOR_RELEASES = ("report__subject__person", "report__assessment")


def the_manager_of(subject: Subject) -> Person | None:
    """The subject's manager, if the directory names exactly one other person."""
    found = list(managers_of(subject.person)[:2]) if subject.person else []
    return found[0] if len(found) == 1 and found[0].pk != subject.person_id else None


def why_not(member: Member, report: Report, *, key: str | None = None, own: frozenset[str] | None = None) -> str:
    """The reason why this report may not be released to the member; empty if the report may be released.

    `key` and `own`: the ids that the member has and may have (joins.py), if already known.
    """
    if member.org_id != report.org_id:
        return _("This member belongs to another organisation.")
    key = settled_key(member) if key is None else key
    if report.viewer == SUBJECT and key and key == report.person_key:
        return ""
    if member.role != Role.COACH:
        if report.viewer == SUBJECT and member.person_key == report.person_key != "":
            return _("It is not confirmed that this account belongs to the subject.")
        return _("Subjects can only get the version for the subject of the report about themselves.")
    own = own_keys(member) if own is None else own
    if report.person_key in own or report.subject.vendor_id in own:
        return _("This is, or may be, the coach’s own report.")
    if report.viewer in (ADMIN, SUBJECT):
        return ""
    if key != report.viewer:
        return _("Only the manager can get the version for the manager.")
    manager = the_manager_of(report.subject)
    if manager is None or manager.vendor_id != key:
        return _("The directory no longer names this person as the manager.")
    return ""


def why_ended(released: Release, *, key: str | None = None, own: frozenset[str] | None = None) -> str:
    """Why a release no longer opens anything; empty while it does."""
    if released.released_at < released.member.releases_since:
        return _("The member’s role, or the person that the member is, changed after the release.")
    return why_not(released.member, released.report, key=key, own=own)


def live(releases: Iterable[Release]) -> list[Release]:
    """Those that still open something."""
    return [released for released in releases if not why_ended(released)]


def may_receive(report: Report) -> list[Member]:
    """The members that a report can be released to and is not released to now."""
    members = Member.objects.filter(org=report.org).select_related("user", "org").order_by("user__name", "user__email")
    wanted = Q(role=Role.COACH)
    if report.viewer == SUBJECT and report.person_key:
        unsaid = Q(person_state=Member.PersonState.UNSAID, user__email=_address(report))
        wanted |= Q(person_key=report.person_key) | unsaid
    found = list(members.filter(wanted))
    sure = proven(found)
    rows = report.releases.select_related("member__user", "member__org", *FOR_RELEASES)
    open_to = {released.member_id for released in live(rows)}
    keys = {pk: person.vendor_id for pk, person in sure.items()}
    return [
        member for member in found if member.pk not in open_to and not why_not(member, report, key=keys.get(member.pk))
    ]


def unsure(report: Report) -> list[Member]:
    """Members with the subject's address, or with an unconfirmed claim to be the subject."""
    if report.viewer != SUBJECT:
        return []
    said = Q(person_key=report.person_key) if report.person_key else Q(pk=None)
    wanted = said | (Q(user__email=_address(report)) & ~Q(person_state__in=Member.SETTLED))
    members = Member.objects.filter(wanted, org=report.org).select_related("user", "org")
    sure = proven(members)
    return [one for one in members if one.pk not in sure and settled_key(one) != report.person_key]


def _address(report: Report) -> str:
    person = report.subject.person
    return person.email if person else report.subject.email
