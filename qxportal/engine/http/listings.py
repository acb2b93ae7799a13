"""Streamed lists: a million rows need no more memory than a thousand."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, islice

from qxportal.engine.http.api_responses import ApiResponse, OutputFormat, inner, json_bytes, success
from qxportal.engine.http.response_buffer import collect

CHUNK = 1_000


@dataclass(frozen=True)
class StreamedListing:
    """A result that is one named list; its rows are iterated once."""

    name: str
    rows: Iterable[Mapping[str, object]]


def answer(listing: StreamedListing, format: OutputFormat) -> ApiResponse:
    """The list in the usual envelope."""
    if format.indented:
        return success({listing.name: list(listing.rows)}, format)
    around = success({listing.name: []}, format)
    if not isinstance(around.body, bytes):
        raise TypeError("An empty list fits into memory.")
    if format.name == "XML":
        opening, closing = f"<{listing.name}>".encode(), f"</{listing.name}>".encode()
        head, _, tail = around.body.partition(opening + closing)
        pieces = _xml(listing.rows)
    else:
        opening, closing = b"[", b"]"
        head, _, tail = around.body.partition(b"[]")
        pieces = _json(listing.rows, format)
    body = collect(_joined(head + opening, pieces, closing + tail), around.content_type).body
    return replace(around, body=body)


def _joined(head: bytes, pieces: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from pieces
    yield tail


def _json(rows: Iterable[Mapping[str, object]], format: OutputFormat) -> Iterator[bytes]:
    left, comma = iter(rows), b""
    while chunk := list(islice(left, CHUNK)):
        yield comma + json_bytes(chunk, format)[1:-1]  # without the brackets of the chunk
        comma = b","


def _xml(rows: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    left, numbers = iter(rows), count()
    while chunk := list(islice(left, CHUNK)):
        yield "".join(f'<element id="{next(numbers)}">{inner(row)}</element>' for row in chunk).encode()
