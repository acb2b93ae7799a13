"""A long listing, cut into rows that are decoded on demand.

Most rows of a listing are unchanged since the last sync, as their bytes show; only the others are decoded. Anything
around the rows is parsed as strictly as any other response.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Generic, Self, TypeVar

import msgspec

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.strict_json import check_size, read_json
from qxportal.threesixty.values import as_map, listed, text

R_co = TypeVar("R_co", covariant=True)
RowBytes = bytes | msgspec.Raw
ODD, LARGE = -(10**9), 10**17
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class LazyRows(Generic[R_co]):
    """Undecoded rows, each with its key.

    >>> rows = with_keys([b'{"PersonID": "P_1", "LastName": "Berg"}'], "PersonID", lambda row: row["LastName"])
    >>> rows.keys
    ['P_1']
    >>> [rows.read(row) for row in rows.rows]
    ['Berg']
    """

    keys: list[str]
    rows: list[RowBytes]
    record: Callable[[Mapping[str, Any]], R_co]
    keyless: int = 0  # rows without a key, which are left out here

    def __len__(self) -> int:
        return len(self.keys) + self.keyless

    def since(self, place: int) -> Self:
        """The rows from that index on."""
        return replace(self, keys=self.keys[place:], rows=self.rows[place:]) if place else self

    def concat(self, others: Iterable[Self]) -> Self:
        """These rows followed by more of the same kind."""
        pages = [self, *others]
        return replace(
            self,
            keys=[key for page in pages for key in page.keys],
            rows=[row for page in pages for row in page.rows],
            keyless=sum(page.keyless for page in pages),
        )

    def read(self, row: RowBytes) -> R_co:
        """Decode one row; raises MalformedResponse."""
        return self.record(as_map(read_row(row), "a row"))


def with_keys(rows: list[RowBytes], key: str, record: Callable[[Mapping[str, Any]], R_co]) -> LazyRows[R_co]:
    """The rows with their values of `key`."""
    decode = _keyed(key).decode
    try:
        keys = [str(decode(row).key) for row in rows]
    except msgspec.DecodeError:  # some have an unusual form
        keys = [_tolerantly(row, key) for row in rows]
    if all(keys):
        return LazyRows(keys, rows, record)
    keyed = [(name, row) for name, row in zip(keys, rows, strict=True) if name]
    return LazyRows([name for name, _ in keyed], [row for _, row in keyed], record, keyless=len(rows) - len(keyed))


def cut_rows(body: bytes, under: str, result_of: Callable[[Any], Any]) -> list[RowBytes]:
    """The rows listed `under` a key; `result_of` parses the envelope, and raises the error in it."""
    check_size(body)
    body = body.removeprefix(BOM)
    try:
        body.decode()
        rows: list[RowBytes] = _enveloped(under).decode(body).Result.rows
    except (UnicodeDecodeError, msgspec.DecodeError):
        rows = []
    if rows:
        start, end = body.find(rows[0]), body.rfind(rows[-1]) + len(bytes(rows[-1]))
        try:
            result_of(read_json(body[:start] + body[end:]))
        except MalformedResponse:  # cut in the wrong place
            rows = []
    if rows:
        return rows
    return as_rows(result_of(read_json(body)), under)


def as_rows(result: Any, under: str) -> list[RowBytes]:
    """The rows of a listing that was parsed already."""
    return [json.dumps(row).encode() for row in listed(result, under)]


def read_row(row: RowBytes) -> Any:
    """One row, as strict as `read_json`, but fast for a row in the usual form."""
    whole = bytes(row)
    try:
        found = msgspec.json.decode(whole)
    except (msgspec.DecodeError, RecursionError):
        return read_json(whole)
    plain = _keys(found) == whole.count(b'":')  # otherwise a key may be repeated, or a text may look like a key
    return found if plain else read_json(whole)


def _keys(value: Any) -> int:
    """Total number of keys; far too low if something in the row needs a strict parse."""
    if type(value) is dict:
        keys = len(value)
        for item in value.values():
            if type(item) is not str:
                keys += _keys(item)
        return keys
    if type(value) is list:
        return sum(map(_keys, value))
    return ODD if type(value) is float or (type(value) is int and abs(value) > LARGE) else 0


def _tolerantly(row: RowBytes, key: str) -> str:
    try:
        return text(as_map(read_json(bytes(row)), "a row"), key)
    except MalformedResponse:
        return ""


@cache
def _keyed(key: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(msgspec.defstruct("Keyed", [("key", str | int)], rename={"key": key}))


@cache
def _enveloped(under: str) -> msgspec.json.Decoder[Any]:
    result = msgspec.defstruct("Result", [("rows", list[msgspec.Raw])], rename={"rows": under})
    return msgspec.json.Decoder(msgspec.defstruct("Envelope", [("Result", result)]))
