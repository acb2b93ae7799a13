"""A running engine: the process that serves the API, for tests, storms and benchmarks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from qxportal.embedded import die_with_parent
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds


class EngineNotStartedError(Exception):
    """It ended, or answers nobody; the text is the end of its log."""


@dataclass(frozen=True)
class EngineProcess:
    """Where it listens, and the process itself."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def run_engine(log: Path, database_url: str, **environment: str) -> Iterator[EngineProcess]:
    """Serve the engine on that database until the end of the block."""
    port = free_port()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "engine", "--port", str(port), "--empty"],
            cwd=ROOT,
            env={**os.environ, "PORTAL_PROCESS": "engine", "ENGINE_DATABASE_URL": database_url, **environment},
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent(SIGKILL),
        )
    try:
        _wait_for_port(port, process, log)
        yield EngineProcess(port, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise EngineNotStartedError(log.read_text()[-2000:] or "it said nothing")
