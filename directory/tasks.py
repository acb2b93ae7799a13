"""What the workers do for the directory by the clock."""

from celery import shared_task

from directory.imports.uploads import purge_uploads


@shared_task
def forget_uploads() -> None:
    """Delete files that have waited for a day; twice does no harm."""
    purge_uploads()
