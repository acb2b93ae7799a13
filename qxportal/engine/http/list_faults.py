"""Listings that repeat rows or lack some, as a vendor's do while they shift."""

import csv
import io
from collections.abc import Callable
from random import Random
from typing import IO, Any

from qxportal.engine.http.api_responses import CSV, Raw, table
from qxportal.engine.http.listings import StreamedListing
from qxportal.engine.models import Fault

Rows = list[Any]


def distorted(kind: str, result: object, chance: Random) -> object:
    """The result with its rows doubled or fewer; as it is where it is no listing."""
    change: Callable[[Rows, Random], Rows] = _doubled if kind == Fault.Kind.DOUBLE else _shrunk
    match result:
        case StreamedListing():
            return StreamedListing(result.name, change(list(result.rows), chance))
        case Raw() if result.content_type == CSV:
            header, *rows = csv.reader(io.StringIO(_whole(result.body).decode(), newline=""))
            return table(header, change(rows, chance))
        case list():
            return change(result, chance)
        case dict() if len(result) == 1 and all(isinstance(value, list) for value in result.values()):
            return {name: change(rows, chance) for name, rows in result.items()}
    return result


def _doubled(rows: Rows, chance: Random) -> Rows:
    """A run of rows comes once more, anywhere."""
    if not rows:
        return rows
    start = chance.randrange(len(rows))
    again = rows[start : start + chance.randint(1, len(rows))]
    place = chance.randint(0, len(rows))
    return [*rows[:place], *again, *rows[place:]]


def _shrunk(rows: Rows, chance: Random) -> Rows:
    """Some rows are missing, or the end, or all."""
    match chance.choice(("some", "some", "end", "all")):
        case "some":
            missing = chance.uniform(0.01, 0.5)
            return [row for row in rows if chance.random() >= missing]
        case "end":
            return rows[: chance.randint(0, len(rows))]
    return []


def _whole(body: bytes | IO[bytes]) -> bytes:
    if isinstance(body, bytes):
        return body
    with body:
        body.seek(0)
        return body.read()
