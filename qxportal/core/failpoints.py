"""Named places where a test may end or upset the process, to show that nothing is lost there.

    QXP_FAILPOINT=change.claimed:kill       the first time that a process comes by
    QXP_FAILPOINT=change.claimed:raise@3    the third time
    QXP_FAILPOINT=change.claimed:kill@2+    the second time and ever after

Processes that start with the same QXP_FAILPOINT count for themselves: what ends each of them is met again after every
restart. Only tests listen to it. Each package declares its own, in its `failpoints.py`, before it comes by.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping

FAILPOINTS: dict[str, str] = {}  # what was done by each, and what not yet; declared by their owners


class FailpointError(Exception):
    """What `raise` raises."""


def _raise() -> None:
    raise FailpointError


def _hang() -> None:
    threading.Event().wait()


def _loop() -> None:
    while True:
        pass


ACTIONS: dict[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "raise": _raise,
    "loop": _loop,  # as work that comes to no end
    "hang": _hang,  # as a call into C that never returns
}
hits: Counter[str] = Counter()


def declare(failpoints: Mapping[str, str]) -> None:
    """Enter failpoints, each with what was done when a process comes by and what was not."""
    FAILPOINTS.update(failpoints)


def failpoint(name: str) -> None:
    """End or upset this process here when the tests ask for it; raises KeyError on a name that nobody declared."""
    FAILPOINTS[name]
    wanted = os.environ.get("QXP_FAILPOINT", "")
    if not wanted.startswith(f"{name}:") or os.environ.get("QXP_TESTS") != "1":
        return
    hits[name] += 1
    action, _, turn = wanted.removeprefix(f"{name}:").partition("@")
    first = int(turn.removesuffix("+") or 1)
    if hits[name] == first or (turn.endswith("+") and hits[name] > first):
        ACTIONS[action]()
