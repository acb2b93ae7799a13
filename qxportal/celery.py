"""The Celery application: rings the bell; PostgreSQL holds the work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")

app = Celery("qxportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
