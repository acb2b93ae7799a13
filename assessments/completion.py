"""Cumulative finished evaluations by day, compared with the last round on the same day, and a forecast.

All numbers are over all evaluators of an assessment; evaluations about the viewing member are never counted. Numbers
by day are hidden if few people were asked, because they would reveal the day on which one person answered.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from assessments.fence import about_others
from assessments.groups import DONE, UNFINISHED
from assessments.models import Assessment, Evaluation, Subject
from assessments.schedules import schedule_of
from qxportal.accounts.models import Member
from qxportal.core.searching import folded

LEAST_PEOPLE = 5  # asked: with fewer, a step of the curve reveals a person
PACE_DAYS = 7  # that the pace is measured over
YOUNG_DAYS = 3  # before that, a pace is meaningless
LONGEST = 400  # days shown
CHOICES = 50
NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Curve:
    """Finished evaluations of one assessment at the end of each day since its first one."""

    assessment: Assessment
    began: date
    asked: int
    people: int
    done: Sequence[int]  # at the end of day 0, 1, …, up to today or its end
    closed: int = 0  # requested evaluations that were not finished and cannot be any more

    @property
    def open(self) -> int:
        """Requested evaluations that can still be finished."""
        return max(0, self.asked - self.now - self.closed)

    @property
    def told(self) -> bool:
        """Whether enough people were asked for numbers by day to be shown."""
        return self.people >= LEAST_PEOPLE and bool(self.done) and self.asked > 0

    @property
    def now(self) -> int:
        """Finished evaluations on the last day of the curve."""
        return self.done[-1] if self.done else 0

    def on(self, day: int) -> int:
        """Finished evaluations at the end of a day; after the last day of the curve, the number on the last day."""
        return self.done[min(day, len(self.done) - 1)] if self.done else 0

    def share(self, number: float) -> float:
        """A number of evaluations as a share of the requested evaluations, at most 1."""
        return min(1.0, number / self.asked) if self.asked else 0.0


@dataclass(frozen=True)
class Forecast:
    """The expected number of finished evaluations at the deadline at the pace of the last days."""

    closes_at: datetime
    recent: int  # evaluations finished in the last `measured` days
    measured: int  # days over which the pace is measured
    expected: int
    asked: int
    last_share: int | None = None  # percent that the last round had on that day

    @property
    def percent(self) -> int:
        """Expected evaluations in percent of the requested evaluations."""
        return round(100 * self.expected / self.asked)


@dataclass(frozen=True)
class Pace:
    """Evaluations finished in the last days."""

    recent: int
    days: int  # number of days counted

    @property
    def daily(self) -> float:
        """Finished evaluations a day."""
        return self.recent / self.days


@dataclass(frozen=True)
class Completion:
    """The curve of an assessment, the last round's curve, and the forecast; None if hidden."""

    curve: Curve
    beside: Curve | None
    forecast: Forecast | None
    closes_at: datetime | None

    @property
    def today(self) -> int:
        """The number of the curve's last day."""
        return len(self.curve.done) - 1


def completion(member: Member, assessment: Assessment, beside: Assessment | None) -> Completion:
    """The completion of an assessment compared with that of an earlier round."""
    curves = curves_of(member, [one for one in (assessment, beside) if one is not None])
    curve, other = curves[assessment.pk], curves[beside.pk] if beside is not None else None
    other = other if other is not None and other.told else None
    closes_at = schedule_of(assessment).closes_at
    ahead = forecast(curve, other, closes_at) if assessment.status == Assessment.Status.ACTIVE else None
    return Completion(curve, other, ahead, closes_at)


def curves_of(member: Member, rounds: Sequence[Assessment]) -> dict[int, Curve]:
    """The curve of each assessment, by primary key; two queries for any number."""
    finished, counts = _finished(member, rounds), _counts(member, rounds)
    found = {}
    for one in rounds:
        days, (asked, people, still_open) = finished.get(one.pk, {}), counts.get(one.pk, (0, 0, 0))
        found[one.pk] = curve_of(one, days, asked, people, closed=max(0, asked - sum(days.values()) - still_open))
    return found


