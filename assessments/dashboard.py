"""Key figures of the organisation: running assessments, progress, the next deadline, and open tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from assessments.fence import about_others, others
from assessments.groups import DONE, thin_counts
from assessments.models import Assessment, Evaluation, Report, Schedule, Subject
from qxportal.accounts.models import Member

MOST = 30  # limit of running assessments whose groups are counted


@dataclass(frozen=True)
class Dashboard:
    """Figures over all running assessments; evaluations about the member are never counted."""

    running: int
    asked: int
    done: int
    thin: int
    waiting: int  # subjects who are done without a fetched report
    closes: Assessment | None = None  # the next one
    closes_at: datetime | None = None

    @property
    def counted(self) -> int:
        """Number of running assessments whose groups are counted; 0 if all are."""
        return MOST if self.running > MOST else 0

    @property
    def percent(self) -> int:
        """Finished evaluations in percent of the requested evaluations."""
        return round(100 * self.done / self.asked) if self.asked else 0


def dashboard(member: Member) -> Dashboard:
    """The key figures of the member's organisation."""
    active = Assessment.objects.filter(org=member.org_id, gone_at=None, status=Assessment.Status.ACTIVE)
    running = list(active.order_by("-created_at", "-pk").values_list("pk", flat=True))
    asked = about_others(member, Evaluation.objects.filter(assessment__in=running, gone_at=None, unsolicited=False))
    counted = asked.order_by().aggregate(asked=Count("pk"), done=Count("pk", filter=DONE))
    closes, closes_at = _next(running)
    return Dashboard(
        len(running),
        counted["asked"],
        counted["done"],
        sum(thin_counts(member, running[:MOST]).values()),
        _waiting(member),
        closes,
        closes_at,
    )


def _next(running: Sequence[int]) -> tuple[Assessment | None, datetime | None]:
    rows = Schedule.objects.filter(assessment__in=running).select_related("assessment")
    dates = [
        (datetime.fromisoformat(row.facts["closes_at"]), row.pk, row) for row in rows if row.facts.get("closes_at")
    ]
    at, _pk, row = min((one for one in dates if one[0] > timezone.now()), default=(None, 0, None))
    return (row.assessment if row else None), at


def _waiting(member: Member) -> int:
    rows = Subject.objects.filter(org=member.org_id, gone_at=None, status=Subject.Status.DONE, assessment__gone_at=None)
    fetched = Exists(Report.objects.filter(subject=OuterRef("pk")))
    return others(member, rows).filter(~fetched).order_by().count()
