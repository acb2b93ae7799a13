"""Mirroring a directory: the first reading, one that finds nothing new, and one that finds a hundredth changed.

Ours goes from the bodies of the answers to a closed reading. Raw COPY gets the finished rows, in the very same run.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from time import sleep
from typing import Any

from django.db import connection, models
from django.utils import timezone

from directory.mirror import person_row
from directory.models import Person
from qxportal.ledger.mirror.rows import MirrorRow
from qxportal.threesixty.calls.persons import GetPersons
from tests.bench.env import Env
from tests.bench.listing import ListingFile
from tests.bench.result import Result, Took, at_least, best, measured, per_second

SAMPLE = 1_000  # rows that the slowest of the naive ways is measured with
CHANGED = 100  # of so many persons one is another in the later listing
BLOCK = 1 << 20
TABLE = "directory_person"


def measure(env: Env) -> Iterator[Result]:
    """The three rows."""
    finished = env.var / "rows.copy"
    yield _first(env, finished)
    yield _unchanged(env, finished)
    yield _changed(env, finished)


def _first(env: Env, finished: Path) -> Result:
    ours, raw, bare = [], [], []
    for _ in range(env.tries):
        _empty()
        ours.append(measured(lambda: env.read(env.listing)))
        if not finished.exists():
            _dump(finished)
        _empty()
        raw.append(measured(lambda: _copy(finished, TABLE)))
        _empty()
        bare.append(_without_triggers(finished))
    _empty()
    naive = measured(lambda: _update_or_create(env))
    here, copied = best(ours), best(raw)
    reach, met = at_least(copied.seconds / here.seconds, 0.9, "raw COPY")
    return Result(
        work=f"mirror {env.size} persons, first reading",
        ours=_speed(env, here),
        limit=f"raw COPY into the same table {_speed(env, copied)}; without its triggers {best(bare).seconds:.2f} s",
        naive=f"update_or_create {per_second(naive.result, naive.seconds)}",
        reach=reach,
        met=met and here.result.added == env.persons,
        memory=here.megabytes,
    )


def _unchanged(env: Env, finished: Path) -> Result:
    _empty()
    env.read(env.listing)
    _settle()
    ours, raw = [], []
    before = _written()
    for _ in range(env.tries):
        ours.append(measured(lambda: env.read(env.listing)))
        raw.append(measured(lambda: _copy_aside(finished)))
    written = _written() - before
    here, copied = best(ours), best(raw)
    reach, met = at_least(copied.seconds / here.seconds, 1.1, "raw COPY")
    singly = measured(lambda: _update_or_create(env))
    many = measured(lambda: _bulk_create(env))
    return Result(
        work=f"mirror {env.size} persons, nothing changed",
        ours=f"{_speed(env, here)}; {written} rows written",
        limit=f"raw COPY into a temporary table {_speed(env, copied)}",
        naive=f"update_or_create {per_second(singly.result, singly.seconds)}, "
        f"bulk_create(update_conflicts) {per_second(many.result, many.seconds)}; both write every row",
        reach=reach,
        met=met and written == 0,
        memory=here.megabytes,
    )


def _changed(env: Env, finished: Path) -> Result:
    later = ListingFile.write(env.var / "later.json", env.persons, changed=lambda number: number % CHANGED == 0)
    _empty()
    env.read(env.listing)
    _settle()
    ours, raw = [], []
    written, listings = [], (later, env.listing)
    for number in range(env.tries):
        before = _written()
        ours.append(measured(lambda: env.read(listings[number % 2])))  # noqa: B023
        written.append(_written() - before)
        raw.append(measured(lambda: _copy_aside(finished)))
    here, copied = best(ours), best(raw)
    reach, met = at_least(copied.seconds / here.seconds, 0.9, "raw COPY")
    naive = measured(lambda: _update_or_create(env))
    return Result(
        work=f"mirror {env.size} persons, 1 % changed",
        ours=f"{_speed(env, here)}; {max(written):,} rows written of {here.result.changed:,} changed",
        limit=f"raw COPY into a temporary table {_speed(env, copied)}",
        naive=f"update_or_create {per_second(naive.result, naive.seconds)}",
        reach=reach,
        met=met and set(written) == {-(-env.persons // CHANGED)},
        memory=here.megabytes,
    )


# -- the naive ways: the rows of the first pages, one by one or in batches; each gives how many


def _update_or_create(env: Env) -> int:
    rows = list(islice(_rows(env.listing), SAMPLE))
    for row in rows:
        said = {**row.columns, "raw": row.raw, "seen_at": timezone.now()}
        Person.objects.update_or_create(org=env.org, vendor_id=row.key, defaults=said)
    return len(rows)


def _bulk_create(env: Env) -> int:
    rows = list(islice(_rows(env.listing), 20 * SAMPLE))
    now = timezone.now()
    Person.objects.bulk_create(
        [Person(org=env.org, vendor_id=row.key, **row.columns, raw=row.raw, seen_at=now) for row in rows],
        update_conflicts=True,
        unique_fields=("org", "vendor_id"),
        update_fields=(*rows[0].columns, "raw", "seen_at"),
        batch_size=SAMPLE,
    )
    return len(rows)


def _rows(listing: ListingFile) -> Iterator[MirrorRow]:
    for start in range(0, len(listing), SAMPLE):
        call = GetPersons(include_metadata=True, start_index=start, record_limit=SAMPLE)
        yield from map(person_row, listing.answer(call))


# -- the table under it


def _empty() -> None:
    _run(f"TRUNCATE {TABLE}, ledger_pull, ledger_version CASCADE", "CHECKPOINT")


def _settle() -> None:
    """Let nothing of the filling fall into what is measured next."""
    _run(f"VACUUM ANALYZE {TABLE}", "CHECKPOINT")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _written() -> int:
    """How many rows of the table were ever written; a connection tells of its own when it has ended."""
    with connection.cursor() as cursor:
        while _others(cursor):
            sleep(0.01)
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = %s", [TABLE])
        return int(cursor.fetchone()[0])


def _others(cursor: Any) -> int:
    cursor.execute("SELECT pg_stat_clear_snapshot()")
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    return int(cursor.fetchone()[0])


def _columns() -> str:
    names = (str(field.column) for field in Person._meta.concrete_fields if not isinstance(field, models.AutoField))
    return ", ".join(map(connection.ops.quote_name, names))


def _dump(path: Path) -> None:
    """Write the finished rows as COPY takes them."""
    words = f"COPY {TABLE} ({_columns()}) TO STDOUT"
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(words) as copy:
        for block in copy:
            file.write(block)


def _copy(path: Path, table: str) -> None:
    words = f"COPY {table} ({_columns()}) FROM STDIN"
    with connection.cursor() as cursor, path.open("rb") as file, cursor.copy(words) as copy:
        while block := file.read(BLOCK):
            copy.write(block)


def _copy_aside(path: Path) -> None:
    _run(f"CREATE TEMPORARY TABLE aside AS SELECT {_columns()} FROM {TABLE} WITH NO DATA")  # noqa: S608
    _copy(path, "aside")
    _run("DROP TABLE aside")


def _without_triggers(path: Path) -> Took[None]:
    _run("SET session_replication_role = replica")
    took = measured(lambda: _copy(path, TABLE))
    _run("SET session_replication_role = origin")
    return took


# -- words


def _speed(env: Env, took: Took[object]) -> str:
    return f"{took.seconds:.2f} s, {per_second(env.persons, took.seconds)}"
