"""Named places where a test may end the process, to show that nothing is lost there."""

import os
import signal
from collections import Counter

from django.conf import settings

hits: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """End or stop this process here when the tests ask for it: `FAILPOINT=name:kill@2` is the second time."""
    if not settings.TESTS:
        return
    wanted, _, how = os.environ.get("FAILPOINT", "").partition(":")
    if name != wanted:
        return
    hits[name] += 1
    action, _, turn = how.partition("@")
    if hits[name] == int(turn or 1):
        os.kill(os.getpid(), {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}[action])
