"""Any export of responses, ours or the vendor's, as rows: CSV, JSON, XML or an HTML page with a table."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import unescape
from itertools import islice
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from qxportal.engine.assessments.relationships import squeeze
from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing.encodings import encoding_of
from qxportal.engine.importing.lines import HEAD, Bounds, Layout, layout_of, records
from qxportal.engine.responses.evaluation_status import HEADER

Rows = Iterator[tuple[int, list[str]]]
MOST_PIECES = 2_000_000  # values of a JSON file, tags of others; counted before parsing, to save memory
V_LABEL = re.compile(r"V[0-9]{1,4}", re.ASCII)
IMPORT_ID = re.compile(r"""\s*\{\s*["']ImportId["']\s*:""")
PIECE = re.compile(r"<(/?)(tr|th|td|br)\b[^<>]*>|<[^<>]*>|([^<]+)", re.IGNORECASE)
KNOWN = {squeeze(name): name for name in HEADER}
ID = "ResponseID"


@dataclass(frozen=True)
class Source:
    """A file as rows, reread on each iteration, with its header rows."""

    rows: Callable[[], Rows]
    heads: Sequence[Sequence[str]]  # the row of names first, then rows with other names
    first: int = 2  # number of the first row after the headers

    def data(self) -> Rows:
        """The rows below the headers."""
        return ((number, cells) for number, cells in self.rows() if number >= self.first)


def opened(file: bytes, bounds: Bounds) -> Source:
    """Detect a file's format and the start of its table; raises Invalid."""
    start = file[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{":
        return _headed(_cells(_of_json(file), bounds))
    if start == b"<":
        page = b"<table" in file[:4_000].lower()
        return _headed(_numbered(_of_html(file), bounds) if page else _cells(_of_xml(file), bounds))
    layout: Layout = layout_of(file, bounds, _score)
    return _headed(partial(records, file, bounds, layout), layout.header)


def import_id(cell: str) -> str:
    """The import id in a cell of the third header row, such as QID5_1 or startDate; empty for other cells."""
    if IMPORT_ID.match(cell) is None:
        return ""
    try:
        said = json.loads(cell.replace("'", '"'))
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    parts = [said.get("ImportId"), said.get("choiceId")]
    return "_".join(str(part) for part in parts if part)


def _score(cells: Sequence[str]) -> int:
    return len({squeeze(cell) for cell in cells} & KNOWN.keys())


def _headed(rows: Callable[[], Rows], header: int = 0) -> Source:
    """The rows with their headers, including a row V1, V2, … above and repeated names below."""
    top = list(islice(rows(), HEAD + 3))
    if not top:
        raise Invalid("FileContents", "The file has no rows: the first has to name the columns.")
    header = header or max(top[:HEAD], key=lambda one: _score(one[1]))[0]
    named = dict(top)
    heads = [named.get(header, [])]
    if any(V_LABEL.fullmatch(cell.strip()) for cell in named.get(header - 1, [])):
        heads.append(named[header - 1])
    first = header + 1
    while first <= header + 2 and _names_columns(named.get(first, []), heads[0]):
        heads.append(named[first])
        first += 1
    return Source(rows, heads, first)


def _names_columns(cells: Sequence[str], titles: Sequence[str]) -> bool:
    """Whether a row below the header names the columns, too."""
    said = [cell for cell in cells if cell.strip()]
    if said and all(IMPORT_ID.match(cell) for cell in said):
        return True
    places = [place for place, title in enumerate(titles) if squeeze(title) in KNOWN]
    repeated = [place for place in places if place < len(cells) and squeeze(cells[place]) == squeeze(titles[place])]
    return len(repeated) > 1 or (bool(places) and len(repeated) == len(places))


def _cells(found: Sequence[Mapping[str, str]], bounds: Bounds) -> Callable[[], Rows]:
    """Responses, each a map by column name, as rows below a header."""
    names: dict[str, None] = dict.fromkeys(name for row in found for name in row)
    return _numbered([[*names], *([row.get(name, "") for name in names] for row in found)], bounds)


def _numbered(table: Sequence[list[str]], bounds: Bounds) -> Callable[[], Rows]:
    if len(table) > bounds.rows:
        raise Invalid("FileContents", f"The file has more than {bounds.rows} rows.")
    if any(len(row) > bounds.columns for row in table):
        raise Invalid("FileContents", f"The file has more than {bounds.columns} columns.")
    return lambda: enumerate(table, start=1)


def _of_json(file: bytes) -> list[dict[str, str]]:
    if sum(map(file.count, (b"{", b"[", b","))) > MOST_PIECES:
        raise Invalid("FileContents", "The JSON file has too many values.")
    try:
        found = json.loads(file.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Invalid("FileContents", f"The file is no sound JSON: {str(error)[:100]}.") from error
    if not isinstance(found, dict) or not all(isinstance(said, dict) for said in found.values()):
        raise Invalid("FileContents", "A JSON file has to be a map from response ids to their columns.")
    return [{ID: id} | {name: _text(id, name, value) for name, value in said.items()} for id, said in found.items()]


def _text(id: str, name: str, value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, int | float):
        return str(value)
    raise Invalid("FileContents", f"{id[:40]}: {name[:40]} is no text or number.")


def _of_xml(file: bytes) -> list[dict[str, str]]:
    if file.count(b"<") + file.count(b"=") > MOST_PIECES:
        raise Invalid("FileContents", "The XML file has too many elements.")
    target = _Responses()
    parser = XMLParser(target=target, forbid_dtd=True)
    try:
        parser.feed(file)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Invalid("FileContents", f"The file is no sound XML: {str(error)[:100]}.") from error
    return target.rows


class _Responses:
    """Parser target for `Responses/Response/column`; deeper elements belong to their column."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._depth = 0
        self._row: dict[str, str] = {}
        self._name = ""
        self._words: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth == 2:
            self._row = {}
        elif self._depth == 3:
            self._name, self._words = attributes.get("key", tag), []

    def data(self, words: str) -> None:
        """Text of the innermost element."""
        if self._depth >= 3:
            self._words.append(words)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._depth == 3:
            self._row[self._name] = "".join(self._words)
        elif self._depth == 2:
            self.rows.append(self._row)
        self._depth -= 1

    def close(self) -> None:
        """The document ends."""


def _of_html(file: bytes) -> list[list[str]]:
    if file.count(b"<") + file.count(b"&") > MOST_PIECES:
        raise Invalid("FileContents", "The page has too many elements.")
    rows: list[list[str]] = []
    cell: list[str] | None = None
    for closing, tag, words in PIECE.findall(file.decode(encoding_of(file))):
        name = tag.lower()
        if words and cell is not None:
            cell.append(words)
        elif name == "br" and cell is not None:
            cell.append("\n")
        elif name in ("tr", "th", "td"):
            if cell is not None:
                rows[-1].append(unescape("".join(cell)))
                cell = None
            if name == "tr" and not closing:
                rows.append([])
            elif name != "tr" and not closing and rows:
                cell = []
    return rows
