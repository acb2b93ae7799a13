"""Until when a person may answer in an assessment with a schedule.

From the closing time on only people with an extension answer. The assessment stays Active for them, and is closed, with
the options chosen beforehand, when the last extension has ended. Once it was closed by its schedule and reopened by
hand, everybody answers again.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from qxportal.engine.models import Evaluation, Extension, Schedule


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
    schedule: Schedule | None = getattr(evaluation.assessment, "schedule", None)
    ends = [evaluation.assessment.survey.expires_at]
    if schedule is not None and schedule.closes_at is not None and schedule.closed_at is None:
        extension = schedule.extensions.filter(person=evaluation.evaluator_id).values_list("until", flat=True).first()
        ends.append(max(schedule.closes_at, extension) if extension else schedule.closes_at)
    return min((end for end in ends if end is not None), default=None)
