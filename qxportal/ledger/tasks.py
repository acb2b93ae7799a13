"""The ledger's Celery tasks."""

from allauth.mfa.models import Authenticator
from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from qxportal.accounts.portal_mail import purge_mails
from qxportal.accounts.remembered import forget_ended
from qxportal.accounts.second_factor import seal_what_lies_in_clear
from qxportal.ledger.history.versions import purge_versions
from qxportal.ledger.jobs import connection_test, probe  # noqa: F401  their kinds of jobs
from qxportal.ledger.jobs.daily import claim_daily_run
from qxportal.ledger.jobs.locks import held
from qxportal.ledger.jobs.retention import purge_jobs
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.jobs.scheduling import requeue_abandoned, waiting
from qxportal.ledger.jobs.wakeup import notify_workers
from qxportal.ledger.jobs.watchdog import Overdue, reconnect
from qxportal.ledger.mirror.clocks import mend_waits
from qxportal.ledger.outbox.dispatch import send_next
from qxportal.ledger.outbox.fencing import may_call
from qxportal.ledger.outbox.ordering import sendable
from qxportal.ledger.plans.retention import purge_plans

MAX_STEPS_PER_MESSAGE = 20  # changes per message, before the next message gets its worker
MAX_MESSAGES_PER_SWEEP = 10  # messages per sweep: enough for as many workers at once


@shared_task
def work() -> None:
    """Do due work by fair scheduling: some changes, then a job; safe to run at any time."""
    if not may_call():
        return
    for _turn in range(MAX_STEPS_PER_MESSAGE):
        try:
            sent, ran = send_next(), run_next()
        except Overdue:  # a change's step hung: its lock is free, and the next worker reconciles it
            reconnect()
            break
        if not sent and not ran:
            return
    notify_workers()


@shared_task
def sweep() -> None:
    """Wake workers for due work, as messages may be lost and workers may die."""
    with held("sweep") as got:
        if not got or not may_call():
            return
        mend_waits()
        requeue_abandoned()
        now = timezone.now()
        if waiting(now).exists() or sendable(now).exists():
            for _message in range(MAX_MESSAGES_PER_SWEEP):
                notify_workers()


@shared_task
def tidy() -> None:
    """Once a day, delete expired records: ended sessions, old mails and jobs, earlier versions of the mirror."""
    if not claim_daily_run("tidy"):
        return
    call_command("clearsessions")
    forget_ended()
    seal_what_lies_in_clear(Authenticator)
    purge_mails()
    purge_plans()
    purge_jobs()
    purge_versions()
