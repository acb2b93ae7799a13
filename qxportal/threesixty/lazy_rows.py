"""A long listing cut into rows that nobody has read yet.

Most rows of a listing are those of the last time, which shows in their bytes; only the others are worth reading. What
stands around the rows is read as strictly as any other answer.
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
    """Rows as they came, each with its key.

    >>> rows = with_keys([b'{"PersonID": "P_1", "LastName": "Berg"}'], "PersonID", lambda row: row["LastName"])
    >>> rows.keys
    ['P_1']
    >>> [rows.read(row) for row in rows.rows]
    ['Berg']
    """

    keys: list[str]
    rows: list[RowBytes]
    record: Callable[[Mapping[str, Any]], R_co]
    keyless: int = 0  # rows that came without their key and are left out here

    def __len__(self) -> int:
        return len(self.keys) + self.keyless

    def since(self, place: int) -> Self:
        """Without the rows before that place."""
        return replace(self, keys=self.keys[place:], rows=self.rows[place:]) if place else self

    def concat(self, others: Iterable[Self]) -> Self:
        """Together with more rows of the same kind."""
        pages = [self, *others]
        return replace(
            self,
            keys=[key for page in pages for key in page.keys],
            rows=[row for page in pages for row in page.rows],
            keyless=sum(page.keyless for page in pages),
        )

    def read(self, row: RowBytes) -> R_co:
        """What one row says; raises MalformedResponse."""
        return self.record(as_map(read_row(row), "a row"))


def with_keys(rows: list[RowBytes], key: str, record: Callable[[Mapping[str, Any]], R_co]) -> LazyRows[R_co]:
    """The rows with what each has under `key`."""
    decode = _keyed(key).decode
    try:
        keys = [str(decode(row).key) for row in rows]
    except msgspec.DecodeError:  # some are of another form than usual
        keys = [_tolerantly(row, key) for row in rows]
    if all(keys):
        return LazyRows(keys, rows, record)
    keyed = [(name, row) for name, row in zip(keys, rows, strict=True) if name]
    return LazyRows([name for name, _ in keyed], [row for _, row in keyed], record, keyless=len(rows) - len(keyed))


def cut_rows(body: bytes, under: str, result_of: Callable[[Any], Any]) -> list[RowBytes]:
    """The rows that an answer lists `under` a key; `result_of` reads its envelope, and raises what that tells."""
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
        except MalformedResponse:  # not cut where we thought
            rows = []
    if rows:
        return rows
    return as_rows(result_of(read_json(body)), under)


def as_rows(result: Any, under: str) -> list[RowBytes]:
    """The rows of a listing that was read already."""
    return [json.dumps(row).encode() for row in listed(result, under)]


def read_row(row: RowBytes) -> Any:
    """One row, as strictly as `read_json`, but fast where it is as plain as usual."""
    whole = bytes(row)
    try:
        found = msgspec.json.decode(whole)
    except (msgspec.DecodeError, RecursionError):
        return read_json(whole)
    plain = _keys(found) == whole.count(b'":')  # else a key may stand there twice, or a text looks like one
    return found if plain else read_json(whole)


def _keys(value: Any) -> int:
    """How many keys it has in all; far too few when something in it needs a closer look."""
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
