"""Data of the releases page: access to reports on the site, starts of steps, and held releases."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from assessments.fence import is_own, others
from assessments.models import Assessment, ReportAccess, Subject
from assessments.plans_of_releases import RELEASES
from assessments.release_lines import HOLD
from assessments.report_access import SiteReader, readers_of, sorted_readers
from qxportal.accounts.models import Member
from qxportal.ledger.models import Plan


@dataclass(frozen=True)
class ReleaseRow:
    """A subject with all present and possible readers; without the member's own report."""

    subject: Subject
    readers: list[SiteReader]
    own: bool


@dataclass
class Step:
    """The readers of one kind whose access begins on one day."""

    begins: datetime
    viewer: str
    state: str  # Planned or Open
    readers: int = 0
    opened: int = 0


def release_rows(member: Member, page: Iterable[Subject]) -> list[ReleaseRow]:
    """A page of subjects with their readers."""
    page = list(page)
    own = {one.pk for one in page if is_own(member, one)}
    known = readers_of([one for one in page if one.pk not in own])
    return [ReleaseRow(one, sorted_readers(known.get(one.pk, [])), one.pk in own) for one in page]


def steps_of(member: Member, assessment: Assessment) -> list[Step]:
    """Numbers of readers by kind and first day, and of those who opened reports; without the member's own."""
    zone, found = ZoneInfo(assessment.org.time_zone), dict[tuple[date, str, str], Step]()
    rows = ReportAccess.objects.filter(assessment=assessment, subject__gone_at=None)
    subjects = others(member, Subject.objects.filter(pk__in=rows.values("subject")))
    for readers in readers_of(subjects).values():
        for reader in readers:
            if reader.ended or reader.from_at is None:
                continue
            state = "Planned" if reader.shown_state == "Planned" else "Open"
            key = (reader.from_at.astimezone(zone).date(), reader.viewer, state)
            step = found.setdefault(key, Step(reader.from_at, reader.viewer, state))
            step.readers += 1
            step.opened += reader.opened_at is not None
    return [found[key] for key in sorted(found)]


def unreleased(member: Member, assessment: Assessment) -> QuerySet[Subject]:
    """Subjects who are done and whose report was released to no reader on the site; never the member."""
    given = ReportAccess.objects.filter(subject=OuterRef("pk"))
    rows = Subject.objects.filter(assessment=assessment, gone_at=None, status=Subject.Status.DONE)
    return others(member, rows.exclude(Exists(given)))


def held_plans(member: Member, assessment: Assessment) -> list[Plan]:
    """Plans that held releases and were not undone since, the newest first."""
    rows = Plan.objects.filter(org=member.org_id, kind=RELEASES.name, assessment_id=assessment.vendor_id)
    rows = rows.filter(state=Plan.State.APPLIED, options__do=HOLD, undo_of=None)
    undone = Plan.objects.filter(undo_of=OuterRef("pk"), state__in=(Plan.State.APPLYING, Plan.State.APPLIED))
    return list(rows.exclude(Exists(undone)).order_by("-applied_at")[:5])
