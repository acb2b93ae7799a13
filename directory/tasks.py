"""Scheduled Celery tasks of the directory."""

from celery import shared_task

from directory.imports.uploads import purge_uploads


@shared_task
def forget_uploads() -> None:
    """Delete expired uploads; safe to repeat."""
    purge_uploads()
