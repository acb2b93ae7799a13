"""Setting the dates of an assessment.

`timetable` carries them out; for deadlines of evaluators see `assessments/deadlines.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.utils import timezone

from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import Assessment, Extension, Person, Schedule
from qxportal.engine.schedules import lifecycle

MOST_REMINDERS = 20
FURTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Dates:
    """The settings of a schedule."""

    opens_at: datetime | None
    closes_at: datetime | None
    remind_at: Sequence[datetime]
    report_at: datetime | None
    close_sessions: bool
    delete_mailings: bool
    ready_reports: bool


STAMPS = {"opens_at": "opened_at", "closes_at": "closed_at", "report_at": "reported_at"}
PARAMETERS = {"opens_at": "OpensAt", "closes_at": "ClosesAt", "report_at": "ReportAt"}


def set_dates(assessment: Assessment, dates: Dates) -> Schedule:
    """Replace an assessment's schedule; steps with a new date are repeated."""
    now = timezone.now()
    schedule = Schedule.objects.filter(assessment=assessment).first() or Schedule(
        brand=assessment.brand, assessment=assessment
    )
    _check(schedule, dates, now)
    for name, stamp in STAMPS.items():
        if getattr(schedule, name) != getattr(dates, name):
            setattr(schedule, stamp, None)
    for each in fields(dates):
        setattr(schedule, each.name, getattr(dates, each.name))
    schedule.remind_at = sorted(set(dates.remind_at))
    schedule.next_reminder_at = next_after(now, schedule.remind_at)
    schedule.changed_at, schedule.problem = now, ""
    schedule.save()
    extensions = schedule.extensions.all()
    (extensions.filter(until__lte=dates.closes_at) if dates.closes_at else extensions).delete()
    return schedule


def next_after(now: datetime, times: Sequence[datetime]) -> datetime | None:
    """The first of the times after `now`."""
    return min((at for at in times if at > now), default=None)


def extend(assessment: Assessment, person: Person, until: datetime | None) -> None:
    """Set or remove a person's extension.

    An assessment closed by its schedule is reopened for this person only.
    """
    schedule = Schedule.objects.filter(assessment=assessment).first()
    if until is None:
        if schedule is not None:
            schedule.extensions.filter(person=person).delete()
        return
    now = timezone.now()
    if schedule is None or schedule.closes_at is None:
        raise Conflict("ETS3", "The assessment has no closing time in its schedule: nothing can be extended.")
    if not assessment.participants.filter(person=person, removed_at=None).exists():
        raise Invalid("PersonID", "This person does not take part in the assessment.")
    if until <= max(now, schedule.closes_at) or until > now + FURTHEST:
        raise Invalid("Until", "A time after the closing time that lies ahead is expected.")
    if assessment.survey.expires_at is not None and until > assessment.survey.expires_at:
        raise Invalid("Until", "The survey itself can be answered for a shorter time: set its options first.")
    if assessment.status == Assessment.Status.CLOSED:
        if schedule.closed_at is None or schedule.closes_at > now:
            raise Conflict("ETS3", "The assessment was closed by hand: reopen it first.")
        lifecycle.reopen(assessment)
        schedule.closed_at = None
        schedule.save(update_fields=["closed_at"])
    elif schedule.closed_at is not None:
        raise Conflict("ETS3", "The assessment was reopened: everybody may answer, so that nothing can be extended.")
    Extension.objects.update_or_create(
        schedule=schedule, person=person, defaults={"until": until, "brand": assessment.brand}
    )


def _check(known: Schedule, dates: Dates, now: datetime) -> None:
    """Raise Invalid for contradictory dates, and for new dates in the past."""
    for name, parameter in PARAMETERS.items():
        at = getattr(dates, name)
        if at is not None and at != getattr(known, name) and not now - timedelta(minutes=5) <= at <= now + FURTHEST:
            raise Invalid(parameter, "A time that lies ahead, by at most five years, is expected.")
    if dates.opens_at and dates.closes_at and dates.closes_at <= dates.opens_at:
        raise Invalid("ClosesAt", "It does not lie after OpensAt.")
    if dates.report_at and (dates.closes_at is None or dates.report_at < dates.closes_at):
        raise Invalid("ReportAt", "It needs a ClosesAt that does not lie after it.")
    if len(dates.remind_at) > MOST_REMINDERS:
        raise Invalid("RemindAt", f"At most {MOST_REMINDERS} reminders are possible.")
    for at in dates.remind_at:
        if at > now + FURTHEST or (dates.opens_at and at <= dates.opens_at):
            raise Invalid("RemindAt", "Reminders lie after OpensAt.")
        if dates.closes_at and at >= dates.closes_at:
            raise Invalid("RemindAt", "Reminders lie before ClosesAt.")
