"""Ringing for a worker. The message says nothing; losing, doubling or reordering it changes nothing but the delay."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from qxportal.failpoints import failpoint

log = structlog.get_logger(__name__)

WORK_TASK = "qxportal.ledger.tasks.work"


def ring() -> None:
    """Ask for a worker now; the sweeper rings again when the broker is away."""
    failpoint("bell.ringing")
    try:
        current_app.send_task(WORK_TASK, retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("broker_away", problem=type(problem).__name__)
    failpoint("bell.rung")


def ring_after_commit() -> None:
    """Ask for one once the rows that it is about are committed."""
    transaction.on_commit(ring)
