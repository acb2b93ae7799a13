import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.db import connections

from qxportal.embedded import die_with_parent
from tests.engine_fixture import ROOT, Engine
from tests.qxportal.engine.conftest import PATH

Start = Callable[[], tuple["subprocess.Popen[bytes]", str]]


@pytest.fixture
def start(engine: Engine, tmp_path: Path) -> Iterator[Start]:
    """Starts one more engine as anybody would, without telling it that it is one."""
    processes: list[subprocess.Popen[bytes]] = []
    database = os.environ["ENGINE_DATABASE_URL"].rpartition("/")[0] + f"/{connections['engine'].settings_dict['NAME']}"

    def run() -> tuple[subprocess.Popen[bytes], str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "manage.py", "engine", "--port", str(port), "--empty"],
            cwd=ROOT, env={**os.environ, "ENGINE_DATABASE_URL": database, "LOG_LEVEL": "ERROR"},
            preexec_fn=die_with_parent(signal.SIGKILL),
        )  # fmt: skip
        processes.append(process)
        url = f"http://127.0.0.1:{port}{PATH}"
        _until(lambda: _answers(url))
        return process, url

    yield run
    for process in processes:
        process.kill()
        process.wait()


def test_a_stopped_engine_ends_well_and_leaves_nobody(start: Start):
    process, _ = start()
    workers = _children(process.pid)

    process.send_signal(signal.SIGTERM)

    assert process.wait(15) == 0
    assert workers
    _until(lambda: not any(map(_alive, workers)))


def test_workers_of_a_killed_engine_die_too(start: Start):
    process, _ = start()
    workers = _children(process.pid)

    process.kill()
    process.wait()

    assert workers
    _until(lambda: not any(map(_alive, workers)))


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 400
    except requests.ConnectionError:
        return False


def _until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
