"""The processes of a storm that live: started, stopped, woken and killed by their number."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from random import Random

from tests.support.prefork import ForkServer


class Workers:
    """Forked processes with a role each: `worker` or `naive`."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        self._fork_server = ForkServer(log, environment, targets="tests.chaos.forked_targets")
        self.living: dict[int, str] = {}

    def start(self, role: str) -> None:
        """Begin one more process."""
        self.living[self._fork_server.begin(role).pid] = role

    def signal(self, number: int, sign: signal.Signals) -> None:
        """Kill, stop or wake one."""
        try:
            os.kill(number, sign)
        except ProcessLookupError:  # it ended by itself
            sign = signal.SIGKILL
        if sign is signal.SIGKILL:
            self.living.pop(number, None)

    def any_of(self, chance: Random) -> int:
        """One of the living."""
        return chance.choice(sorted(self.living))

    def close(self) -> None:
        """End them all."""
        for number in list(self.living):
            self.signal(number, signal.SIGKILL)
        self._fork_server.close()
