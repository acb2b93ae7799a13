"""Carries out due steps of schedules; safe to call from any number of processes at any time.

Each step runs in the transaction that stamps it, with the assessment locked, so that it happens once. An assessment
locked by another process is left to the next round.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from qxportal.engine.http.errors import Problem
from qxportal.engine.models import Assessment, Mailing, Schedule
from qxportal.engine.schedules import lifecycle
from qxportal.engine.schedules.dates import next_after

log = logging.getLogger(__name__)

MISSED = timedelta(days=1)  # reminders overdue by more are not sent
Status = Assessment.Status


@dataclass(frozen=True)
class Done:
    """Numbers of assessments opened, reminded, closed, with reports made ready, and failed."""

    opened: int = 0
    reminded: int = 0
    closed: int = 0
    ready: int = 0
    failed: int = 0


def run_due(now: datetime | None = None) -> Done:
    """Carry out all due steps."""
    now = now or timezone.now()
    due = Schedule.objects.filter(
        Q(opens_at__lte=now, opened_at=None)
        | Q(closes_at__lte=now, closed_at=None)
        | Q(report_at__lte=now, reported_at=None)
        | Q(next_reminder_at__lte=now)
    )
    done = Done()
    for pk in list(due.order_by("pk").values_list("assessment", flat=True)):
        try:
            done = _carry_out(pk, now, done)
        except DatabaseError as problem:  # a failing step must not block others
            log.error("A schedule was not carried out: %s", type(problem).__name__)
            done = replace(done, failed=done.failed + 1)
    return done


def _carry_out(pk: int, now: datetime, done: Done) -> Done:
    with transaction.atomic(using="engine"):
        rows = Assessment.objects.select_for_update(of=("self",), skip_locked=True).select_related("survey")
        assessment = rows.filter(pk=pk).first()
        schedule = Schedule.objects.filter(assessment=pk).first() if assessment else None
        if assessment is None or schedule is None:
            return done
        if schedule.opens_at and schedule.opens_at <= now and schedule.opened_at is None:
            done = _open(assessment, schedule, now, done)
        if schedule.next_reminder_at and schedule.next_reminder_at <= now:
            done = _remind(assessment, schedule, now, done)
        if schedule.closes_at and schedule.closes_at <= now and schedule.closed_at is None:
            done = _close(assessment, schedule, now, done)
        if schedule.report_at and schedule.report_at <= now and schedule.reported_at is None:
            done = _make_ready(assessment, schedule, now, done)
        return done


def _open(assessment: Assessment, schedule: Schedule, now: datetime, done: Done) -> Done:
    """Activate a draft; an assessment that was opened or closed by hand stays as it is."""
    if schedule.closes_at and schedule.closes_at <= now:
        schedule.opened_at = now  # it would close at once
    elif assessment.status == Status.DRAFT:
        try:
            lifecycle.activate(assessment)
        except Problem as reason:  # such as an inactive survey: retried until it can be answered
            if schedule.problem != reason.message:
                schedule.problem = reason.message
                schedule.save(update_fields=["problem"])
            return replace(done, failed=done.failed + 1)
        done = replace(done, opened=done.opened + 1)
    schedule.opened_at, schedule.problem = schedule.opened_at or now, ""
    schedule.save(update_fields=["opened_at", "problem"])
    return done


def _remind(assessment: Assessment, schedule: Schedule, now: datetime, done: Done) -> Done:
    """Plan one reminder, even if several were missed while no process ran."""
    last = max(at for at in schedule.remind_at if at <= now)
    schedule.next_reminder_at = next_after(now, schedule.remind_at)
    schedule.save(update_fields=["next_reminder_at"])
    if assessment.status != Status.ACTIVE or last < now - MISSED:
        return done
    Mailing.objects.create(assessment=assessment, kind=Mailing.Kind.REMINDER, scheduled_at=last)
    return replace(done, reminded=done.reminded + 1)


def _close(assessment: Assessment, schedule: Schedule, now: datetime, done: Done) -> Done:
    """Close an active assessment with the chosen options, once all extensions have ended."""
    if assessment.status == Status.ACTIVE and schedule.extensions.filter(until__gt=now).exists():
        return done
    if assessment.status == Status.ACTIVE:
        lifecycle.close(
            assessment,
            close_sessions=schedule.close_sessions,
            delete_mailings=schedule.delete_mailings,
            ready_reports=schedule.ready_reports,
        )
        done = replace(done, closed=done.closed + 1)
    schedule.closed_at = now
    schedule.save(update_fields=["closed_at"])
    return done


def _make_ready(assessment: Assessment, schedule: Schedule, now: datetime, done: Done) -> Done:
    """Make the reports of a closed assessment ready; waits while an extension keeps it open."""
    if assessment.status == Status.ACTIVE:
        return done
    if assessment.status == Status.CLOSED:
        lifecycle.make_reports_ready(assessment)
        done = replace(done, ready=done.ready + 1)
    schedule.reported_at = now
    schedule.save(update_fields=["reported_at"])
    return done
