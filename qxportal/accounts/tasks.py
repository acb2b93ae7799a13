"""The Celery task of accounts."""

from celery import shared_task

from qxportal.accounts.portal_mail import send_due


@shared_task
def send_mails() -> None:
    """Send the portal's mails that are due; safe to run at any time, by several workers."""
    send_due()
