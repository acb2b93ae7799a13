"""Lockouts: refused calls are counted per address, and per address and user name, also for unknown users.

- `ATTEMPTS` wrong tokens from one address lock a user name for that address. It is not locked for other addresses, nor
  for addresses from which the user has signed in before (`usual.py`), so strangers cannot block a user's calls.
- An address that was refused `ENGINE_REFUSALS` times in a minute gets 429 until the minute is over. Calls with a valid
  token are not refused, and so never get it.
"""

import hashlib
import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections
from django.utils import timezone

from qxportal.engine.http.errors import Later
from qxportal.engine.models import SignInFailures

ATTEMPTS = 5
LOCK = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
TABLE = SignInFailures._meta.db_table
COUNT = f"""
INSERT INTO {TABLE} AS known (key, count, ends_at) VALUES (%(key)s, 1, %(ends)s)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN known.ends_at <= %(now)s THEN 1 ELSE known.count + 1 END,
  ends_at = CASE WHEN known.ends_at <= %(now)s OR known.count + 1 = %(most)s THEN %(ends)s ELSE known.ends_at END
RETURNING count, ends_at
"""  # noqa: S608  # the name of our own table


def count_wrong(address: str, user_name: str) -> None:
    """Count a wrong token or password; the fifth starts the lock, which further ones do not prolong."""
    _count(_key(address, user_name), LOCK, ATTEMPTS)


def locked_for(address: str, user_name: str) -> int:
    """Remaining seconds of a user name's lock for an address."""
    return _left(_key(address, user_name), ATTEMPTS)


def refuse_guesses(address: str, user_name: str) -> None:
    """Raise Later after too many wrong passwords: they can be guessed, and checking one is expensive."""
    if wait := max(_left(_key(address), settings.ENGINE_REFUSALS), _left(_key(address, user_name), 2 * ATTEMPTS)):
        raise Later(wait)


def count_refused(address: str) -> int:
    """Count a refused call without sign-in; returns the seconds to wait, mostly 0."""
    count, ends_at = _count(_key(address), MINUTE, 0)
    return _seconds(ends_at) if count > settings.ENGINE_REFUSALS else 0


def count_asked(address: str, what: str, *, most: int) -> int:
    """Count a request by an unknown person; returns the seconds until the next is allowed, mostly 0."""
    count, ends_at = _count(_key(address, what), LOCK, most)
    return _seconds(ends_at) if count > most else 0


def asked_too_often(address: str, what: str, *, most: int) -> int:
    """The seconds until an unknown caller may ask again, mostly 0; counts nothing."""
    return _left(_key(address, what), most + 1)


def count_in_all(what: str, *, most: int, period: timedelta) -> None:
    """Count a wrong answer from any address for a long period, which restarts when `most` is reached."""
    _count(_key("", what), period, most)


def used_up(what: str, *, most: int) -> bool:
    """Whether `most` wrong answers were given from all addresses together."""
    return bool(_left(_key("", what), most))


def _count(key: str, period: timedelta, most: int) -> tuple[int, datetime]:
    now = timezone.now()
    with connections["engine"].cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "now": now, "ends": now + period, "most": most})
        count, ends_at = cursor.fetchone()
    if count == 1:  # old rows are deleted as new ones are made
        SignInFailures.objects.filter(ends_at__lt=now - MINUTE).delete()
    return count, ends_at


def _left(key: str, most: int) -> int:
    found = SignInFailures.objects.filter(key=key, count__gte=most).values_list("ends_at", flat=True).first()
    return _seconds(found) if found else 0


def _seconds(until: datetime) -> int:
    return max(0, math.ceil((until - timezone.now()).total_seconds()))


def _key(address: str, user_name: str | None = None) -> str:
    """Digest of an address, or of an address and a user name; of bounded length for any input."""
    text = address if user_name is None else f"{address}\0{user_name.lower()}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
