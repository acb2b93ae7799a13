"""Addresses at which the last mail was not delivered: nobody is written to there by itself until it is corrected."""

from collections.abc import Sequence

from django.db.models import Exists, F, OuterRef, QuerySet

from qxportal.engine.models import RETURNED_FROM, Brand, Mail, Why
from qxportal.mail.queue import State

AGAIN = (*RETURNED_FROM, Why.FULL, Why.NOT_ACCEPTED, Why.EXPIRED, Why.REFUSED, Why.ADDRESS)  # it would fail once more


def undelivered(brand: Brand, *, why: Sequence[str] = AGAIN) -> QuerySet[Mail]:
    """The mails that failed last at the address that their person has still, and none was sent there since."""
    since = Mail.objects.filter(
        person=OuterRef("person"),
        state=State.SENT,
        address__iexact=OuterRef("person__email"),
        settled_at__gt=OuterRef("settled_at"),
    )
    failed = Mail.objects.filter(brand=brand, state=State.FAILED, why__in=why, person__removed_at=None)
    return failed.filter(address__iexact=F("person__email")).exclude(Exists(since))
