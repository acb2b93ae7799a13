"""Named places where a test may end or disrupt the process, to show that nothing is lost.

    QXP_FAILPOINT=change.claimed:kill       when a process passes it for the first time
    QXP_FAILPOINT=change.claimed:raise@3    the third time
    QXP_FAILPOINT=change.claimed:kill@2+    the second time and every time after

Each process with the same QXP_FAILPOINT counts for itself, so that the failpoint triggers again after every
restart. Only tests set it. Each package declares its failpoints in its `failpoints.py` before it passes them.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Mapping

FAILPOINTS: dict[str, str] = {}  # what is done and what is not at each failpoint; declared by their owners


class FailpointError(Exception):
    """Raised by the action `raise`."""


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
    "loop": _loop,  # simulates work that never ends
    "hang": _hang,  # simulates a C call that never returns
}
hits: Counter[str] = Counter()


def declare(failpoints: Mapping[str, str]) -> None:
    """Register failpoints, each with what is done and what is not when a process passes it."""
    FAILPOINTS.update(failpoints)


def failpoint(name: str) -> None:
    """End or disrupt this process here if a test asks for it; raises KeyError for an undeclared name."""
    FAILPOINTS[name]
    wanted = os.environ.get("QXP_FAILPOINT", "")
    if not wanted.startswith(f"{name}:") or os.environ.get("QXP_TESTS") != "1":
        return
    hits[name] += 1
    action, _, turn = wanted.removeprefix(f"{name}:").partition("@")
    first = int(turn.removesuffix("+") or 1)
    if hits[name] == first or (turn.endswith("+") and hits[name] > first):
        ACTIONS[action]()
