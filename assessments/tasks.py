"""Celery tasks, job handlers and change handlers of assessments."""

from celery import shared_task

from assessments import (  # noqa: F401  with their kinds of jobs
    answer_exports,
    handlers,
    letters,
    links_of_batches,
    mail_sync,
    mailings,
    reports,
    retention,
    survey_alerts,
    sync,
    timetable_runs,
)
from qxportal.ledger.jobs.daily import claim_daily_run
from qxportal.ledger.outbox.fencing import may_call
from qxportal.ledger.outbox.handlers import CHANGE_HANDLERS

CHANGE_HANDLERS.update(handlers.CHANGE_HANDLERS)


@shared_task
def sync_due_organisations() -> None:
    """Start the due syncs; a second scheduler does no harm."""
    sync.start_due_syncs()


@shared_task
def watch_surveys() -> None:
    """Report surveys that changed during collection, and start their next syncs; a second scheduler does no harm."""
    survey_alerts.tell_of_changes()
    survey_alerts.read_surveys_in_use()


@shared_task
def run_timetables() -> None:
    """Start the jobs of due timetables; a second scheduler does no harm."""
    timetable_runs.start_due_timetables()


@shared_task
def purge_gone() -> None:
    """Delete old exports, and once a day records long gone; a copy of the database deletes nothing."""
    if not may_call():
        return
    answer_exports.forget_old_files()  # at each call: members read when theirs are deleted
    if claim_daily_run("purge-gone"):
        retention.purge_gone()
        retention.forget_files()
        mailings.forget_old_addresses()
        letters.forget_old_letters()
