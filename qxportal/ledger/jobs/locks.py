"""Locks that end with their holder's connection.

A session lock in PostgreSQL: a killed process loses it at once, a stopped process keeps it, and nothing expires.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from django.db import DatabaseError, InterfaceError, connection


@contextmanager
def held(name: str) -> Iterator[bool]:
    """Hold the lock `name` during the block; yields whether the lock was free."""
    got = take(name)
    try:
        yield got
    finally:
        if got:
            let_go(name)


def take(name: str) -> bool:
    """Take the session lock `name` if it is free; it outlives the transaction, even one that is rolled back."""
    return _ask("SELECT pg_try_advisory_lock(%s)", name)


def is_mine(name: str) -> bool:
    """Whether this process still holds the lock `name` that it took: a lost connection loses the lock."""
    return _ask(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32 | objid::bigint) = %s AND objsubid = 1 AND granted)",
        name,
    )


def let_go(name: str) -> None:
    """Release the lock `name`."""
    try:
        _ask("SELECT pg_advisory_unlock(%s)", name)
    except (DatabaseError, InterfaceError):
        connection.close()  # the connection broke, and the lock went with it


def _ask(sql: str, name: str) -> bool:
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        return bool(cursor.fetchone()[0])
