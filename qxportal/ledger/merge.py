"""Merging a listing into a mirrored table with a handful of statements, whatever its length."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec
from django.db import connection, models, transaction

from qxportal.accounts.models import Organisation
from qxportal.ledger.mirrored import Mirrored

SURROGATES = range(0xD800, 0xE000)
COUNTS = range(2**31)  # what PostgreSQL keeps in an integer column


@dataclass(frozen=True)
class Row:
    """One row of a listing: its key at the vendor, the columns we keep, and all the vendor said."""

    key: str
    columns: Mapping[str, Any]
    raw: Mapping[str, Any]


@dataclass
class Merged:
    """What a merge did."""

    keys: list[str] = field(default_factory=list)  # every key seen, quarantined ones too
    added: int = 0
    changed: int = 0
    quarantine: list[dict[str, str]] = field(default_factory=list)
    duplicates: int = 0

    def add(self, other: "Merged") -> None:
        """Count another page's merge in."""
        known = set(self.keys)
        self.duplicates += other.duplicates + sum(key in known for key in other.keys)
        self.keys += other.keys
        self.added += other.added
        self.changed += other.changed
        self.quarantine += other.quarantine


def merge(
    model: type[Mirrored],
    org: Organisation,
    rows: Iterable[Row],
    *,
    as_of: datetime,
    scope: Mapping[str, Any] | None = None,
) -> Merged:
    """Write the rows that differ from the mirror; an unchanged listing writes nothing.

    `scope` names the columns that hold for the whole listing, e.g. the assessment. A row that cannot be stored is
    put aside alone, with its reason, and counts as seen. A row stamped later than `as_of` stays as it is.
    """
    merged = Merged()
    sound: dict[str, Row] = {}
    for row in rows:
        merged.keys.append(row.key)
        if reason := unstorable(model, row):
            merged.quarantine.append({"id": _printable(row.key), "reason": reason})
        else:
            merged.duplicates += row.key in sound
            sound[row.key] = row
    if not sound:
        return merged
    constant = {"org_id": org.pk, **(scope or {})}
    known = _known_hashes(model, constant, list(sound))
    different = {key: (row, digest) for key, row in sound.items() if known.get(key) != (digest := row_hash(row))}
    with transaction.atomic():
        if different:
            _write(model, constant, list(different.values()), as_of, merged)
        _revive(model, constant, list(sound), as_of)
    return merged


def row_hash(row: Row) -> bytes:
    """A fingerprint of everything we would store of a row."""
    return blake2b(msgspec.json.encode([row.columns, row.raw], order="sorted"), digest_size=16).digest()


def unstorable(model: type[Mirrored], row: Row) -> str:
    """Why PostgreSQL could not keep the row, or nothing."""
    if not row.key:
        return "no identifier"
    for name, value in {"vendor_id": row.key, **row.columns}.items():
        if isinstance(value, str):
            longest = getattr(model._meta.get_field(name), "max_length", None)
            if longest and len(value) > longest:
                return f"{name} is longer than {longest} characters"
        elif type(value) is int and name in _counts(model) and value not in COUNTS:
            return f"{name} is no number that can be kept"
    for text in _strings([row.key, row.columns, row.raw]):
        if "\x00" in text:
            return "holds a NUL character"
        if any(ord(character) in SURROGATES for character in text):
            return "holds half a character (a lone surrogate)"
    return ""


@cache
def _counts(model: type[Mirrored]) -> frozenset[str]:
    return frozenset(str(f.column) for f in model._meta.concrete_fields if isinstance(f, models.PositiveIntegerField))


def _known_hashes(model: type[Mirrored], constant: Mapping[str, Any], keys: list[str]) -> dict[str, bytes]:
    found = model._default_manager.filter(**constant, vendor_id__in=keys).values_list("vendor_id", "row_hash")
    return {key: bytes(digest) for key, digest in found}


def _write(
    model: type[Mirrored],
    constant: Mapping[str, Any],
    rows: Sequence[tuple[Row, bytes]],
    as_of: datetime,
    merged: Merged,
) -> None:
    table = connection.ops.quote_name(model._meta.db_table)
    names = list(rows[0][0].columns)
    columns = [*constant, "vendor_id", *names, "raw", "row_hash", "seen_at"]
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    key = ", ".join(connection.ops.quote_name(column) for column in _unique_columns(model))
    updates = ", ".join(
        f"{c} = excluded.{c}" for c in (*map(connection.ops.quote_name, names), "raw", "row_hash", "seen_at")
    )
    unsaid = [f for f in model._meta.concrete_fields if not f.primary_key and not f.null and f.column not in columns]
    into = ", ".join([quoted, *(connection.ops.quote_name(str(f.column)) for f in unsaid)])
    values_of = ", ".join([quoted, *("%s" for _ in unsaid)])  # what the listing does not say starts with its default
    json_columns = {f.column for f in model._meta.concrete_fields if isinstance(f, models.JSONField)}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {quoted} FROM {table} WITH NO DATA")  # noqa: S608
        with cursor.copy(f"COPY incoming ({quoted}) FROM STDIN") as copy:
            for row, digest in rows:
                values = [_json(row.columns[name]) if name in json_columns else row.columns[name] for name in names]
                copy.write_row([*constant.values(), row.key, *values, _json(row.raw), digest, as_of])
        cursor.execute(
            f"INSERT INTO {table} ({into}) SELECT {values_of} FROM incoming "  # noqa: S608
            f"ON CONFLICT ({key}) DO UPDATE SET {updates} "
            f"WHERE {table}.seen_at <= excluded.seen_at AND {table}.row_hash IS DISTINCT FROM excluded.row_hash "
            "RETURNING (xmax = 0)",
            [f.get_db_prep_save(f.get_default(), connection) for f in unsaid],
        )
        inserted = [new for (new,) in cursor.fetchall()]
        cursor.execute("DROP TABLE incoming")
    merged.added += sum(inserted)
    merged.changed += len(inserted) - sum(inserted)


def _revive(model: type[Mirrored], constant: Mapping[str, Any], keys: list[str], as_of: datetime) -> None:
    """Any sighting revives; but not one older than the removal."""
    listed = model._default_manager.filter(**constant, vendor_id__in=keys)
    listed.filter(models.Q(missing_since__lt=as_of) | models.Q(gone_at__lt=as_of)).update(
        missing_since=None, gone_at=None
    )


def _unique_columns(model: type[Mirrored]) -> list[str]:
    [constraint] = [
        c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) and "vendor_id" in c.fields
    ]
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [columns[name] for name in constraint.fields]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strings(key)
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")[:200]
