"""Timetables whose time has come."""

from datetime import time, timedelta

from django.utils import timezone

from assessments.models import Timetable
from assessments.timetables import save_timetable

DAY = timedelta(days=1)


def due(review, by, *, hold=24, **values):
    """A daily timetable whose first time has come."""
    today = timezone.localdate()
    wanted = {
        "rule": {"Self": 1, "Manager": 1, "Peer": 3},
        "repeats": "daily",
        "first_on": today,
        "last_on": today + 5 * DAY,
        "at": time(6, 0),
        "hold_hours": hold,
        **values,
    }
    timetable = save_timetable(review, wanted, by=by)
    Timetable.objects.filter(pk=timetable.pk).update(next_run_at=timezone.now() - timedelta(minutes=1))
    timetable.refresh_from_db()
    return timetable
