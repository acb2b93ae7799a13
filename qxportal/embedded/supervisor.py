"""Keeps a few processes running: starts them again when they end, and takes them along when we end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType

from qxportal.embedded.processes import die_with_parent

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOG_BYTES = 10_000_000
LONGEST_WAIT = 30.0
STEADY_SECONDS = 60.0  # who ran so long starts again at once
TICK = 0.25


class ChildError(Exception):
    """A process ended while it was being started; the text says which and what it wrote last."""


@dataclass
class Child:
    """One process to keep running, with its log."""

    name: str
    command: Sequence[str | Path]
    environment: dict[str, str]
    log: Path
    folder: Path
    grace: float = 6.0
    reload_signal: signal.Signals | None = None  # makes it run changed code without ending
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)

    def start(self) -> None:
        """Start it; when we die, however we die, it is killed."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent(signal.SIGKILL),
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def wait_before_restart(self) -> float:
        """How many seconds are left until it may start again: doubling, up to half a minute."""
        pause: float = min(LONGEST_WAIT, 0.5 * 2.0**self.failures)
        return self.started_at + pause - time.monotonic()

    def last_words(self, lines: int = 5) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Supervisor:
    """Runs the children until a signal asks to stop."""

    def __init__(
        self,
        children: Sequence[Child],
        mend: Callable[[], list[str]] = list,
        stale: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.children = children
        self.mend = mend
        self.stale = stale  # names of children to restart, because what they run was changed
        self.stopping = Event()

    def listen(self) -> None:
        """From now on Ctrl-C, a closed terminal and `kill` ask to stop; asking again kills at once."""
        for number in STOPPING:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started with nohup
            signal.signal(number, self._asked)

    def start(self, *names: str) -> None:
        """Start these children; call it from the main thread, whose end would end them."""
        for child in self.children:
            if child.name in names:
                child.start()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until the children are up; False when asked to stop meanwhile. Raises ChildError when one ends."""
        end = time.monotonic() + seconds
        while not ready():
            for child in self.children:
                if child.process and not child.alive:
                    raise ChildError(
                        f"{child.name} ended while it started. Its log {child.log} ends with:\n{child.last_words()}"
                    )
            if time.monotonic() > end:
                raise ChildError(
                    f"The site did not answer within {seconds:.0f} seconds; see {self.children[0].log.parent}."
                )
            if self.stopping.wait(0.05):
                return False
        return True

    def run(self) -> None:
        """Restart whoever ends, until asked to stop."""
        while not self.stopping.wait(TICK):
            for name in self.mend():
                tell(f"{name} had ended and was started again")
            if names := self.stale():
                self.restart(names)
            for child in self.children:
                if child.alive:
                    if child.failures and time.monotonic() - child.started_at > STEADY_SECONDS:
                        child.failures = 0
                elif child.wait_before_restart() <= 0:
                    status = child.process.returncode if child.process else None
                    child.failures += 1
                    tell(f"{child.name} had ended (status {status}) and was started again; see {child.log}")
                    child.start()

    def restart(self, names: Collection[str]) -> None:
        """Let these children run what was changed: by signal, or by a new start. Whoever had ended starts, too."""
        children = [child for child in self.children if child.name in names or not child.alive]
        to_start = []
        for child in children:
            if child.reload_signal and child.alive and child.process:
                child.process.send_signal(child.reload_signal)
            else:
                to_start.append(child)
        self._end(to_start)
        for child in to_start:
            child.failures = 0
            child.start()
        tell(f"Reloaded: {', '.join(child.name for child in children)}")

    def stop(self) -> None:
        """Ask all children to end, then kill whoever did not."""
        self._end(self.children)

    @staticmethod
    def _end(children: Sequence[Child]) -> None:
        for child in children:
            if child.alive and child.process:
                child.process.terminate()
        end = time.monotonic() + max((child.grace for child in children), default=0)
        for child in children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():
            for child in self.children:
                if child.alive and child.process:
                    child.process.kill()
        self.stopping.set()


def tell(words: str) -> None:
    """Say something on the terminal, if there still is one."""
    try:
        print(words, flush=True)  # noqa: T201
    except OSError:  # a closed terminal: nobody listens, and writing at our end would fail again
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
