"""The chance that a subject's groups have enough answers by the deadline, and the least likely group.

Open evaluations are assumed to be finished at the rate of the whole assessment in the last days; those about the
viewing member are never counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import comb, prod

from django.utils import timezone

from assessments.completion import Curve, curves_of, pace_of
from assessments.groups import Group
from assessments.models import Assessment, Subject
from assessments.schedules import closing_times
from assessments.subject_selectors import SubjectRow
from qxportal.accounts.models import Member
from qxportal.ledger.history.external_changes import sees_answering
from qxportal.threesixty.relationships import MANAGER, SELF

LIKELY, UNCERTAIN = 80, 40  # percent, at least


@dataclass(frozen=True)
class Rate:
    """Probability that an open evaluation is finished by the deadline, and the numbers behind it."""

    closes_at: datetime
    finished: int  # evaluations finished in the last `days` days
    open_before: int  # evaluations that were open before these days
    days: int
    chance: float  # of one open evaluation, 0 to 1


@dataclass(frozen=True)
class Chance:
    """The chance of one subject, over the groups that can still reach their minimum."""

    state: str  # "chance" in labels.py
    percent: int | None = None  # that all of these groups reach it; None if nothing is left to chance
    least: Group | None = None  # the least likely of them
    lost: Sequence[Group] = ()  # groups that have too few open evaluations to reach it
    needed: int = 0  # answers that the least likely group still needs


def rate_of(member: Member, assessment: Assessment) -> Rate | None:
    """The rate of a running assessment; three queries.

    None for members who may not see who answers, without a deadline, and until there is a pace.
    """
    if not sees_answering(member) or assessment.status != Assessment.Status.ACTIVE:
        return None
    closes_at = closing_times([assessment]).get(assessment.pk)
    if closes_at is None:
        return None
    return rate_in(curves_of(member, [assessment])[assessment.pk], closes_at)


def rate_in(curve: Curve, closes_at: datetime, *, now: datetime | None = None) -> Rate | None:
    """The rate in a curve; None without a pace or without time left."""
    left = (closes_at - (now or timezone.now())) / timedelta(days=1)
    pace = pace_of(curve)
    if pace is None or left <= 0:
        return None
    open_before = curve.open + pace.recent
    still_open = 1 - pace.recent / open_before if open_before else 1.0
    return Rate(closes_at, pace.recent, open_before, pace.days, 1 - max(0.0, still_open) ** (left / pace.days))


def chance_of(row: SubjectRow, rate: Rate) -> Chance | None:
    """A subject's chance; None for the viewing member, for subjects who are done, and without evaluators."""
    if row.own or row.subject.status == Subject.Status.DONE or not row.groups:
        return None
    lost = [group for group in row.groups if needed_of(group) > group.open]
    if all(group.relationship == SELF or group in lost for group in row.groups):
        return Chance("impossible", lost=lost)
    needing = [group for group in row.groups if needed_of(group) and group not in lost]
    if not needing:
        return Chance("enough", lost=lost)
    chances = [at_least(needed_of(group), group.open, rate.chance) for group in needing]
    least = min(zip(chances, needing, strict=True), key=lambda each: each[0])[1]
    percent = min(99, max(1, round(100 * prod(chances))))  # an uncertain result is never shown as 0 or 100
    state = "likely" if percent >= LIKELY else "uncertain" if percent >= UNCERTAIN else "unlikely"
    return Chance(state, percent, least, lost, needed_of(least))


def needed_of(group: Group) -> int:
    """Number of answers that a group still needs; a single manager, who is shown alone, must answer."""
    return int(group.done == 0) if group.exempt and group.relationship == MANAGER else group.needed


def chances_of(rows: Iterable[SubjectRow], rate: Rate | None) -> dict[int, Chance]:
    """The chances of a page of subjects, by primary key; none without a rate."""
    found = {row.subject.pk: chance_of(row, rate) for row in rows} if rate else {}
    return {pk: chance for pk, chance in found.items() if chance}


def at_least(needed: int, tries: int, chance: float) -> float:
    """The probability that at least `needed` of `tries` independent tries succeed, each with this chance."""
    if needed > tries:
        return 0.0
    return min(1.0, sum(comb(tries, n) * chance**n * (1 - chance) ** (tries - n) for n in range(needed, tries + 1)))