def curve_of(
    assessment: Assessment,
    finished: Mapping[date, int],
    asked: int,
    people: int,
    *,
    closed: int = 0,
    today: date | None = None,
) -> Curve:
    """The curve of an assessment, built from the number of evaluations finished on each day."""
    today = today or timezone.localdate()
    began_at = assessment.activated_at or assessment.created_at
    began = min([*finished, *([timezone.localdate(began_at)] if began_at else [])], default=today)
    open_again = assessment.status == Assessment.Status.ACTIVE  # an earlier closing time has no meaning then
    closed_at = None if open_again else assessment.closed_at
    last = max([timezone.localdate(closed_at), *finished]) if closed_at else today
    last = min(max(last, began), began + timedelta(days=LONGEST))
    done, total = [], sum(number for day, number in finished.items() if day < began)
    for place in range((last - began).days + 1):
        total += finished.get(began + timedelta(days=place), 0)
        done.append(total)
    return Curve(assessment, began, asked, people, done, closed)


def forecast(
    curve: Curve, beside: Curve | None, closes_at: datetime | None, *, now: datetime | None = None
) -> Forecast | None:
    """Number of evaluations finished by the deadline at the pace of the last days.

    None without a deadline, too early, or after a longer time than curves show.
    """
    now = now or timezone.now()
    pace = pace_of(curve)
    if closes_at is None or closes_at <= now or pace is None:
        return None
    left = (closes_at - now) / timedelta(days=1)
    expected = curve.now + min(curve.open, max(0, round(pace.daily * left)))
    deadline = (timezone.localdate(closes_at) - curve.began).days
    last = round(100 * beside.share(beside.on(deadline))) if beside else None
    return Forecast(closes_at, pace.recent, pace.days, expected, curve.asked, last)


def pace_of(curve: Curve) -> Pace | None:
    """The pace of the last days.

    None if it is too early or few people were asked, or after a longer time than curves show.
    """
    today = len(curve.done) - 1
    if not curve.told or not YOUNG_DAYS <= today < LONGEST:
        return None
    days = min(PACE_DAYS, today)
    return Pace(curve.now - curve.done[today - days], days)


def rounds_before(assessment: Assessment) -> list[Assessment]:
    """The assessments of the organisation that ran before this one, the newest first."""
    rows = Assessment.objects.filter(org=assessment.org_id, gone_at=None).exclude(pk=assessment.pk)
    rows = rows.exclude(status=Assessment.Status.DRAFT)
    if assessment.created_at:
        rows = rows.filter(created_at__lt=assessment.created_at)
    return list(rows.order_by("-created_at", "-pk")[:CHOICES])


def last_round(assessment: Assessment, before: Sequence[Assessment]) -> Assessment | None:
    """The last round with the same name apart from numbers, otherwise the last round with the same survey."""
    named = _plain(assessment.name)
    same_name = (one for one in before if _plain(one.name) == named)
    same_survey = (one for one in before if one.survey_id and one.survey_id == assessment.survey_id)
    return next(same_name, None) or next(same_survey, None)


def _plain(name: str) -> str:
    return " ".join(NUMBERS.sub(" ", folded(name)).split())


def _rows(member: Member, rounds: Sequence[Assessment]) -> "QuerySet[Evaluation]":
    rows = Evaluation.objects.filter(assessment__in=rounds, gone_at=None, unsolicited=False)
    return about_others(member, rows).order_by()


def _finished(member: Member, rounds: Sequence[Assessment]) -> dict[int, dict[date, int]]:
    rows = _rows(member, rounds).filter(DONE, finished_at__isnull=False).annotate(day=TruncDate("finished_at"))
    found: dict[int, dict[date, int]] = {one.pk: {} for one in rounds}
    for pk, day, number in rows.values_list("assessment_id", "day").annotate(n=Count("pk")):
        found[pk][day] = number
    return found


def _counts(member: Member, rounds: Sequence[Assessment]) -> dict[int, tuple[int, int, int]]:
    """Numbers of requested evaluations, of people asked, and of evaluations that can still be finished."""
    rows = _rows(member, rounds).values_list("assessment_id")
    counted = rows.annotate(
        n=Count("pk"),
        people=Count("evaluator_key", distinct=True, filter=~Q(evaluator_key="")),
        still_open=Count("pk", filter=UNFINISHED & (Q(subject=None) | Q(subject__status=Subject.Status.WAITING))),
    )
    return {pk: (asked, people, still_open) for pk, asked, people, still_open in counted}
