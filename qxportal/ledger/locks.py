"""Locks that end with their holder.

A session lock in PostgreSQL: a killed process loses it at once, a stopped one keeps it, and nothing has to expire.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def held(name: str) -> Iterator[bool]:
    """Hold the lock `name` during the block; gives whether we got it."""
    got = _ask("SELECT pg_try_advisory_lock(%s)", name)
    try:
        yield got
    finally:
        if got:
            _let_go(name)


def is_free(name: str) -> bool:
    """Whether nobody holds the lock `name`."""
    with held(name) as got:
        return got


def _let_go(name: str) -> None:
    try:
        _ask("SELECT pg_advisory_unlock(%s)", name)
    except (OperationalError, InterfaceError):
        connection.close()  # the connection broke, and the lock went with it


def _ask(sql: str, name: str) -> bool:
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        return bool(cursor.fetchone()[0])
