"""Runs work once a day, even with two schedulers, a clock that jumps, or messages that arrive late."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from qxportal.ledger.models import DailyRun

NIGHT = timedelta(hours=3)  # a day begins at 3 o'clock UTC
KEPT = timedelta(days=400)


def claim_daily_run(schedule: str) -> bool:
    """Claim today's run of `schedule`; False if it was claimed before. Several missed days are one run."""
    day = (timezone.now() - NIGHT).date()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_slot (schedule, day) VALUES (%s, %s) ON CONFLICT (schedule, day) DO NOTHING",
            [schedule, day],
        )
        first = bool(cursor.rowcount == 1)
    if first:
        DailyRun.objects.filter(schedule=schedule, day__lt=day - KEPT).delete()
    return first
