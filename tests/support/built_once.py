"""Database contents that a fixture builds, kept for further tests: copying rows back takes milliseconds.

    @pytest.fixture
    @built_once
    def scene(connected):
        ...  # rows of the engine, and a sync: runs for the first test, and again once it is a minute old
        return review

Each test gets what the function gave and the very rows that it left, with their numbers, as if it had run. That is for
functions whose work lies in the databases alone: what they patch, or write elsewhere, belongs in another fixture.
`Engine` and `Connected` are the test's own ones.
"""

import functools
import io
import pickle
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import redis
from django.conf import settings
from django.db import connections, transaction

from qxportal.security.key_ring import keys
from tests.support.engine_fixture import Engine
from tests.support.fast_flush import KEPT, make_able
from tests.support.portal_fixture import Connected

P = ParamSpec("P")
T = TypeVar("T")
LONGEST = 60.0  # seconds: later, recent data would no longer look recent
# Tables whose rows tell a copy of the database from the original.
APART = {"accounts_instance", "engine_engineinstance", "engine_editionfence"}
# All columns except those that PostgreSQL generates.
COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
Rows = str  # statements that restore them


@dataclass(frozen=True)
class Built:
    """The rows that a function left in each database, its result, and the time."""

    rows: Mapping[str, Rows]  # of each database
    given: bytes
    at: float


def built_once(build: Callable[P, T]) -> Callable[P, T]:
    """Run the function only for the first test, see above."""
    kept: dict[tuple[str, ...], Built] = {}

    @functools.wraps(build)
    def restored(*args: P.args, **kwargs: P.kwargs) -> T:
        live = _live([*args, *kwargs.values()])
        assert live["engine"].untouched, f"{build.__qualname__} must come first: it brings back all rows that there are"
        key = _credential_key(live)
        built = kept.get(key)
        if built and time.monotonic() - built.at < LONGEST:
            rows = built.rows
            _in_each(live, lambda alias: _copy_in(alias, rows[alias]))
        else:
            given = build(*args, **kwargs)
            built = kept[key] = Built(_in_each(live, _copy_out), _dump(live, given), time.monotonic())
        result: T = _load(live, built.given)
        return result

    return restored


# -- objects of a test, which are kept as they are


def _credential_key(live: Mapping[str, Any]) -> tuple[str, ...]:
    """The key ring that sealed a credential: another one could not open it."""
    return (str(settings.KEYS), *keys()) if "connected" in live else ()


def _live(values: Iterable[object]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in values:
        if isinstance(value, Connected):
            found |= {"connected": value, "engine": value.engine}
        elif isinstance(value, Engine):
            found["engine"] = value
    return found


def _state(live: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {key: of for key, of in vars(one).items() if not key.startswith("_")} for name, one in live.items()}


def _dump(live: Mapping[str, Any], given: object) -> bytes:
    names = {id(one): name for name, one in live.items()}
    out = io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, one: object) -> str | None:
            return names.get(id(one))

    Pickler(out).dump((_state(live), given))
    return out.getvalue()


def _load(live: Mapping[str, Any], kept: bytes) -> Any:
    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> Any:
            return live[name]

    state, given = Unpickler(io.BytesIO(kept)).load()  # our own, made in this process
    for name, fields in state.items():
        vars(live[name]).update(fields)
    return given


# -- rows


def _in_each(live: Mapping[str, Any], work: Callable[[str], T]) -> dict[str, T]:
    """Run in the databases of these objects, each in the thread that writes to it."""
    done: dict[str, T] = {"engine": live["engine"].run(work, "engine")}
    if "connected" in live:
        done["default"] = work("default")
    return done


def _copy_out(alias: str) -> Rows:
    """All rows of a table in one statement, in PostgreSQL's own text form: faster to load than many copies."""
    connection = connections[alias]
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(names) - KEPT - APART)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables))  # noqa: S608
        statements = []
        for (name,) in cursor.fetchall():
            cursor.execute(COLUMNS, [f'"{name}"'])
            columns = cursor.fetchone()[0]
            cursor.execute(f"SELECT string_agg(quote_literal(one::text), ',') FROM \"{name}\" AS one")  # noqa: S608
            rows = cursor.fetchone()[0]
            statements.append(
                f'INSERT INTO "{name}" ({columns}) OVERRIDING SYSTEM VALUE '  # noqa: S608
                f'SELECT {columns} FROM unnest(ARRAY[{rows}]::"{name}"[]);'
            )
    return "\n".join(statements)


def _copy_in(alias: str, rows: Rows) -> None:
    if alias == "default":
        _forget_rate_limits()
    assert make_able(alias), "the role of tests is no superuser"
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        # The triggers did their work when the rows were first written.
        cursor.execute(f"SET LOCAL session_replication_role = replica; SELECT tests_empty_tables(); {rows}")


def _forget_rate_limits() -> None:
    """Clear rate limits, so that a restored credential does not inherit pauses from an earlier test."""
    with redis.Redis.from_url(settings.BROKER_ADDRESS) as broker:
        broker.delete("nothing", *broker.scan_iter("rate-limit:*"))
