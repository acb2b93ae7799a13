import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests
from django.db import connections

from qxportal.embedded import die_with_parent
from tests.qxportal.engine.conftest import PATH
from tests.support.engine_fixture import Engine
from tests.support.ports import free_port
from tests.support.server_process import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("running_services")]

PATIENCE = 300  # seconds, for a machine that does much else
Start = Callable[[], tuple["subprocess.Popen[bytes]", str]]


@pytest.fixture
def start(engine: Engine, tmp_path: Path) -> Iterator[Start]:
    """Starts one more engine as anybody would, without telling it that it is one."""
    processes: list[subprocess.Popen[bytes]] = []
    database = (
        os.environ["QXP_ENGINE_DATABASE_URL"].rpartition("/")[0] + f"/{connections['engine'].settings_dict['NAME']}"
    )

    def run() -> tuple[subprocess.Popen[bytes], str]:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "engine", "--port", str(port), "--empty"],
            cwd=ROOT,
            env={**os.environ, "QXP_ENGINE_DATABASE_URL": database, "QXP_LOG_LEVEL": "ERROR"},
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
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

    assert process.wait(PATIENCE) == 0
    assert workers
    _until(lambda: not any(map(_alive, workers)))


@pytest.mark.thorough  # every run kills a demo with an engine
def test_workers_of_a_killed_engine_die_too(start: Start):
    process, _ = start()
    workers = _children(process.pid)

    process.kill()
    process.wait()

    assert workers
    _until(lambda: not any(map(_alive, workers)))


@pytest.fixture
def new_database() -> Iterator[str]:
    """The address of a database in which nothing is."""
    server = os.environ["QXP_ENGINE_DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE engine_alone")
        yield f"{server}/engine_alone"
        connection.execute("DROP DATABASE engine_alone WITH (FORCE)")


@pytest.mark.thorough  # every run starts a demo
def test_alone_with_an_empty_database_it_makes_its_tables_and_its_demo(new_database: str):
    with _running(new_database) as (url, said):
        user = json.loads(said[: said.index("ThreeSixty server")])["users"][0]
        asked = {"User": user["user"], "Token": user["token"], "Format": "JSON", "Version": "2.5"}

        answer = requests.post(url, data={"Request": "getAssessments", **asked}, timeout=PATIENCE)

        assert len(answer.json()["Result"]["Assessments"]) > 3


def test_told_to_stay_empty_it_makes_only_its_tables_and_refuses_those_of_an_older_release(new_database: str):
    with _running(new_database, "--empty"), psycopg.connect(new_database) as connection:
        assert connection.execute("SELECT count(*) FROM engine_brand").fetchone() == (0,)
    with psycopg.connect(new_database) as connection:
        connection.execute("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)")

    said = subprocess.run(
        [sys.executable, "manage.py", "engine", "--empty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "QXP_ENGINE_DATABASE_URL": new_database},
    )

    assert said.returncode == 1
    assert "older than this release: manage.py migrate --database engine" in said.stderr
    assert "Traceback" not in said.stderr


@contextmanager
def _running(database: str, *options: str) -> Iterator[tuple[str, str]]:
    """One more engine, its address and what it said until it answered."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "engine", "--port", str(port), *options],
        cwd=ROOT,
        env={**os.environ, "QXP_ENGINE_DATABASE_URL": database, "QXP_LOG_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        said = ""
        while process.stdout and "ThreeSixty server" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        url = f"http://127.0.0.1:{port}{PATH}"
        _until(lambda: _answers(url))
        yield url, said
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 400
    except requests.ConnectionError:
        return False


def _until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
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
