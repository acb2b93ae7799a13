"""A separate demo in its own folder, started as a user would."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from qxportal.embedded import die_with_parent
from tests.support.ports import free_port
from tests.support.processes import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
UNREAD = """
    SELECT count(*) FROM accounts_organisation WHERE NOT EXISTS (
        SELECT FROM ledger_job WHERE org_id = accounts_organisation.id AND kind = 'sync' AND state = 'done'
    )
"""
OTHERS = {
    "QXP_DATABASE_URL",
    "QXP_ENGINE_DATABASE_URL",
    "QXP_BROKER_URL",
    "QXP_SECRET_KEY",
    "QXP_TESTS",
    "QXP_URL",
    "QXP_VAR",
    "QXP_KEYS",
}


def _as_from_a_terminal() -> Callable[[], None]:
    """A preexec_fn for Popen: the process ends with the test, and receives SIGHUP even if the tests run under nohup."""
    end_with_us = die_with_parent(signal.SIGTERM)

    def prepare() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        end_with_us()

    return prepare


class Demo:
    """A demo folder, and the process running in it."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port, self.engine_port, self.site_port = free_port(), free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None
        self.words = ""

    def environment(self, **extra: object) -> dict[str, str]:
        said = {name: text for name, text in os.environ.items() if name not in OTHERS}
        mine = {
            "QXP_VAR": self.var,
            "QXP_PORT": self.port,
            "QXP_ENGINE_PORT": self.engine_port,
            "QXP_SITE_PORT": self.site_port,
            **extra,
        }
        return said | {name: str(text) for name, text in mine.items()}

    def call(self, *words: str, **extra: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qxportal.demo", *words],
            cwd=ROOT,
            env=self.environment(**extra),
            text=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "qxportal.demo"],
            cwd=ROOT,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_as_from_a_terminal(),
        )
        self.words = ""
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        wait_for(lambda: "Ctrl-C stops everything" in self.words or self.ended, "the demo to start")
        assert not self.ended, self.words

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in lines:
                self.words += line

    def wait_until_read(self) -> None:
        """Wait until every organisation's first sync is done."""
        with psycopg.connect(
            host=str((self.var / "run").resolve()), user="portal", dbname="portal", autocommit=True
        ) as database:
            wait_for(lambda: database.execute(UNREAD).fetchone() == (0,), "the first sync")

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query on the running demo's portal database."""
        with psycopg.connect(host=str((self.var / "run").resolve()), user="portal", dbname="portal") as database:
            return database.execute(query, values).fetchall()

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def end(self, how: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(how)
        status = self.process.wait(300)
        wait_for(lambda: not self.left(), f"nothing to be left after {how.name}: {self.left()}")
        return status

    def left(self) -> list[str]:
        """Processes of this demo that still run."""
        return [words for entry in Path("/proc").glob("[0-9]*") if (words := self._ours(entry))]

    def _ours(self, entry: Path) -> str:
        mark = str(self.var)
        try:
            words = (entry / "cmdline").read_text().replace("\0", " ")
            around = (entry / "environ").read_text().split("\0")
            place = str((entry / "cwd").readlink())
        except (OSError, UnicodeDecodeError):
            return ""
        return words if mark in words or f"QXP_VAR={mark}" in around or place.startswith(mark) else ""

    def known(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.var / "demo.json").read_text())
        return known
