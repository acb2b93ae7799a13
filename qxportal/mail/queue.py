"""A queue of mails in a table of the sending application: claimed by one process at a time, retried, settled once.

queued --claim--> sending --> sent | failed | cancelled
sending --temporary refusal, or the process died--> queued, later; queued --> cancelled
"""

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 480))  # before each retry
LEASE = timedelta(minutes=10)  # until a claimed mail counts as abandoned


class QueuedMail(models.Model):
    """One mail to one recipient. Its contents are composed on sending and not stored."""

    class State(models.TextChoices):
        """Progress of a mail."""

        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        CANCELLED = "cancelled"

    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    address = models.CharField(max_length=254, blank=True)  # address of the last attempt; removed later
    reply = models.CharField(max_length=500, blank=True)  # the mail server's reply to the last attempt
    why = models.CharField(max_length=40, blank=True)  # a code: the reason for failure, cancellation or delay
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


M = TypeVar("M", bound=QueuedMail)
State = QueuedMail.State
OPEN = (State.QUEUED, State.SENDING)


def claim(mails: models.QuerySet[M], *, now: datetime) -> M | None:
    """Claim the mail that has been due longest, so that no other process sends it; None if none is due."""
    due = Q(state=State.QUEUED, not_before__lte=now) | Q(state=State.SENDING, claimed_at__lt=now - LEASE)
    with transaction.atomic(using=mails.db):
        mail = mails.filter(due).select_for_update(skip_locked=True, of=("self",)).order_by("not_before", "pk").first()
        if mail is None:
            return None
        mail.state, mail.claimed_at, mail.attempts = State.SENDING, now, mail.attempts + 1
        mail.save(update_fields=["state", "claimed_at", "attempts"])
    return mail


def note_address(mail: QueuedMail, address: str) -> bool:
    """Record the address before an attempt; False if the mail was cancelled meanwhile."""
    return _change(mail, address=address)


def sent(mail: QueuedMail, *, reply: str) -> bool:
    """Mark as accepted by the mail server."""
    return _settle(mail, State.SENT, reply=reply, why="")


def failed(mail: QueuedMail, *, reply: str = "", why: str) -> bool:
    """Mark as refused permanently, or too often."""
    return _settle(mail, State.FAILED, reply=reply, why=why)


def cancelled(mail: QueuedMail, *, why: str) -> bool:
    """Mark as no longer valid."""
    return _settle(mail, State.CANCELLED, why=why)


def try_again(mail: QueuedMail, *, reply: str, why: str) -> bool:
    """Schedule the next attempt; after the last one, mark as failed."""
    if mail.attempts > len(PAUSES):
        return failed(mail, reply=reply, why=why)
    later = timezone.now() + PAUSES[mail.attempts - 1]
    return _change(mail, state=State.QUEUED, not_before=later, claimed_at=None, reply=reply, why=why)


def put_back(mail: QueuedMail, *, until: datetime, why: str) -> bool:
    """Put the mail back until later, without counting an attempt."""
    return _change(
        mail, state=State.QUEUED, not_before=until, claimed_at=None, why=why, attempts=max(0, mail.attempts - 1)
    )


def cancel_all(mails: models.QuerySet[M], *, why: str) -> int:
    """Cancel unsent mails; returns their number. A mail being sent at this moment may still leave."""
    return mails.filter(state__in=OPEN).update(state=State.CANCELLED, settled_at=timezone.now(), why=why)


def forget_addresses(mails: models.QuerySet[M], *, before: datetime) -> int:
    """Remove the addresses of mails settled before then."""
    return mails.filter(settled_at__lt=before).exclude(address="").update(address="")


def _settle(mail: QueuedMail, state: State, **values: object) -> bool:
    return _change(mail, state=state, settled_at=timezone.now(), claimed_at=None, **values)


def _change(mail: QueuedMail, **values: object) -> bool:
    """Update the mail if this process still holds the latest claim."""
    mine = type(mail)._default_manager.filter(pk=mail.pk, state=State.SENDING, attempts=mail.attempts)
    for name, value in values.items():
        setattr(mail, name, value)
    return bool(mine.update(**values))
