"""Merging a listing into a mirrored table with a handful of statements, for any number of rows.

Every row has a fingerprint. One statement per batch finds the rows that match the mirror; only the others are
decoded. New rows are copied straight into the table, changed ones through a temporary table. An unchanged listing
writes nothing.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, models, transaction
from psycopg.copy import QueuedLibpqWriter

from qxportal.accounts.models import Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.mirror.rows import Batch, MirrorRow, Unstorable, printable, read_rows
from qxportal.ledger.mirror.validation import limits_of, values_of
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.errors import MalformedResponse
from qxportal.ui.stored_messages import Message, gettext_stored

SHOWN = 200  # of the rows that were quarantined


@dataclass
class Merged:
    """Counts and ids that result from a merge."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    quarantined: int = 0
    quarantine: list[dict[str, Message]] = field(default_factory=list)  # the first of those quarantined
    keyless: int = 0
    repeated: int = 0
    ids: "array[int]" = field(default_factory=lambda: array("q"))  # of the known rows in the listing; 8 bytes each

    def add(self, other: "Merged") -> None:
        """Add another batch's result."""
        self.rows += other.rows
        self.added += other.added
        self.changed += other.changed
        self.quarantined += other.quarantined
        self.quarantine += other.quarantine[: SHOWN - len(self.quarantine)]
        self.keyless += other.keyless
        self.repeated += other.repeated
        self.ids += other.ids

    def quarantine_row(self, key: str, reason: Message) -> None:
        """Record a row that cannot be stored; it still counts as seen."""
        self.quarantined += 1
        if len(self.quarantine) < SHOWN:
            self.quarantine.append({"id": printable(key), "reason": reason})


class Known(NamedTuple):
    """A batch's rows that the mirror already has."""

    ids: list[int]
    changed: list[str]
    to_revive: list[int]
    repeated: int  # rows that this same sync has written before


def merge(
    model: type[Mirrored],
    org: Organisation,
    rows: Batch | Iterable[MirrorRow],
    *,
    as_of: datetime,
    scope: Mapping[str, Any] | None = None,
) -> Merged:
    """Write the rows that differ from the mirror; an unchanged listing writes nothing.

    `scope` names the columns that hold for the whole listing, e.g. the assessment. A row that cannot be stored is
    quarantined alone, with its reason, and counts as seen. A row stamped later than `as_of` stays as it is.
    """
    batch = rows if isinstance(rows, Batch) else read_rows(rows)
    merged = Merged(rows=len(batch), keyless=batch.keyless, repeated=batch.duplicates)
    for key in batch.odd_keys:
        merged.quarantine_row(key, gettext_stored("Its identifier contains a character that cannot be stored."))
    if not batch.digests:
        return merged
    table = _Table(model, {"org_id": org.pk, **(scope or {})}, as_of)
    with transaction.atomic():
        table.prepare()
        known = table.look_up(batch)
        merged.ids.extend(known.ids)
        merged.repeated += known.repeated
        new = table.unknown(batch, known) if len(known.ids) < len(batch.digests) else []
        table.write(batch, new, known.changed, merged)
        table.revive(known.to_revive)
        failpoint("merge.written")
    return merged


def refresh_statistics(model: type[Mirrored]) -> None:
    """Update planner statistics after many new rows; otherwise each batch may read a whole organisation."""
    columns = [f for f in ("org_id", "assessment_id", "vendor_id") if any(c.column == f for c in model._meta.fields)]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)} ({_quoted(columns)})")


