"""The ledger's Celery tasks."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from qxportal.ledger import connection_test, probe
from qxportal.ledger.bell import ring
from qxportal.ledger.history import purge_versions
from qxportal.ledger.holding import may_call
from qxportal.ledger.jobs import run_next
from qxportal.ledger.locks import held
from qxportal.ledger.order import sendable
from qxportal.ledger.registry import WORKS
from qxportal.ledger.retention import purge_jobs
from qxportal.ledger.sending import send_next
from qxportal.ledger.slots import first_today
from qxportal.ledger.turns import give_back_abandoned, waiting

TURNS = 20  # of one message, before the next message gets its worker
BELLS = 10  # of one sweep: enough for as many workers at once

WORKS[connection_test.TASK] = connection_test.ask
WORKS[probe.TASK] = probe.probe


@shared_task
def work() -> None:
    """Do what is due, one organisation after another: some changes, then a job; safe to run at any time."""
    if not may_call():
        return
    for _turn in range(TURNS):
        sent, ran = send_next(), run_next()
        if not sent and not ran:
            return
    ring()


@shared_task
def sweep() -> None:
    """Ring for what is due: messages may have been lost, and workers may have died."""
    with held("sweep") as got:
        if not got or not may_call():
            return
        give_back_abandoned()
        now = timezone.now()
        if waiting(now).exists() or sendable(now).exists():
            for _bell in range(BELLS):
                ring()


@shared_task
def tidy() -> None:
    """Once a day, delete what is kept no longer: sessions that have ended, old jobs, earlier versions of the mirror."""
    if not first_today("tidy"):
        return
    call_command("clearsessions")
    purge_jobs()
    purge_versions()
