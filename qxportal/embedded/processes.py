"""Children that end with their parent, and what their logs tell when they do not start."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from qxportal.embedded.errors import EmbeddedError

PR_SET_PDEATHSIG = 1
START_SECONDS = 60


def die_with_parent(stop: signal.Signals) -> Callable[[], None]:
    """Give a Popen `preexec_fn` that ends the child with `stop` when its parent ends, however it ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, stop, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(1)

    return ask


def reason_in(log: str) -> str:
    """The line of a server's log that says why it ended."""
    if "No space left on device" in log:
        return "the disk is full."
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:"))]
    return (telling or lines or ["it said nothing."])[-1]


def wait_for_answer(name: str, process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    """Wait until a server that was just started answers; raises EmbeddedError with the reason in its log."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if answers():
            return
        time.sleep(0.02)
    words = log.read_bytes()[-20_000:].decode(errors="replace")
    raise EmbeddedError(f"{name} did not start ({log}): {reason_in(words)}")


def end_process(process: subprocess.Popen[bytes] | None, stop: signal.Signals) -> None:
    """Ask a child to end with `stop`, and kill it when it does not within 15 s."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(stop)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
