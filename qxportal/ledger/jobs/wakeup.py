"""Ringing for a worker. The message says nothing; losing, doubling or reordering it changes nothing but the delay."""

import time

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from qxportal.core.failpoints import failpoint

log = structlog.get_logger(__name__)

WORK_TASK = "qxportal.ledger.tasks.work"
SPARED = 15.0  # seconds in which a broker that failed us is not asked again: a page must not wait for it each time
_spared_until = 0.0


def notify_workers() -> None:
    """Ask for a worker now; the sweeper does so again if the broker was away."""
    global _spared_until
    failpoint("wakeup.sending")
    if time.monotonic() < _spared_until:
        return
    try:
        current_app.send_task(WORK_TASK, retry=False)
    except (OperationalError, RedisError, OSError) as problem:  # away, hung, or full
        _spared_until = time.monotonic() + SPARED
        log.warning("broker_away", problem=type(problem).__name__)
    failpoint("wakeup.sent")


def notify_workers_after_commit() -> None:
    """Ask for one once the rows that it is about are committed."""
    transaction.on_commit(notify_workers)
