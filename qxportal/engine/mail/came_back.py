"""Addresses at which the last mail failed: no automatic mail goes there until the address is corrected."""

from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, QuerySet

from qxportal.engine.models import RETURNED_FROM, Brand, Mail, Why
from qxportal.mail.queue import State

AGAIN = (*RETURNED_FROM, Why.FULL, Why.NOT_ACCEPTED, Why.EXPIRED, Why.REFUSED, Why.ADDRESS)  # would fail again


def undelivered(brand: Brand, *, why: Sequence[str] = AGAIN) -> QuerySet[Mail]:
    """Failed mails to addresses that their persons still have, without a later mail that was sent there."""
    since = Mail.objects.filter(
        person=OuterRef("person"),
        state=State.SENT,
        address__iexact=OuterRef("person__email"),
        settled_at__gt=OuterRef("settled_at"),
    )
    failed = Mail.objects.filter(brand=brand, state=State.FAILED, why__in=why, person__removed_at=None)
    return failed.filter(address__iexact=F("person__email")).exclude(Exists(since))
