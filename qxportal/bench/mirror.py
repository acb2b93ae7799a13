"""Mirroring a directory: the first reading, one that finds nothing new, and one that finds a hundredth changed.

Ours goes from the bodies of the answers to a closed reading. Raw COPY gets the finished rows, in the very same table.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from directory.mirror import person_row
from directory.models import Person
from qxportal.bench.ground import Ground
from qxportal.bench.listing import Listing
from qxportal.bench.row import Row, Took, at_least, measured, per_second
from qxportal.ledger.rows import Row as MirrorRow
from qxportal.threesixty.calls.persons import GetPersons

SAMPLE = 1_000  # rows that the naive ways are measured with
BLOCK = 1 << 20


def measure(ground: Ground) -> Iterator[Row]:
    """The three rows."""
    yield _first(ground)


def _first(ground: Ground) -> Row:
    raw, ours, bare = [], [], []
    rows = ground.var / "rows.copy"
    for _ in range(ground.tries):
        _empty()
        ours.append(measured(lambda: ground.read(ground.listing)))
        if not rows.exists():
            _dump(rows)
        raw.append(_timed_copy(rows))
        bare.append(_timed_copy(rows, triggers=False))
    naive = _naive_first(ground)
    here, copied = _best(ours), _best(raw)
    reach, met = at_least(copied.seconds / here.seconds, 0.9, "raw COPY")
    return Row(
        work=f"mirror {ground.size} persons, first reading",
        ours=_speed(ground.persons, here.seconds),
        limit=f"raw COPY into the same table {_speed(ground.persons, copied.seconds)}; "
        f"without its triggers {_speed(ground.persons, _best(bare).seconds)}",
        naive=f"update_or_create {per_second(SAMPLE, naive)}",
        reach=reach,
        met=met and here.result.added == ground.persons,
        memory=here.megabytes,
    )


def _naive_first(ground: Ground) -> float:
    _empty()
    records = list(islice(_records(ground.listing), SAMPLE))
    return measured(lambda: _update_or_create(ground, records)).seconds


def _update_or_create(ground: Ground, records: Iterable[MirrorRow]) -> None:
    for row in records:
        Person.objects.update_or_create(
            org=ground.org,
            vendor_id=row.key,
            defaults={**row.columns, "raw": row.raw, "seen_at": timezone.now()},
        )


def _records(listing: Listing) -> Iterator[MirrorRow]:
    """The columns of each person."""
    for start in range(0, len(listing), SAMPLE):
        yield from map(
            person_row, listing.answer(GetPersons(include_metadata=True, start_index=start, record_limit=SAMPLE))
        )


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE directory_person, ledger_pull, ledger_version CASCADE")
        cursor.execute("CHECKPOINT")


def _columns() -> str:
    names = (str(field.column) for field in Person._meta.concrete_fields if not field.primary_key)
    return ", ".join(map(connection.ops.quote_name, names))


def _dump(path: Path) -> None:
    """Write the finished rows as COPY takes them."""
    words = f"COPY directory_person ({_columns()}) TO STDOUT"
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(words) as copy:
        for block in copy:
            file.write(block)


def _timed_copy(path: Path, *, triggers: bool = True) -> Took[None]:
    _empty()
    with connection.cursor() as cursor:
        cursor.execute(f"SET session_replication_role = {'origin' if triggers else 'replica'}")
        took = measured(lambda: _copy(path, "directory_person"))
        cursor.execute("SET session_replication_role = origin")
    return took


def _copy(path: Path, table: str) -> None:
    words = f"COPY {table} ({_columns()}) FROM STDIN"
    with connection.cursor() as cursor, path.open("rb") as file, cursor.copy(words) as copy:
        while block := file.read(BLOCK):
            copy.write(block)


def _best(took: "list[Took[Any]]") -> "Took[Any]":
    return min(took, key=lambda one: one.seconds)


def _speed(rows: int, seconds: float) -> str:
    return f"{seconds:.2f} s, {per_second(rows, seconds)}"
