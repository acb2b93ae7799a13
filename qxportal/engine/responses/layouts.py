"""Serialises a table of responses, piece by piece, in one layout per format.

Cells are written unchanged, even those that a spreadsheet would take for a formula: otherwise our own import would read
something else. Files made for people neutralise them.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import count

import msgspec

from qxportal.engine.http.api_responses import CSV, XML, tags, xml_text
from qxportal.engine.responses.columns import Table

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
</head>
<body>
<main>
<h1>{title}</h1>
<table border="1">
<caption>Responses</caption>
<thead>
"""
END = "</tbody>\n</table>\n</main>\n</body>\n</html>\n"


def as_json(table: Table, heads: Sequence[str]) -> Iterator[bytes]:
    """A JSON map from response id to a map of cells by column name."""
    encode, names = msgspec.json.encode, table.names[1:]
    between = b"{"
    for chunk in table.rows:
        items = [encode(row[0]) + b":" + encode(dict(zip(names, row[1:], strict=True))) for row in chunk]
        yield between + b",".join(items)
        between = b","
    yield b"{}" if between == b"{" else b"}"


def as_csv(table: Table, heads: Sequence[str]) -> Iterator[bytes]:
    """Two header rows and one row per response; every line ends with a comma."""
    yield lines([*head, ""] for head in (heads, table.titles))
    for chunk in table.rows:
        yield lines([*row, ""] for row in chunk)


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Lines of a CSV file; each ends with CRLF."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def as_xml(table: Table, heads: Sequence[str]) -> Iterator[bytes]:
    """One `Response` element per response, with one child per column."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<Responses>\n'
    ends = [tags(name) for name in table.names]
    for chunk in table.rows:
        yield "".join(f"<Response>{_children(row, ends)}</Response>\n" for row in chunk).encode()
    yield b"</Responses>\n"


def _children(row: Sequence[object], ends: Sequence[tuple[str, str]]) -> str:
    return "".join([f"{start}{xml_text(str(cell))}{end}" for cell, (start, end) in zip(row, ends, strict=True)])


def as_html(table: Table, heads: Sequence[str]) -> Iterator[bytes]:
    """An HTML page with one table; each row's header cell is the response id."""
    language = escape(table.language.lower())
    yield (PAGE.format(language=language, title=escape(table.title)) + _head(heads, table.titles)).encode()
    for chunk in table.rows:
        yield "".join(
            f'<tr><th scope="row">{escape(str(row[0]))}</th>{_cells(row[1:])}</tr>\n' for row in chunk
        ).encode()
    yield END.encode()


def _head(heads: Sequence[str], titles: Sequence[str]) -> str:
    rows = ("".join(f'<th scope="col">{escape(text)}</th>' for text in texts) for texts in (heads, titles))
    return "".join(f"<tr>{row}</tr>\n" for row in rows) + "</thead>\n<tbody>\n"


def _cells(cells: Sequence[object]) -> str:
    return "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)


def v_labels(table: Table) -> list[str]:
    """V1, V2, V3 and so on."""
    return [f"V{number}" for number, _name in zip(count(1), table.names, strict=False)]


Layout = Callable[[Table, Sequence[str]], Iterator[bytes]]
LAYOUTS: Mapping[str, tuple[Layout, str]] = {
    "CSV": (as_csv, CSV),
    "HTML": (as_html, "text/html; charset=utf-8"),
    "JSON": (as_json, "application/json"),
    "XML": (as_xml, XML),
}
