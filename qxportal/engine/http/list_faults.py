"""Fault injection for lists: repeated or missing rows, as when a vendor's list changes between pages."""

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
    """The result with repeated or missing rows; unchanged if it is no list."""
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
    """The rows with a run of them repeated at a random place."""
    if not rows:
        return rows
    start = chance.randrange(len(rows))
    again = rows[start : start + chance.randint(1, len(rows))]
    place = chance.randint(0, len(rows))
    return [*rows[:place], *again, *rows[place:]]


def _shrunk(rows: Rows, chance: Random) -> Rows:
    """The rows without some of them, without the end, or none."""
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
