"""Forks processes that the storm kills: a program that has read all code already, so that a new one costs little.

Each line on its input names a role (`worker` or `naive`); it answers with the number of the new process.
"""

import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from random import Random

from qxportal.embedded import die_with_parent
from tests.chaos.sandbox import ROOT
from tests.support.worker_command import worker_options

START = "from tests.chaos.prefork import main; main()"


class PreforkServer:
    """The program, and the processes of its that live."""

    def __init__(self, log: Path, environment: dict[str, str]) -> None:
        with log.open("ab") as out:
            self._program = subprocess.Popen(
                [sys.executable, "-c", START],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        self.living: dict[int, str] = {}

    def start(self, role: str) -> int:
        """Begin one more process."""
        if self._program.stdin is None or self._program.stdout is None:
            raise RuntimeError("The server has no way in or out.")
        self._program.stdin.write(f"{role}\n")
        self._program.stdin.flush()
        number = int(self._program.stdout.readline())
        self.living[number] = role
        return number

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
        self._program.kill()
        with self._program:  # closes the pipes and waits
            pass


def main() -> None:
    """Fork whenever asked to."""
    import django  # this program is not Django until now

    django.setup()
    from qxportal.celery import app
    from tests.chaos import baseline

    app.loader.import_default_modules()
    app.finalize()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    sys.stdout.flush()
    for line in sys.stdin:
        orphan = die_with_parent(signal.SIGKILL)
        number = os.fork()
        if number:
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            continue
        try:
            orphan()
            os.setsid()
            os.dup2(2, 1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if line.strip() == "naive":
                baseline.work()
            else:
                app.worker_main(worker_options(threads=2, level="error"))
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
