"""The Celery application wakes workers; PostgreSQL holds the work."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")

app = Celery("qxportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def look_around(**_: Any) -> None:
    """Sweep as soon as a worker is there: it may be the first one for a while, and beat may be away."""
    app.send_task("qxportal.ledger.tasks.sweep", retry=False)


worker_ready.connect(look_around, weak=False)
