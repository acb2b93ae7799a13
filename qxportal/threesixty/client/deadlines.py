"""Timers for deadlines, all served by one thread.

A separate timer thread for each call would cost more than all of the call's parsing.
"""

import os
import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Deadlines:
    """Calls functions back at times of the monotonic clock; each function checks whether it still matters.

    >>> cut = threading.Event()
    >>> Deadlines().at(time.monotonic() + 0.01, cut.set)
    >>> cut.wait(10)
    True
    """

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()  # tie-breaker, so that no two entries compare equal
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def at(self, deadline: float, act: Callable[[], None]) -> None:
        """Call `act` at that time, from another thread."""
        with self._changed:
            heappush(self._due, (deadline, next(self._numbers), act))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0][2] is act:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next()()

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while not self._due or (left := self._due[0][0] - time.monotonic()) > 0:
                self._changed.wait(left if self._due else None)
            return heappop(self._due)[2]


DEADLINES = Deadlines()
os.register_at_fork(after_in_child=DEADLINES.__init__)  # type: ignore[misc]  # threads stay with the parent
