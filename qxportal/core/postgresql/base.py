"""Where Django looks for the backend that the settings name."""

import select
import time
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations

FRESH = 5.0  # seconds for which a connection that could be used counts as usable while its server says nothing


class DatabaseOperations(operations.DatabaseOperations):
    """Tells the log of queries also of those whose values the server puts in (prepared.py)."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The statement with its values."""
        if isinstance(cursor, psycopg.ClientCursor):
            return str(super().last_executed_query(cursor, sql, params))
        return str(self.compose_sql(sql, params))


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that each request looks at before its first query, which costs no query while it is in steady use.

    A server that ends a connection says so, and what it said waits to be read. Only one that vanished without a word
    has to be asked, so that is done where a connection was not used for a while.
    """

    ops_class = DatabaseOperations
    _usable_at = float("-inf")

    def is_usable(self) -> bool:
        """Whether queries can be sent."""
        if self._in_steady_use():
            return True
        usable: bool = super().is_usable()
        self._usable_at = time.monotonic() if usable else float("-inf")
        return usable

    def connect(self) -> None:
        """Begin a connection, which can be used."""
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