class _Table:
    """A mirrored table during the merge of one listing."""

    def __init__(self, model: type[Mirrored], constant: Mapping[str, Any], as_of: datetime) -> None:
        self.model, self.constant, self.as_of = model, constant, as_of
        self.limits = limits_of(model)
        self.name = connection.ops.quote_name(model._meta.db_table)
        self.staging = connection.ops.quote_name(f"incoming_{model._meta.db_table}")  # lives as long as the connection
        self.where = " AND ".join(f"{connection.ops.quote_name(column)} = %s" for column in constant)

    def prepare(self) -> None:
        """Skip waiting for the disk, as the next sync restores lost rows; and force lookups by index."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true)"
            )

    def look_up(self, batch: Batch) -> Known:
        """The known rows, those with changed contents, and those that were missing or gone.

        A fingerprint covers the row's key too, so that looking for it among the whole batch is enough.
        """
        digests = _array(f"\\x{digest.hex()}" for digest in batch.digests.values())
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT array_agg(id), array_agg(vendor_id) FILTER (WHERE NOT same),
                           array_agg(id) FILTER (WHERE missing_since < %s OR gone_at < %s),
                           count(*) FILTER (WHERE seen_at = %s)
                    FROM (SELECT id, vendor_id, missing_since, gone_at, seen_at, row_hash = ANY(%s::bytea[]) AS same
                          FROM {self.name} WHERE {self.where} AND vendor_id = ANY(%s::text[]) OFFSET 0) AS known""",  # noqa: S608
                [self.as_of, self.as_of, self.as_of, digests, *self.constant.values(), _array(batch.digests)],
            )
            ids, changed, to_revive, repeated = cursor.fetchone()
        return Known(ids or [], changed or [], to_revive or [], repeated)

    def unknown(self, batch: Batch, known: Known) -> list[str]:
        """Keys that the mirror lacks, in listing order."""
        if not known.ids:
            return list(batch.digests)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT array_agg(vendor_id) FROM {self.name} WHERE {self.where} AND vendor_id = ANY(%s::text[])",  # noqa: S608
                [*self.constant.values(), _array(batch.digests)],
            )
            had = set(cursor.fetchone()[0] or ())
        return [key for key in batch.digests if key not in had]

    def write(self, batch: Batch, new: list[str], changed: list[str], merged: Merged) -> None:
        """Decode new and changed rows, and store them."""
        before = merged.quarantined, len(merged.quarantine)
        try:
            if new:
                with transaction.atomic():
                    merged.added += self._copy(self._read(batch, new, merged), straight=True)[1]
        except IntegrityError:  # another transaction added one of them at this moment, or this sync did before
            merged.repeated += self.look_up(batch).repeated
            merged.quarantined = before[0]
            del merged.quarantine[before[1] :]
            changed = [*changed, *new]
        if changed:
            self._replace(self._read(batch, changed, merged), merged)

    def revive(self, ids: list[int]) -> None:
        """Clear `missing_since` and `gone_at` of rows seen again; the caller passes those that went before `as_of`."""
        if ids:
            self.model._default_manager.filter(pk__in=ids).update(missing_since=None, gone_at=None)

    def _read(self, batch: Batch, keys: Iterable[str], merged: Merged) -> Iterator[tuple[MirrorRow, list[Any]]]:
        """The rows that can be stored, with their values."""
        seen_at = _as_text(self.as_of)
        for key in keys:
            try:
                row = batch.read(key)
                values = values_of(self.limits, row)
            except (Unstorable, MalformedResponse) as problem:
                merged.quarantine_row(key, reason_of(problem))
            else:
                yield row, [*self.constant.values(), key, *values, batch.digests[key], seen_at]

    def _copy(self, rows: Iterator[tuple[MirrorRow, list[Any]]], *, straight: bool) -> tuple[list[str], int]:
        """Copy rows into the table itself, or into a temporary one; returns their columns and their number."""
        first = next(rows, None)
        if first is None:
            return [], 0
        columns = [*self.constant, "vendor_id", *first[0].columns, "raw", "row_hash", "seen_at"]
        into, unsaid = self.name, self.unsaid(columns) if straight else {}
        copied = 0
        with connection.cursor() as cursor:
            if not straight:
                into = self.staging
                cursor.execute(
                    f"CREATE TEMPORARY TABLE IF NOT EXISTS {into} ON COMMIT DELETE ROWS AS SELECT * FROM {self.name} WITH NO DATA"  # noqa: E501, S608
                )
            said = _quoted([*columns, *unsaid])
            plain, words = cursor.cursor, f"COPY {into} ({said}) FROM STDIN"
            rest = list(map(_as_text, unsaid.values()))
            writer = QueuedLibpqWriter(plain)  # the next rows are read while the server takes these
            with connection.wrap_database_errors, plain.copy(words, writer=writer) as copy:
                for _row, values in chain([first], rows):
                    copy.write_row([*values, *rest])
                    copied += 1
        return columns, copied

    def _replace(self, rows: Iterator[tuple[MirrorRow, list[Any]]], merged: Merged) -> None:
        columns, copied = self._copy(rows, straight=False)
        if not copied:
            return
        kept = {"vendor_id", *self.constant}
        updates = ", ".join(f"{_quoted_one(c)} = excluded.{_quoted_one(c)}" for c in columns if c not in kept)
        unsaid = self.unsaid(columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"""INSERT INTO {self.name} ({_quoted([*columns, *unsaid])})
                    SELECT {", ".join([_quoted(columns), *("%s" for _ in unsaid)])} FROM {self.staging}
                    ORDER BY vendor_id
                    ON CONFLICT ({_quoted(_unique_columns(self.model))}) DO UPDATE SET {updates}
                    WHERE {self.name}.seen_at <= excluded.seen_at
                      AND {self.name}.row_hash IS DISTINCT FROM excluded.row_hash
                    RETURNING (xmax = 0)""",  # noqa: S608
                list(unsaid.values()),
            )
            inserted = [new for (new,) in cursor.fetchall()]
            cursor.execute(f"DELETE FROM {self.staging}")  # noqa: S608
        merged.added += sum(inserted)
        merged.changed += len(inserted) - sum(inserted)

    def unsaid(self, columns: Iterable[str]) -> dict[str, Any]:
        """Defaults for columns that the listing does not contain."""
        said = set(columns)
        return {
            str(f.column): f.get_db_prep_save(f.get_default(), connection)
            for f in self.model._meta.concrete_fields
            if not f.primary_key and not f.null and f.column not in said
        }


def _array(texts: Iterable[str]) -> str:
    """A PostgreSQL array literal; the driver would build it item by item, which takes as long as everything else."""
    joined = "\x00".join(texts)  # no text that can be looked up contains it
    escaped = joined.replace("\\", "\\\\").replace('"', '\\"')
    return '{"' + escaped.replace("\x00", '","') + '"}'


def _as_text(value: Any) -> Any:
    """A time as ISO text, formatted once: the driver takes as long for one time as for all texts of a row."""
    return value.isoformat() if isinstance(value, datetime) else value


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(map(_quoted_one, columns))


def _quoted_one(column: str) -> str:
    return connection.ops.quote_name(column)


def _unique_columns(model: type[Mirrored]) -> list[str]:
    [constraint] = [
        c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) and "vendor_id" in c.fields
    ]
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [columns[name] for name in constraint.fields]
