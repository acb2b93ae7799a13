"""Real worker processes on the test database, which tests may kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from qxportal.embedded import die_with_parent
from tests.support.worker_command import worker_options

ROOT = Path(__file__).resolve().parent.parent.parent


def test_database_url(alias: str) -> str:
    """The address of the database that the tests run in."""
    url = os.environ["QXP_DATABASE_URL" if alias == "default" else "QXP_ENGINE_DATABASE_URL"]
    return url.rsplit("/", 1)[0] + "/" + str(connections[alias].settings_dict["NAME"])


def environment(**extra: str) -> dict[str, str]:
    """Environment of our processes on the test database."""
    return {
        **os.environ,
        "QXP_DATABASE_URL": test_database_url("default"),
        "QXP_ENGINE_DATABASE_URL": test_database_url("engine"),
        "QXP_BROKER_URL": settings.BROKER_URL,
        "QXP_KEYS": str(settings.KEYS),
        "QXP_REPORTS": str(settings.REPORTS_ROOT),
        "QXP_VERIFY_FIRST": "200ms",
        "QXP_VERIFY_EVERY": "200ms",
        "QXP_VERIFY_SPAN": "1s",
        **extra,
    }


class Worker:
    """One Celery worker process."""

    def __init__(self, log: Path, **extra: str) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "qxportal", *worker_options(threads=2, level="info")],
                cwd=ROOT,
                env=environment(**extra),
                stdout=out,
                stderr=out,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        wait_for(lambda: "ready." in log.read_text(), f"the worker to be ready: {log}", alive=self.process)

    def wait_for_death(self) -> int:
        """Wait for a failpoint to end the process; returns the exit status."""
        return self.process.wait(300)

    def stop(self) -> None:
        """Kill the process."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def wait_for(
    true: Callable[[], object], what: str, *, seconds: float = 300, alive: subprocess.Popen[bytes] | None = None
) -> None:
    """Wait until `true()` holds."""
    end = time.monotonic() + seconds
    while not true():
        if alive is not None and alive.poll() is not None:
            pytest.fail(f"the process ended while waiting for {what}")
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s for {what}")
        time.sleep(0.05)


@contextmanager
def workers(folder: Path) -> Iterator[Callable[..., Worker]]:
    """A function that starts workers; all are ended afterwards."""
    started: list[Worker] = []

    def start(**extra: str) -> Worker:
        worker = Worker(folder / f"worker-{len(started)}.log", **extra)
        started.append(worker)
        return worker

    try:
        yield start
    finally:
        for worker in started:
            worker.stop()
