"""Ringing for a worker. The message carries an id only; losing or doubling it changes nothing but the delay."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def ring(task: str, number: int) -> None:
    """Send the Celery message `task(number)` now; the sweeper rings again when the broker is away."""
    try:
        current_app.send_task(task, args=[number], retry=False)
    except (OperationalError, OSError) as problem:
        log.warning("broker_away", task=task, number=number, problem=type(problem).__name__)


def ring_after_commit(task: str, number: int) -> None:
    """Send it once the rows it is about are committed."""
    transaction.on_commit(partial(ring, task, number))
