"""Running assessments that Home shows first: deadlines, groups too small to show, and late evaluators."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F
from django.utils import timezone

from assessments.fence import about_others, others
from assessments.groups import has_thin_group, thin_counts
from assessments.mailing_commands import may_remind
from assessments.models import Assessment, Evaluation, Schedule, Subject
from assessments.progress import OPEN
from qxportal.accounts.models import Member

SOON = timedelta(days=14)  # a deadline that is shown
MOST = 30  # active assessments that are looked at
SHOWN = 8


@dataclass(frozen=True)
class Watched:
    """An active assessment that needs attention."""

    assessment: Assessment
    closes_at: datetime | None
    late: bool  # the closing time is over
    thin: int  # groups that have too few answers to be shown; only with a deadline, as answers still come in
    stuck: int  # subjects with all answers and a group below the minimum
    raters: int  # people with something open
    reminds: bool  # whether the member may send reminders


def watched(member: Member) -> list[Watched]:
    """Assessments with a near or past deadline, by time; then complete ones with groups that are too small."""
    rows = Assessment.objects.filter(org=member.org_id, gone_at=None, status=Assessment.Status.ACTIVE)
    found = list(rows.select_related("org").order_by("-created_at", "-pk")[:MOST])
    dates, now = _closing(found), timezone.now()
    near = [one for one in found if one.pk in dates and dates[one.pk] - now <= SOON]
    thin = thin_counts(member, [one.pk for one in near])
    raters, stuck = _raters(member, [one.pk for one in near]), _stuck(member, [one.pk for one in found])
    shown = [
        Watched(
            one,
            dates.get(one.pk) if one in near else None,
            one in near and dates[one.pk] <= now,
            thin[one.pk] if one in near else 0,
            stuck.get(one.pk, 0),
            raters.get(one.pk, 0),
            one in near and may_remind(member, one),
        )
        for one in found
        if one in near or stuck.get(one.pk)
    ]
    return sorted(shown, key=lambda one: (one.closes_at is None, one.closes_at or now, one.assessment.pk))[:SHOWN]


def _closing(found: Iterable[Assessment]) -> dict[int, datetime]:
    rows = Schedule.objects.filter(assessment__in=list(found)).values_list("assessment_id", "facts")
    return {pk: datetime.fromisoformat(facts["closes_at"]) for pk, facts in rows if facts.get("closes_at")}


def _raters(member: Member, numbers: Collection[int]) -> dict[int, int]:
    rows = about_others(member, Evaluation.objects.filter(OPEN, assessment__in=numbers, gone_at=None))
    counted = rows.order_by().values_list("assessment_id").annotate(n=Count("evaluator_key", distinct=True))
    return dict(counted)


def _stuck(member: Member, numbers: Collection[int]) -> Counter[int]:
    rows = Subject.objects.filter(assessment__in=numbers, gone_at=None, status=Subject.Status.WAITING)
    rows = others(member, rows.filter(completed__gt=0, completed__gte=F("received"))).filter(has_thin_group())
    return Counter(rows.order_by().values_list("assessment_id", flat=True))
