"""The module where Django looks for the backend named in the settings."""

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations

FRESH = 5.0  # seconds for which a connection counts as usable after its last check, unless the server sends something


class DatabaseOperations(operations.DatabaseOperations):
    """Adds statements whose values the server inserts (prepared.py) to the query log."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The statement with its values."""
        if isinstance(cursor, psycopg.ClientCursor):
            return str(super().last_executed_query(cursor, sql, params))
        return str(self.compose_sql(sql, params))


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose check before each request's first query needs no query while it is in steady use.

    A server that closes a connection sends a message first, which waits to be read. Only one that vanished silently
    must be queried, which happens after a pause in its use.
    """

    ops_class = DatabaseOperations
    _usable_at = float("-inf")

    def is_usable(self) -> bool:
        """Whether the connection accepts queries."""
        if self._in_steady_use():
            return True
        usable: bool = super().is_usable()
        self._usable_at = time.monotonic() if usable else float("-inf")
        return usable

    def connect(self) -> None:
        """Connect, and count the connection as usable."""
        super().connect()
        self._usable_at = time.monotonic()

    def _in_steady_use(self) -> bool:
        now = time.monotonic()
        if self.connection is None or self.errors_occurred or now - self._usable_at > FRESH or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        if poll.poll(0):
            return False
        self._usable_at = now
        return True
