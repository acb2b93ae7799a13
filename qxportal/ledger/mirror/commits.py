"""Durability of commits."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, InterfaceError, connection


@contextmanager
def unhurried() -> Iterator[None]:
    """Let commits in the block not wait for the disk: a crash may lose the last second of them, whole and in order.

    Only for the mirror and for sync progress, which the next sync restores; never for anything else.
    """
    _set("SET synchronous_commit = off")
    try:
        yield
    finally:
        with suppress(DatabaseError, InterfaceError):  # the connection broke, and the setting went with it
            _set("RESET synchronous_commit")


def _set(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(words)
