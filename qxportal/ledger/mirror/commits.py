"""How surely what was committed lies on the disk."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, InterfaceError, connection


@contextmanager
def unhurried() -> Iterator[None]:
    """Let commits inside not wait for the disk: a crash may take away the last second of them, whole ones in order.

    For the mirror and for how far its reading came, which are there again with the next reading; for nothing else.
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
