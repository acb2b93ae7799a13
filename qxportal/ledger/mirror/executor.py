"""A thread pool with database connections."""

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Literal

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class DatabaseExecutor(ThreadPoolExecutor):
    """The standard library's thread pool; each thread has a database connection, closed at the end of the context.

    At that end, running work is waited for, and work that has not begun is cancelled.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._connections: list[BaseDatabaseWrapper] = []
        super().__init__(size, thread_name_prefix="mirror", initializer=self._share_connection)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        self.shutdown(wait=True, cancel_futures=True)
        while self._connections:
            self._connections.pop().close()
        return False

    def _share_connection(self) -> None:
        """Allow the thread that ends the context to close this thread's connection."""
        connection = connections[DEFAULT_DB_ALIAS]
        connection.inc_thread_sharing()
        self._connections.append(connection)
