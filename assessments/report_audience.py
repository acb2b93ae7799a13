"""Readers of reports over all assessments: members by role or release, others by link or on the server's site."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils import timezone

from assessments.fence import reports_of_others
from assessments.models import Release, Report, ReportAccess, ReportLink
from assessments.receiving import FOR_RELEASES, why_ended
from assessments.report_access import reader_of
from assessments.report_links import is_open
from directory.joins import own_keys, settled_key
from directory.models import Person
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role

BY_ROLE = (Role.OWNER, Role.ADMIN, Role.EDITOR)
MOST = 500  # lines of a table on the page


@dataclass
class SiteAudience:
    """A reader on the site, with the number of reports that the reader can open now and later."""

    key: str
    name: str
    viewers: set[str] = field(default_factory=set)
    now: int = 0
    later: int = 0


def by_role(member: Member) -> list[Member]:
    """Members whose role opens reports, the highest role first."""
    found = Member.objects.filter(org=member.org_id, role__in=BY_ROLE, user__is_active=True).select_related("user")
    return sorted(found, key=lambda one: (-Role(one.role).rank, str(one).casefold()))


def by_release(member: Member) -> list[tuple[Member, int]]:
    """Members with released reports, each with their number; reports about the viewing member are not counted."""
    reports = reports_of_others(member, Report.objects.filter(org=member.org_id))
    rows = Release.objects.filter(org=member.org_id, report__in=reports)
    counts: defaultdict[Member, int] = defaultdict(int)
    known: dict[int, tuple[str, frozenset[str]]] = {}  # computed once for each member, since it costs queries
    for released in rows.select_related("member__user", "member__org", *FOR_RELEASES):
        one = released.member
        if one.pk not in known:
            known[one.pk] = settled_key(one), own_keys(one)
        key, own = known[one.pk]
        if not why_ended(released, key=key, own=own):
            counts[one] += 1
    return sorted(counts.items(), key=lambda one: str(one[0]).casefold())


def by_link(member: Member) -> list[tuple[Person, int]]:
    """People with valid personal links, each with the number of reports, without those about the viewing member."""
    reports = reports_of_others(member, Report.objects.filter(org=member.org_id))
    rows = ReportLink.objects.filter(org=member.org_id, report__in=reports, ended_at=None, until__gt=timezone.now())
    counts: defaultdict[Person, int] = defaultdict(int)
    for link in rows.select_related("org", "person", "report__subject__person", "report__assessment"):
        if is_open(link):
            counts[link.person] += 1
    return sorted(counts.items(), key=lambda one: str(one[0]).casefold())


def on_site(member: Member) -> list[SiteAudience]:
    """Readers on the server's site, most reports first; reports about the viewing member are not counted."""
    rows = ReportAccess.objects.filter(org=member.org_id, subject__gone_at=None)
    rows = rows.exclude(subject__in=fence_of(member).subjects)
    found: dict[str, SiteAudience] = {}
    for readers in rows.values_list("readers", flat=True).iterator():
        for kept in readers:
            reader = reader_of(kept)
            if reader.left or reader.ended:
                continue
            line = found.setdefault(reader.key, SiteAudience(reader.key, reader.name))
            line.viewers.add(reader.viewer)
            if reader.shown_state == "Open":
                line.now += 1
            else:
                line.later += 1
    return sorted(found.values(), key=lambda one: (-one.now, -one.later, one.name.casefold()))
