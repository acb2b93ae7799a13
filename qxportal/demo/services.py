"""What the portal's processes stand on: PostgreSQL, a broker, and the environment that names them."""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from qxportal.demo.folder import Folder
from qxportal.embedded import Embedded, ensure_database

ROOT = Path(__file__).resolve().parent.parent.parent
OLDEST_POSTGRESQL = 15
HIGHEST_PORT = 65535


class ServiceError(Exception):
    """Something that the site needs is not there; the text says what and what to do."""


@dataclass(frozen=True)
class Options:
    """What the environment asks for."""

    var: Path
    port: int
    engine_port: int
    site_port: int
    database_url: str
    engine_database_url: str
    broker_url: str

    @property
    def portal_url(self) -> str:
        """Where browsers find the site."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def engine_url(self) -> str:
        """Where the engine answers."""
        return f"http://127.0.0.1:{self.engine_port}"

    @property
    def site_url(self) -> str:
        """Where people outside HR come."""
        return f"http://127.0.0.1:{self.site_port}"


def read_options(environment: Mapping[str, str]) -> Options:
    """Read the environment; raises ServiceError for what makes no sense."""
    port, engine_port = _port(environment, "QXP_PORT", 8000), _port(environment, "QXP_ENGINE_PORT", 8001)
    site_port = _port(environment, "QXP_SITE_PORT", min(engine_port + 1, HIGHEST_PORT))
    ports = {"QXP_PORT": port, "QXP_ENGINE_PORT": engine_port, "QXP_SITE_PORT": site_port}
    for (name, one), (other, two) in combinations(ports.items(), 2):
        if one == two:
            raise ServiceError(f"{name} and {other} are both {one}; give one of them another number.")
    database_url = environment.get("QXP_DATABASE_URL", "")
    engine_database_url = environment.get("QXP_ENGINE_DATABASE_URL", "")
    if database_url and not engine_database_url:
        parts = urlsplit(database_url)
        engine_database_url = parts._replace(path=f"{parts.path}_engine").geturl()
    var = Path(environment.get("QXP_VAR") or ROOT / "var").expanduser().absolute()
    return Options(
        var,
        port,
        engine_port,
        site_port,
        database_url,
        engine_database_url if database_url else "",
        environment.get("QXP_BROKER_URL", ""),
    )


def _port(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name) or str(usual)
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        raise ServiceError(f"{name} must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_ports(options: Options) -> None:
    """Raise ServiceError when another program listens where we want to."""
    for name, port in (
        ("QXP_PORT", options.port),
        ("QXP_ENGINE_PORT", options.engine_port),
        ("QXP_SITE_PORT", options.site_port),
    ):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except PermissionError:
                raise ServiceError(
                    f"{name} {port} is reserved for the administrator. Choose one from 1024 on: {name}=8080."
                ) from None
            except OSError:
                raise ServiceError(
                    f"Port {port} is busy: another program listens there. "
                    f"Choose another one: {name}={port + 10} ./portal demo"
                ) from None


class Services:
    """The services of one demo; a context manager that ends what it started."""

    def __init__(self, options: Options, folder: Folder) -> None:
        self.options = options
        self.embedded = Embedded(
            options.var,
            with_database=not options.database_url,
            with_broker=not options.broker_url,
            lock=folder.lock,
        )

    def __enter__(self) -> "Services":
        if self.options.database_url:
            _check_database(self.options)
        if self.options.broker_url:
            _check_broker(self.options.broker_url)
        self.embedded.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.embedded.stop()

    def environment(self) -> dict[str, str]:
        """What differs from any other machine, as environment variables."""
        own = {
            "QXP_DATABASE_URL": self.options.database_url,
            "QXP_ENGINE_DATABASE_URL": self.options.engine_database_url,
            "QXP_BROKER_URL": self.options.broker_url,
        }
        return {
            **{name: address for name, address in own.items() if address},
            **self.embedded.environment(),
            "QXP_VAR": str(self.options.var),
            "QXP_KEYS": str(self.options.var / "keys"),
            "QXP_URL": self.options.portal_url,
            "QXP_SITE_URL": self.options.site_url,
            "QXP_ENGINE_ALLOWED": "1",
            "QXP_MAILBOX": "1",
            "QXP_COMPRESS_STATIC": "0",
        }


def environment(services: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a process of ours."""
    ours = {"QXP_DEBUG", "QXP_TESTS", "QXP_PROCESS", "QXP_ALLOWED_HOSTS", "QXP_BEHIND_PROXY"}
    foreign = {*ours, "PYTHONPATH", "PYTHONHOME"}
    said = {name: text for name, text in os.environ.items() if name not in foreign}
    return {
        **said,
        "DJANGO_SETTINGS_MODULE": "qxportal.settings",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "",
        **services,
    }


def python(*words: str | Path) -> list[str]:
    """A command for our own Python."""
    return [sys.executable, *(str(word) for word in words)]


def _check_database(options: Options) -> None:
    try:
        with psycopg.connect(options.database_url, connect_timeout=10) as connection:
            if connection.info.server_version < OLDEST_POSTGRESQL * 10_000:
                found = connection.info.server_version // 10_000
                raise ServiceError(
                    f"QXP_DATABASE_URL names a PostgreSQL {found}; QX Portal needs {OLDEST_POSTGRESQL} or newer."
                )
    except (psycopg.Error, ValueError) as problem:
        raise ServiceError(f"QXP_DATABASE_URL cannot be used: {_first_line(problem)}") from None
    name = urlsplit(options.engine_database_url).path.lstrip("/")
    try:
        ensure_database(options.database_url, name)
    except psycopg.Error as problem:
        raise ServiceError(
            f"The engine's database {name} is missing and could not be made: {_first_line(problem)}. "
            "Make it, or name another one in QXP_ENGINE_DATABASE_URL."
        ) from None


def _check_broker(address: str) -> None:
    try:
        with redis.Redis.from_url(
            address.replace("redis+socket://", "unix://"), socket_connect_timeout=5, socket_timeout=5
        ) as connection:
            connection.ping()
    except (redis.RedisError, ValueError, OSError) as problem:
        raise ServiceError(f"QXP_BROKER_URL cannot be used: {_first_line(problem)}") from None


def _first_line(problem: Exception) -> str:
    return next(iter(str(problem).strip().splitlines()), type(problem).__name__)
