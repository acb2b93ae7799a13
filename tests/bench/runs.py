"""Runs each work as a child with databases and a folder of its own, below services that are thrown away."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from qxportal.embedded import Embedded, die_with_parent
from tests.bench.result import Result
from tests.support.migrated import lay_down

CALM = 10_000  # with fewer persons nothing is measured; it only shows that the bench runs
ROOT = Path(__file__).resolve().parent.parent.parent
START = "import sys, django; django.setup(); from tests.bench.child import main; main(sys.argv[1], int(sys.argv[2]))"


class BenchError(Exception):
    """Something could not be measured; the text has the last words of the child."""


class Runs:
    """PostgreSQL (which writes to the disk as in production, or need not) and Valkey; a context manager."""

    def __init__(self, *, durable: bool = True) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="qx-bench-", ignore_cleanup_errors=True)
        self.var = Path(self._folder.name)
        self.var.chmod(0o711)  # PostgreSQL may run under another account
        self._services = Embedded(self.var, durable=durable)

    def __enter__(self) -> Self:
        lay_down(self._services)
        self._services.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._services.stop()
        self._folder.cleanup()

    def rows(self, name: str, persons: int) -> Iterator[Result]:
        """Measure one work with so many persons."""
        var = self.var / f"{name}-{persons}"
        var.mkdir()
        portal, engine = self._database("portal", var.name), self._database("portal_engine", var.name)
        environment = {**self._services.environment(), "QXP_DATABASE_URL": portal, "QXP_ENGINE_DATABASE_URL": engine}
        for line in self._lines([sys.executable, "-c", START, name, str(persons)], environment, var):
            yield Result(**json.loads(line))

    def _database(self, template: str, name: str) -> str:
        """A fresh database; gives its address."""
        server = self._services.database_url.rpartition("/")[0]
        name = f"{template}-{name}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(words.format(sql.Identifier(name), sql.Identifier(template)))
        return f"{server}/{name}"

    def _lines(self, words: list[str], addresses: dict[str, str], var: Path) -> Iterator[str]:
        """What a child says, line by line; it logs into a file."""
        environment = {
            **os.environ,
            **addresses,
            "QXP_VAR": str(var),
            "QXP_SECRET_KEY": "bench-only-" + "k" * 50,
            "QXP_URL": "http://127.0.0.1:8000",
            "QXP_ENGINE_ALLOWED": "1",
            "DJANGO_SETTINGS_MODULE": "qxportal.settings",
        }
        log = var / "log.txt"
        with log.open("ab") as errors:
            child = subprocess.Popen(
                words,
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                preexec_fn=die_with_parent(SIGKILL),
            )
        with child:
            yield from child.stdout or ()
        if child.returncode:
            raise BenchError(f"{' '.join(words[-2:])} ended with {child.returncode}: {log.read_text()[-3000:]}")
