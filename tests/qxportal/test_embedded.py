"""The embedded PostgreSQL and Valkey come up anywhere and go down with us."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from qxportal.embedded import SHARED, SOCKET_PATH_MAX, Embedded, ensure_database
from tests.support.processes import wait_for

pytestmark = pytest.mark.processes


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's account may pass through."""
    with tempfile.TemporaryDirectory(prefix="qx-embedded-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_what_was_written_is_there_after_a_second_start(place: Path) -> None:
    with Embedded(place / "var") as services:
        with psycopg.connect(services.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE visit AS SELECT 'Iris Mulder' AS name")
        with redis.Redis(unix_socket_path=services.broker_url.removeprefix("redis+socket://")) as broker:
            broker.set("visits", 1)

    with Embedded(place / "var") as services:
        with psycopg.connect(services.database_url) as connection:
            assert connection.execute("SELECT name FROM visit").fetchone() == ("Iris Mulder",)
        with redis.Redis(unix_socket_path=services.broker_url.removeprefix("redis+socket://")) as broker:
            assert broker.get("visits") == b"1"
    assert not answers(services.database_url)


@pytest.mark.thorough
def test_a_path_longer_than_a_socket_may_have_is_no_obstacle(place: Path) -> None:
    var = place / ("people-and-culture-" * 7) / "var"
    assert len(str(var / "run")) > SOCKET_PATH_MAX
    var.parent.mkdir(mode=0o711)

    with Embedded(var, with_broker=False) as services:
        assert answers(services.database_url)
        sockets = services.sockets
    assert not sockets.exists()


@pytest.mark.thorough
@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL under another account")
def test_a_closed_home_is_no_obstacle_to_root(place: Path) -> None:
    home = place / "home"
    home.mkdir(mode=0o700)

    with Embedded(home / "var") as services:
        assert answers(services.database_url)
        cluster = (home / "var" / "postgres").resolve()
        assert cluster.is_relative_to(SHARED)
    with Embedded(home / "var") as services:
        assert answers(services.database_url)
    subprocess.run(["rm", "-r", cluster.parent], check=True)


@pytest.mark.thorough
def test_each_service_can_stay_away(place: Path) -> None:
    with Embedded(place / "var", with_database=False) as services:
        assert set(services.environment()) == {"QXP_BROKER_URL"}
        assert services.postgres is None
    with Embedded(place / "var", with_broker=False) as services:
        assert set(services.environment()) == {"QXP_DATABASE_URL", "QXP_ENGINE_DATABASE_URL"}
        assert services.valkey is None


@pytest.mark.thorough
def test_a_service_that_died_is_mended(place: Path) -> None:
    with Embedded(place / "var") as services:
        assert services.postgres
        services.postgres.kill()
        services.postgres.wait()

        assert services.mend() == ["postgres"]
        assert answers(services.database_url)
        assert services.mend() == []


@pytest.mark.thorough
def test_a_database_is_made_once(place: Path) -> None:
    with Embedded(place / "var", with_broker=False) as services:
        ensure_database(services.database_url, "people-2026")
        ensure_database(services.database_url, "people-2026")

        assert answers(services.database_url.rsplit("/", 1)[0] + "/people-2026")


def test_both_end_when_their_starter_is_killed(place: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from qxportal.embedded import Embedded\n"
        "with Embedded(Path(sys.argv[1])) as services:\n"
        "    print(services.postgres.pid, services.valkey.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, place / "var"], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        numbers = starter.stdout.readline().split()
        starter.send_signal(signal.SIGKILL)

    assert len(numbers) == 2
    wait_for(lambda: not any(runs(number) for number in numbers), "both services to end")


def runs(number: str) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
