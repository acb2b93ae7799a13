"""Rows of a listing on their way into the mirror, with fingerprints that reveal changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from qxportal.threesixty.lazy_rows import LazyRows

R = TypeVar("R")
ODD = b"?"  # stands in for a missing fingerprint: equal to nothing in the mirror


class Unstorable(Exception):
    """The reason why PostgreSQL could not keep a row, as a stored message."""


@dataclass(frozen=True, slots=True)
class MirrorRow:
    """One row of a listing: its vendor id, the stored columns (the same in all rows), and the raw record."""

    key: str
    columns: Mapping[str, Any]
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows by key with the fingerprint of their contents; a row is only decoded if the mirror differs."""

    digests: Mapping[str, bytes]
    read: Callable[[str], MirrorRow]  # raises MalformedResponse
    duplicates: int = 0
    keyless: int = 0
    odd_keys: tuple[str, ...] = field(default=())  # that the database cannot look up

    def __len__(self) -> int:
        return len(self.digests) + self.duplicates + self.keyless + len(self.odd_keys)


def read_rows(rows: Iterable[MirrorRow]) -> Batch:
    """A batch of decoded rows."""
    by_key: dict[str, MirrorRow] = {}
    total = keyless = 0
    for row in rows:
        total += 1
        if row.key:
            by_key[row.key] = row
        else:
            keyless += 1
    duplicates = total - keyless - len(by_key)
    odd = _odd(by_key)
    digests = {key: row_hash(row) for key, row in by_key.items() if key not in odd}
    return Batch(digests, by_key.__getitem__, duplicates, keyless, odd)


def lazy_batch(unread: LazyRows[R], row_of: Callable[[R], MirrorRow], *, layout_version: int) -> Batch:
    """A batch of undecoded rows; raise `layout_version` whenever `row_of` makes different columns of the same bytes.

    The fingerprint is that of the bytes: the same bytes in the same layout give the same columns.
    """
    by_key = dict(zip(unread.keys, unread.rows, strict=True))
    odd = _odd(by_key)
    salt = b"form %d" % layout_version
    digests = {key: blake2b(row, digest_size=16, person=salt).digest() for key, row in by_key.items()}
    for key in odd:
        del digests[key]

    def read(key: str) -> MirrorRow:
        return row_of(unread.read(by_key[key]))

    return Batch(digests, read, len(unread.keys) - len(by_key), unread.keyless, odd)


def row_hash(row: MirrorRow) -> bytes:
    """Fingerprint of everything stored of a decoded row."""
    try:
        said = msgspec.json.encode([row.key, row.columns, row.raw], order="sorted")
    except UnicodeEncodeError:
        return ODD
    return blake2b(said, digest_size=16).digest()


def printable(text: str) -> str:
    """Printable form of any text."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")[:200]


def _odd(keys: Iterable[str]) -> tuple[str, ...]:
    return () if _storable("".join(keys)) else tuple(key for key in keys if not _storable(key))


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
