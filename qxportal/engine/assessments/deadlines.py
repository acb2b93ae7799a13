"""Deadlines for answering in an assessment with a schedule.

After the closing time only people with an extension can answer. The assessment stays Active for them and is closed,
with the options chosen beforehand, when the last extension has ended. If it is reopened by hand after the schedule
closed it, all evaluators can answer again.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from qxportal.engine.models import Assessment, Evaluation, Extension, Schedule


def takes_answers(now: datetime) -> Q:
    """Filter for evaluations that the schedule leaves open: before closing, with an extension, or after it has run."""
    extended = Extension.objects.filter(
        schedule__assessment=OuterRef("assessment"), person=OuterRef("evaluator"), until__gt=now
    )
    closing = "assessment__schedule__closes_at"
    return (
        Q(**{f"{closing}__isnull": True})
        | Q(**{f"{closing}__gt": now})
        | Q(assessment__schedule__closed_at__isnull=False)
        | Q(Exists(extended))
    )


def deadline(evaluation: Evaluation) -> datetime | None:
    """The time until which the evaluator can answer: closing time or extension, but no later than the survey's end."""
    return deadlines([evaluation])[evaluation.pk]


def deadlines(evaluations: Collection[Evaluation]) -> dict[int, datetime | None]:
    """The deadlines of several evaluations, by primary key; one query for all extensions."""
    closing = {one.assessment_id: at for one in evaluations if (at := _closes_at(one.assessment)) is not None}
    rows = Extension.objects.filter(
        schedule__assessment__in=closing, person__in={one.evaluator_id for one in evaluations}
    ).values_list("schedule__assessment", "person", "until")
    extended = {(assessment, person): until for assessment, person, until in rows}
    found: dict[int, datetime | None] = {}
    for one in evaluations:
        closes_at, until = closing.get(one.assessment_id), extended.get((one.assessment_id, one.evaluator_id))
        ends = [one.assessment.survey.expires_at, max(closes_at, until) if closes_at and until else closes_at]
        found[one.pk] = min((end for end in ends if end is not None), default=None)
    return found


def _closes_at(assessment: Assessment) -> datetime | None:
    """The schedule's closing time for evaluators without an extension; None if unset or already carried out."""
    schedule: Schedule | None = getattr(assessment, "schedule", None)
    return schedule.closes_at if schedule is not None and schedule.closed_at is None else None
