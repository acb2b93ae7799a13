"""Who is refused too often: counted per address, and per address and user name, whether there is such a user or not.

- As many wrong tokens as `ATTEMPTS` from one address lock a user name for that address. Elsewhere it is not locked, nor
  where the user has signed in before (`usual.py`), so strangers cannot stop anybody's calls.
- An address that was refused `ENGINE_REFUSALS` times in a minute hears 429 until the minute is over. Whoever brings a
  right token is not refused, and so does not hear it.
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
    """Note a wrong token or password; the fifth one begins the lock, which further ones do not prolong."""
    _count(_key(address, user_name), LOCK, ATTEMPTS)


def locked_for(address: str, user_name: str) -> int:
    """For how many seconds a user name is still locked for an address."""
    return _left(_key(address, user_name), ATTEMPTS)


def refuse_guesses(address: str, user_name: str) -> None:
    """Refuse to look at one more password, which can be guessed and takes long to check."""
    if wait := max(_left(_key(address), settings.ENGINE_REFUSALS), _left(_key(address, user_name), 2 * ATTEMPTS)):
        raise Later(wait)


def count_refused(address: str) -> int:
    """Note that a caller who did not sign in was refused; gives for how many seconds to stay away, mostly 0."""
    count, ends_at = _count(_key(address), MINUTE, 0)
    return _seconds(ends_at) if count > settings.ENGINE_REFUSALS else 0


def count_asked(address: str, what: str, *, most: int) -> int:
    """Note that a stranger asked for something; gives for how many seconds to ask no more, mostly 0."""
    count, ends_at = _count(_key(address, what), LOCK, most)
    return _seconds(ends_at) if count > most else 0


def asked_too_often(address: str, what: str, *, most: int) -> int:
    """The seconds until an unknown caller may ask again, mostly 0; counts nothing."""
    return _left(_key(address, what), most + 1)


def count_in_all(what: str, *, most: int, period: timedelta) -> None:
    """Note a wrong answer, from wherever, that counts much longer than a lock; the last one begins the period anew."""
    _count(_key("", what), period, most)


def used_up(what: str, *, most: int) -> bool:
    """Whether as many wrong answers were given in all."""
    return bool(_left(_key("", what), most))


def _count(key: str, period: timedelta, most: int) -> tuple[int, datetime]:
    now = timezone.now()
    with connections["engine"].cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "now": now, "ends": now + period, "most": most})
        count, ends_at = cursor.fetchone()
    if count == 1:  # as rows are made, old ones go
        SignInFailures.objects.filter(ends_at__lt=now - MINUTE).delete()
    return count, ends_at


def _left(key: str, most: int) -> int:
    found = SignInFailures.objects.filter(key=key, count__gte=most).values_list("ends_at", flat=True).first()
    return _seconds(found) if found else 0


def _seconds(until: datetime) -> int:
    return max(0, math.ceil((until - timezone.now()).total_seconds()))


def _key(address: str, user_name: str | None = None) -> str:
    """What stands for an address, or for a user name there: of bounded length whatever was sent."""
    text = address if user_name is None else f"{address}\0{user_name.lower()}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
