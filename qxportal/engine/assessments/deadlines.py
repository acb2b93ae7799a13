"""Until when a person may answer in an assessment with a schedule.

From the closing time on only people with an extension answer. The assessment stays Active for them, and is closed, with
the options chosen beforehand, when the last extension has ended. Once it was closed by its schedule and reopened by
hand, everybody answers again.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from qxportal.engine.models import Assessment, Evaluation, Extension, Schedule


def takes_answers(now: datetime) -> Q:
    """Which evaluations the schedule leaves open: before the closing time, with an extension, or once it was done."""
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
    """Until when the evaluator may answer: the closing time or the extension, and the survey's own end."""
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
    """When the schedule ends answering for those without an extension; None where it does not, or has done so."""
    schedule: Schedule | None = getattr(assessment, "schedule", None)
    return schedule.closes_at if schedule is not None and schedule.closed_at is None else None
