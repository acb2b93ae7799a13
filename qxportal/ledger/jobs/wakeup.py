"""Wake-ups for workers. The message is empty; losing, doubling or reordering it only affects the delay."""

import time

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

from qxportal.core.failpoints import failpoint

log = structlog.get_logger(__name__)

WORK_TASK = "qxportal.ledger.tasks.work"
SPARED = 15.0  # seconds to avoid a broker after a failure, so that pages do not wait for it each time
_spared_until = 0.0


def notify_workers() -> None:
    """Wake a worker now; the sweep does so later if the broker is unavailable."""
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
    """Wake a worker once the transaction with its rows is committed."""
    transaction.on_commit(notify_workers)
