"""Work on the database that goes on aside, while whoever wants it done goes on with something else."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from django.db import connection

T = TypeVar("T")


class Aside:
    """A few threads with a connection each, which start when there is work; a context manager.

    What is under way when it ends is waited for, what was not begun is dropped.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended = True
        for _thread in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Begin as soon as a thread is free; the future gives what came of it."""
        if len(self._threads) < self.size:
            thread = threading.Thread(target=self._run, name="aside", daemon=True)
            self._threads.append(thread)
            thread.start()
        future: Future[T] = Future()
        self._work.put((future, work))
        return future

    def _run(self) -> None:
        try:
            while (given := self._work.get()) is not None:
                future, work = given
                if self._ended:
                    future.cancel()
                    continue
                try:
                    future.set_result(work())
                except BaseException as problem:  # whoever waits for it has to hear it, whatever it is
                    future.set_exception(problem)
        finally:
            connection.close()
