"""Addresses from which a user has signed in, each noted once a day."""

import logging
from collections import OrderedDict
from datetime import date, datetime, timedelta
from threading import Lock

from django.db import DatabaseError
from django.utils import timezone

from qxportal.engine.models import User, UsualAddress

log = logging.getLogger(__name__)

KEEP = timedelta(days=30)
MOST = 50  # of one user
MOST_REMEMBERED = 10_000

_noted: OrderedDict[tuple[int, str], date] = OrderedDict()  # what this process wrote, and on which day
_lock = Lock()


def is_usual(user: User, address: str) -> bool:
    """Whether the user has recently signed in from the address."""
    if _noted.get((user.pk, address)) == timezone.now().date():
        return True
    known = UsualAddress.objects.filter(user=user, address=address, seen_at__gt=timezone.now() - KEEP)
    return known.exists()


def note(user: User, address: str) -> None:
    """Record a sign-in of the user from the address."""
    now = timezone.now()
    key = user.pk, address
    if _noted.get(key) == now.date():
        return
    try:
        _store(user, address, now)
    except DatabaseError as problem:  # such as a full disk: the next sign-in is recorded
        log.error("An address was not noted: %s", type(problem).__name__)
        return
    with _lock:
        _noted[key] = now.date()
        while len(_noted) > MOST_REMEMBERED:
            _noted.popitem(last=False)


def _store(user: User, address: str, now: datetime) -> None:
    UsualAddress.objects.update_or_create(user=user, address=address, defaults={"seen_at": now})
    older = UsualAddress.objects.filter(user=user).order_by("-seen_at", "-pk").values("pk")[MOST:]
    UsualAddress.objects.filter(pk__in=list(older.values_list("pk", flat=True))).delete()
