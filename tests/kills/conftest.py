"""Workers that are killed at named steps, and what has to hold afterwards."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connections

from tests.support.prefork import ForkServer
from tests.support.processes import environment

MOST_DEATHS = 30


class Workforce:
    """Real processes that do a worker's work; each that is killed where it should be is noted for the summary."""

    def __init__(self, fork_server: ForkServer, note: Callable[[str, object], None], broker: "redis.Redis") -> None:
        self.fork_server, self.note, self.broker = fork_server, note, broker
        self.settings: dict[str, str] = {}
        self.body = "work"  # of those that bring something to its end

    def run(self, body: str = "", *args: Any, **env: str) -> int:
        """Let one process do its work, once the calls of dead ones count no more; gives how it ended.

        A pause that the vendor asked for is over: time flies, as it does for what waits in the database.
        """
        self.broker.delete(*self.broker.scan_iter("rate-limit:*:flying"), "nothing")
        for state in self.broker.scan_iter("rate-limit:*:state"):
            self.broker.hdel(state, "pause_until")
        return self.fork_server.begin(body or self.body, *args, settings=self.settings, **env).wait()

    def healthy(self) -> None:
        """Let a worker bring everything to its end."""
        assert self.run() == 0, self.log()

    def dies_once(self, step: str, what: str, *, body: str = "", args: tuple[Any, ...] = (), turn: int = 1) -> None:
        """One process is killed at the step."""
        status = self.run(body, *args, QXP_FAILPOINT=f"{step}:kill@{turn}")
        assert status == -signal.SIGKILL, f"{what} did not come by {step}: {self.log()}"
        self.note("killed", f"{step} · {what} · once")

    def dies_always(self, step: str, what: str, *, turn: int = 1) -> int:
        """Workers begin again until nothing moves, and each that comes by the step is killed; gives how many."""
        deaths = 0
        while (status := self.run(QXP_FAILPOINT=f"{step}:kill@{turn}+")) == -signal.SIGKILL:
            deaths += 1
            assert deaths < MOST_DEATHS, f"{what} ends its worker at {step} for ever"
        assert status == 0, self.log()
        assert deaths, f"{what} did not come by {step}"
        self.note("killed", f"{step} · {what} · persistently")
        return deaths

    def is_cut_off(self, step: str, what: str) -> None:
        """The database ends a worker's connection at the step; the same worker brings everything to its end."""
        before = len(self.fork_server.log.read_text())
        assert self.run(QXP_FAILPOINT=f"{step}:terminate") == 0, self.log()
        assert f"cut off at {step}\n" in self.fork_server.log.read_text()[before:], f"{what} did not come by {step}"
        self.note("cut off", f"{step} · {what}")

    def log(self) -> str:
        """The last words of the processes."""
        return self.fork_server.log.read_text()[-3000:]

    def forget_rate_limit(self) -> None:
        """What Valkey has: messages, and the calls of those who were killed in the middle of one."""
        self.broker.flushall()


@pytest.fixture(scope="session")
def fork_server(engine_thread: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """The process that workers are forked from; it asks the vendor again soon."""
    fork_server = ForkServer(
        tmp_path_factory.mktemp("fork-server") / "log",
        environment(QXP_VERIFY_FIRST="10ms", QXP_VERIFY_EVERY="10ms", QXP_VERIFY_SPAN="50ms", QXP_LOG_LEVEL="ERROR"),
        targets="tests.support.forked_targets",
    )
    yield fork_server
    fork_server.close()


@pytest.fixture
def broker() -> "Iterator[redis.Redis]":
    """Valkey, empty."""
    with redis.Redis(unix_socket_path=settings.BROKER_URL.removeprefix("redis+socket://")) as connection:
        connection.flushall()
        yield connection


@pytest.fixture
def workforce(
    fork_server: ForkServer, broker: "redis.Redis", record_property: Callable[[str, object], None]
) -> Iterator[Workforce]:
    """Processes to kill."""
    yield Workforce(fork_server, record_property, broker)
    connections["default"].close()
