"""Outlook of running assessments: share of evaluations finished by the deadline at the pace of the last days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from django.utils import timezone

from assessments.completion import Curve, curves_of, forecast, pace_of
from assessments.models import Assessment
from assessments.schedules import closing_times
from qxportal.accounts.models import Member
from qxportal.ledger.history.external_changes import sees_answering

ON_TRACK, AT_RISK = 90, 70  # percent that will be finished by the deadline, at least
FARTHEST = 365  # days ahead; a forecast beyond is meaningless


@dataclass(frozen=True)
class Outlook:
    """The deadline of a running assessment and, for members who may see who answers, its forecast."""

    closes_at: datetime | None
    state: str = ""  # "outlook" in labels.py; empty for members who may not see who answers
    percent: int | None = None  # finished by the deadline; None without a deadline or a pace
    complete_on: date | None = None  # the day by which everything is finished at this pace

    @property
    def shown(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.closes_at or self.state)


def outlooks(member: Member, assessments: Sequence[Assessment]) -> dict[int, Outlook]:
    """The outlook of each running assessment, by primary key; three queries for any number."""
    running = [one for one in assessments if one.status == Assessment.Status.ACTIVE and one.gone_at is None]
    if not running:
        return {}
    times = closing_times(running)
    if not sees_answering(member):
        return {one.pk: Outlook(times.get(one.pk)) for one in running}
    return {pk: outlook_of(curve, times.get(pk)) for pk, curve in curves_of(member, running).items()}


def outlook_of(curve: Curve, closes_at: datetime | None, *, now: datetime | None = None) -> Outlook:
    """The outlook of one assessment."""
    now = now or timezone.now()
    if curve.asked and not curve.open:
        return Outlook(closes_at, "complete", round(100 * curve.share(curve.now)))
    if curve.open and closes_at is not None and closes_at <= now:
        return Outlook(closes_at, "overdue")
    pace = pace_of(curve)
    if pace is None:
        return Outlook(closes_at, "unknown")
    days = ceil(curve.open / pace.daily) if pace.recent else FARTHEST + 1
    complete_on = timezone.localdate(now) + timedelta(days=days) if days <= FARTHEST else None
    ahead = forecast(curve, None, closes_at, now=now)
    if ahead is None:
        return Outlook(closes_at, "open" if pace.recent else "still", None, complete_on)
    state = "on_track" if ahead.percent >= ON_TRACK else "at_risk" if ahead.percent >= AT_RISK else "behind"
    return Outlook(closes_at, state, ahead.percent, complete_on)
