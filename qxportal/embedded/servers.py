"""A real PostgreSQL and a real Valkey from wheels, for the demo and the tests.

Both are direct children that die with us; both listen on unix sockets in a folder that only we can enter.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg
import redis

from qxportal.embedded.binaries import SHARED, make_way, postgres_account, postgres_binaries, reachable, valkey_binary
from qxportal.embedded.errors import EmbeddedError
from qxportal.embedded.processes import die_with_parent, end_process, reason_in, wait_for_answer

SOCKET_PATH_MAX = 107
LATE_SECONDS = 20
BUFFERS_LEAST, BUFFERS_MOST = 128, 1024  # MB


@dataclass
class Embedded:
    """PostgreSQL and Valkey with their data below `var`; a context manager.

    Both inherit the open file `lock`: a lock on it then lasts until the last of them has ended.
    """

    var: Path
    durable: bool = True
    with_database: bool = True
    with_broker: bool = True
    lock: int | None = None
    sockets: Path = field(init=False)
    prepared: bool = field(init=False, default=False)
    account: pwd.struct_passwd | None = field(init=False, default=None)
    postgres: subprocess.Popen[bytes] | None = field(init=False, default=None)
    valkey: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def database_url(self) -> str:
        """The portal's database."""
        return f"{self._server}/portal"

    @property
    def engine_database_url(self) -> str:
        """The engine's database."""
        return f"{self._server}/portal_engine"

    @property
    def _server(self) -> str:
        return f"postgresql://portal@{quote(str(self.sockets), safe='')}"

    @property
    def broker_url(self) -> str:
        """Valkey, in the form that Celery reads."""
        return f"redis+socket://{self.sockets}/valkey.sock"

    def prepare(self) -> None:
        """Make the folders, so that it is known where both will be reached; `start` does so by itself."""
        self.var.mkdir(parents=True, exist_ok=True)
        (self.var / "log").mkdir(exist_ok=True)
        self.account = postgres_account() if self.with_database else None
        self.sockets = self._socket_folder(self.account)
        self.prepared = True

    def start(self) -> None:
        """Start both; returns when both answer."""
        if not self.prepared:
            self.prepare()
        try:
            self.mend()
        except BaseException:
            self.stop()
            raise

    def mend(self) -> list[str]:
        """Start what does not run; gives the names of what was started."""
        started = []
        if self.with_database and (self.postgres is None or self.postgres.poll() is not None):
            self._start_postgres(postgres_binaries(self.account), self.account)
            started.append("postgres")
        if self.with_broker and (self.valkey is None or self.valkey.poll() is not None):
            self._start_valkey()
            started.append("valkey")
        return started

    def stop(self) -> None:
        """Stop both, PostgreSQL with a fast shutdown."""
        end_process(self.valkey, signal.SIGTERM)
        end_process(self.postgres, signal.SIGINT)
        self.valkey = self.postgres = None
        self.prepared = False
        inside = self.var.resolve() / "run"
        if inside.is_symlink():
            shutil.rmtree(self.sockets, ignore_errors=True)
            inside.unlink()

    def cluster(self) -> Path:
        """Where PostgreSQL's data lies: below `var`, or linked from there when PostgreSQL's account cannot go there."""
        folder = self.var.resolve() / "postgres"
        if folder.is_symlink():
            return folder.resolve()
        if reachable(self.var, self.account):
            return folder
        real = SHARED / sha256(str(self.var.resolve()).encode()).hexdigest()[:12] / "postgres"
        make_way(real.parent)
        if folder.exists():  # its way was closed after it had been made
            shutil.move(folder, real)
        folder.symlink_to(real)
        return real

    def environment(self) -> dict[str, str]:
        """The variables that point a process of ours at these services."""
        said: dict[str, str] = {}
        if self.with_database:
            said |= {"QXP_DATABASE_URL": self.database_url, "QXP_ENGINE_DATABASE_URL": self.engine_database_url}
        if self.with_broker:
            said |= {"QXP_BROKER_URL": self.broker_url}
        return said

    def _socket_folder(self, account: pwd.struct_passwd | None) -> Path:
        """A folder that only PostgreSQL's account enters; elsewhere, linked from `var`, when the path is too long."""
        inside = self.var.resolve() / "run"
        if inside.is_symlink():  # left behind by a start that was killed
            shutil.rmtree(inside.resolve(), ignore_errors=True)
            inside.unlink()
        longest = len(os.fsencode(inside / ".s.PGSQL.5432.lock"))
        if longest <= SOCKET_PATH_MAX and reachable(self.var, account):
            inside.mkdir(exist_ok=True)
            folder = inside
        else:
            folder = Path(tempfile.mkdtemp(prefix="qxportal-", dir="/tmp"))
            shutil.rmtree(inside, ignore_errors=True)
            inside.symlink_to(folder)
        folder.chmod(0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
        return folder

    def _start_postgres(self, binaries: Path, account: pwd.struct_passwd | None) -> None:
        cluster = self.cluster()
        who: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        if not (cluster / "PG_VERSION").exists():
            shutil.rmtree(cluster, ignore_errors=True)
            cluster.mkdir(parents=True, mode=0o700)
            if account:
                os.chown(cluster, account.pw_uid, account.pw_gid)
            made = subprocess.run(
                [
                    binaries / "bin/initdb",
                    "-D",
                    cluster,
                    "-U",
                    "portal",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--no-sync",
                    "--locale-provider=builtin",
                    "--locale=C.UTF-8",
                    "--set",
                    f"unix_socket_directories={self.sockets}",
                ],
                cwd="/",
                capture_output=True,
                text=True,
                check=False,
                **who,
            )
            if made.returncode:
                shutil.rmtree(cluster, ignore_errors=True)
                raise EmbeddedError(f"PostgreSQL could not make its data folder {cluster}: {reason_in(made.stderr)}")
        _wait_for_emptiness(cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)  # its number may be another process's by now
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": f"{_buffers()}MB",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "max_wal_size": "1GB" if self.durable else "256MB",  # tests may keep it in memory
            "deadlock_timeout": "1s" if self.durable else "100ms",  # tests bring deadlocks about
        }
        log = (self.var / "log" / "postgres.log").open("ab")
        self.postgres = subprocess.Popen(
            [binaries / "bin/postgres", "-D", cluster, *(f"--{name}={value}" for name, value in options.items())],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGINT),
            start_new_session=True,
            pass_fds=self._inherited(),
            **who,
        )
        log.close()
        wait_for_answer("PostgreSQL", self.postgres, self._postgres_answers, self.var / "log" / "postgres.log")
        for name in ("portal", "portal_engine"):
            ensure_database(f"{self._server}/postgres", name)

    def _inherited(self) -> tuple[int, ...]:
        return () if self.lock is None else (self.lock,)

    def _postgres_answers(self) -> bool:
        try:
            psycopg.connect(host=str(self.sockets), user="portal", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _start_valkey(self) -> None:
        folder = self.var / "valkey"
        folder.mkdir(exist_ok=True)
        socket = self.sockets / "valkey.sock"
        socket.unlink(missing_ok=True)
        log = (self.var / "log" / "valkey.log").open("ab")
        self.valkey = subprocess.Popen(
            [
                valkey_binary(),
                "--port",
                "0",
                "--unixsocket",
                socket,
                "--unixsocketperm",
                "700",
                "--dir",
                folder.resolve(),
                "--appendonly",
                "yes" if self.durable else "no",
                "--save",
                "",
                "--maxmemory-policy",
                "noeviction",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
            start_new_session=True,
            pass_fds=self._inherited(),
        )
        log.close()
        wait_for_answer("Valkey", self.valkey, lambda: _valkey_answers(socket), self.var / "log" / "valkey.log")


def ensure_database(server: str, name: str) -> None:
    """Create the database `name` when it is missing; `server` is the address of any database beside it."""
    with psycopg.connect(server, autocommit=True, connect_timeout=10) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


def _buffers() -> int:
    """How many MB of tables PostgreSQL may hold in memory: a sixteenth of the machine's; it takes what it uses."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(memory // 16 // 2**20, BUFFERS_LEAST), BUFFERS_MOST)


def _wait_for_emptiness(cluster: Path) -> None:
    """Wait for the backends of a PostgreSQL that was killed; they work in its folder."""
    end = time.monotonic() + LATE_SECONDS
    while any(_works_in(entry, cluster) for entry in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > end:
            raise EmbeddedError(f"Another PostgreSQL still works in {cluster}; end it first.")
        time.sleep(0.05)


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink() == folder
    except OSError:
        return False


def _valkey_answers(socket: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(socket)) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False
