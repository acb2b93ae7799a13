"""PostgreSQL's own benchmark, where the server's package brings it along."""

import re
import subprocess
from pathlib import Path

import psycopg

from qxportal.embedded.binaries import postgres_account, postgres_binaries

SCALE, SCALE_TINY = 20, 1
CLIENTS = 16  # as many as the site's processes have threads
SECONDS, SECONDS_TINY = 2, 1
TRANSACTIONS = 5  # of each client, where nothing is measured
TPS = re.compile(r"tps = ([\d.]+)")


class PgBench:
    """Simple updates (`pgbench -N`) on the server that the site uses, in a database of its own."""

    def __init__(self, database_url: str, *, tiny: bool, sample: bool) -> None:
        self._program: Path | None = postgres_binaries(postgres_account()) / "bin/pgbench"
        seconds = SECONDS_TINY if tiny else SECONDS
        self._length = ("-t", str(TRANSACTIONS)) if sample else ("-T", str(seconds))
        self._rates: list[float] = []
        if not self._program.exists():
            self._program = None
            return
        server = database_url.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE pgbench")
        self._database = f"{server}/pgbench"
        self._run("-i", "-q", "-s", str(SCALE_TINY if tiny else SCALE))

    def run(self) -> None:
        """Once more, for a moment."""
        if self._program is not None:
            said = self._run("-N", "-n", "-c", str(CLIENTS), "-j", "2", *self._length)
            found = TPS.search(said)
            assert found, said
            self._rates.append(float(found[1]))

    @property
    def words(self) -> str:
        """For the table."""
        if not self._rates:
            return "no pgbench in the server's package"
        return f"pgbench -N {sum(self._rates) / len(self._rates):,.0f}/s"

    def _run(self, *words: str) -> str:
        command = [str(self._program), *words, self._database]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
