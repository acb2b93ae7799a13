"""Known rows that a consistent listing lacks, found by the database from the ids that were seen.

Memory grows by 8 bytes per listed row: the primary keys of the known rows in the listing.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.models import ResourceSync

AT_ONCE = 10_000
SPARSE = 8  # bytes per row, at most, to count repeated rows in memory instead of in the database
ASKED_ABOUT = 1_000  # rows that one sync asks about individually; the others wait for the next sync


@dataclass(frozen=True)
class Candidate:
    """A row that two consistent listings lacked."""

    pk: int
    key: str


def repeats(ids: "array[int]") -> int | None:
    """Number of repeated ids; None if they lie too far apart to count in memory."""
    if not ids:
        return 0
    first = min(ids)
    span = max(ids) - first + 1
    if span > SPARSE * len(ids):
        return None
    seen = bytearray(span)
    for number in ids:
        seen[number - first] = 1
    return len(ids) - seen.count(1)


class MissingRows:
    """The missing rows, in a temporary table within one transaction."""

    def __init__(self, model: type[Mirrored], constant: Mapping[str, Any], sync: ResourceSync, as_of: datetime) -> None:
        self.table = connection.ops.quote_name(model._meta.db_table)
        self.constant, self.sync, self.as_of = constant, sync, as_of

    def find(self, ids: "array[int]") -> None:
        """Compare the mirror's rows with those of the listing."""
        where = " AND ".join(f"{connection.ops.quote_name(column)} = %s" for column in self.constant)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS seen, missing")
            cursor.execute("CREATE TEMPORARY TABLE seen (id bigint) ON COMMIT DROP")
            with cursor.copy("COPY seen FROM STDIN") as copy:
                for lines in _lines(ids):
                    copy.write(lines)
            cursor.execute(
                f"""CREATE TEMPORARY TABLE missing ON COMMIT DROP AS
                    SELECT id, vendor_id, missing_since, EXISTS (
                        SELECT FROM ledger_absence AS told WHERE told.sync_id = %s
                        AND told.vendor_id = known.vendor_id AND told.confirmed_at IS NOT NULL) AS confirmed
                    FROM {self.table} AS known
                    WHERE {where} AND gone_at IS NULL AND seen_at < %s
                      AND NOT EXISTS (SELECT FROM seen WHERE seen.id = known.id)""",  # noqa: S608
                [self.sync.pk, *self.constant.values(), self.as_of],
            )

    def repeated(self) -> int:
        """Number of rows listed more than once."""
        return self._number("SELECT count(*) - count(DISTINCT id) FROM seen")

    def unconfirmed(self) -> int:
        """Number of missing rows whose deletion is unconfirmed."""
        return self._number("SELECT count(*) FROM missing WHERE NOT confirmed")

    def hold(self) -> str:
        """Hold the unconfirmed rows for a person's confirmation; returns the digest of their keys."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_absence WHERE sync_id = %s AND confirmed_at IS NULL", [self.sync.pk])
            cursor.execute(
                "INSERT INTO ledger_absence (sync_id, vendor_id) SELECT %s, vendor_id FROM missing WHERE NOT confirmed",
                [self.sync.pk],
            )
            cursor.execute("SELECT md5(string_agg(vendor_id, '|' ORDER BY vendor_id)) FROM missing WHERE NOT confirmed")
            return str(cursor.fetchone()[0])

    def mark_gone(self) -> int:
        """Mark rows as gone whose deletion a person confirmed."""
        return self._write("gone_at", "WHERE missing.id = known.id AND confirmed")

    def mark_missing(self) -> int:
        """Stamp rows that are missing for the first time."""
        return self._write("missing_since", "WHERE missing.id = known.id AND missing.missing_since IS NULL")

    def candidates(self) -> list[Candidate]:
        """Rows missing for the second time, up to the number that one sync asks about."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, vendor_id FROM missing WHERE NOT confirmed AND missing_since < %s ORDER BY id LIMIT %s",
                [self.as_of, ASKED_ABOUT],
            )
            return [Candidate(*row) for row in cursor.fetchall()]

    def _write(self, column: str, where: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {self.table} AS known SET {column} = %s FROM missing {where} AND known.gone_at IS NULL",  # noqa: S608
                [self.as_of],
            )
            return int(cursor.rowcount)

    def _number(self, sql: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.fetchone()[0])


def _lines(ids: "array[int]") -> Iterator[str]:
    for start in range(0, len(ids), AT_ONCE):
        yield "".join(f"{number}\n" for number in ids[start : start + AT_ONCE])
