"""Our servers as separate processes, for tests, chaos runs and benchmarks: above all the engine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from qxportal.embedded import die_with_parent
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 240  # seconds


class ServerNotStartedError(Exception):
    """The server ended or does not answer; the text is the end of its log."""


@dataclass(frozen=True)
class ServerProcess:
    """A server's address and process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def run_server(log: Path, command: Sequence[str], port: int, **environment: str) -> Iterator[ServerProcess]:
    """Run a module or program of ours, which listens on that port, until the end of the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent(SIGKILL),
        )
    try:
        _wait_for_port(port, process, log)
        yield ServerProcess(port, process)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def run_engine(
    log: Path, database_url: str, *, program: Sequence[str] = ("manage.py",), **environment: str
) -> Iterator[ServerProcess]:
    """Serve the engine's API on that database."""
    port = free_port()
    environment |= {"QXP_PROCESS": "engine", "QXP_ENGINE_DATABASE_URL": database_url}
    command = [*program, "engine", "--port", str(port), "--empty"]
    with run_server(log, command, port, **environment) as server:
        yield server


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ServerNotStartedError(log.read_text()[-2000:] or "it said nothing")
