"""Workbooks in the OpenDocument format: sheets, hidden rows and columns, and cells without a usable value."""

from collections.abc import Iterator
from xml.parsers import expat

from qxportal.core.tables import limits
from qxportal.core.tables.archive import DAMAGED, PASSWORD, Archive, Copy
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Sheet
from qxportal.core.tables.scanned import ERROR, FORMULA, Enough, Scanned, parse, until
from qxportal.core.tables.xlsx import NO_SHEET

CONTENT, MANIFEST, TYPE = "content.xml", "META-INF/manifest.xml", "mimetype"
HIDDEN = ("collapse", "filter")
EXTENSION = "calcext:value-type"
LEFT_OUT = {b"<text:line-break/>": b"&#10;", b"<text:tab/>": b"&#9;"}
MOST_SPACES = 10_000  # repetitions of one element in a row


class Workbook:
    """An ODS file, with all sheets in one part."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        if b"encryption-data" in archive.read(MANIFEST):
            raise TableProblem(PASSWORD)
        watch = _Watch(None)
        parse(archive.pieces(CONTENT, limits.SHEET_BYTES), watch.parser, watch.finish)
        if not watch.names:
            raise TableProblem(NO_SHEET)
        self.begins = watch.begins
        self.sheets = tuple(Sheet(name, hidden=False) for name in watch.names)

    def scan(self, sheet: str) -> Scanned:
        """Structure of a sheet, without its values."""
        watch = _Watch(sheet)
        parse(self.archive.pieces(CONTENT, limits.SHEET_BYTES), watch.parser, watch.finish)
        return watch.scanned

    def copy(self, sheet: str, scanned: Scanned) -> Copy:
        """A workbook with only that sheet, cut below its last value."""
        copy = Copy()
        for name in (TYPE, MANIFEST):
            if name in self.archive.sizes:
                copy.add(name, self.archive.pieces(name, limits.SMALL_BYTES), self.archive.sizes[name])
        first, begin = min(self.begins.values()), self.begins[sheet]
        pieces = _without(until(self.archive.pieces(CONTENT, limits.SHEET_BYTES), scanned), first, begin)
        copy.add(CONTENT, _with_breaks_and_tabs(pieces), self.archive.sizes[CONTENT])
        return copy


def _with_breaks_and_tabs(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Line breaks and tabs in cells as characters: calamine drops the elements and joins the words around them."""
    rest, longest = b"", max(map(len, LEFT_OUT))
    for piece in pieces:
        whole = rest + piece
        for element, character in LEFT_OUT.items():
            whole = whole.replace(element, character)
        cut = max(len(whole) - longest + 1, 0)
        yield whole[:cut]
        rest = whole[cut:]
    yield rest


def _without(pieces: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    """The bytes without the range from `start` to `end`: the sheets before the one to read."""
    place = 0
    for piece in pieces:
        yield piece[: max(start - place, 0)] + piece[max(end - place, 0) :] if place < end else piece
        place += len(piece)


class _Watch:
    """Follows the parsing of the sheets' XML and records the rows and cells of the named sheet."""

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted
        self.scanned = Scanned()
        self.names: list[str] = []
        self.begins: dict[str, int] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.above: list[str] = []  # currently open elements around rows and cells
        self.tables = 0
        self.row = self.times = 0
        self.row_hidden = self.inside = False
        self.column = self.hidden_from = 0
        self.columns: list[int] = []
        self.wrong: list[tuple[int, str]] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._start_table(attributes)
        self.above.append(name)
        if not self.inside:
            return
        if name == "table:table-row":
            self.times = _count(attributes, "table:number-rows-repeated")
            self.row_hidden = attributes.get("table:visibility") in HIDDEN
            self.column, self.columns, self.wrong = 0, [], []
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._start_cell(attributes)
        elif name == "table:table-column":
            times = _count(attributes, "table:number-columns-repeated")
            if attributes.get("table:visibility") in HIDDEN:
                self.scanned.hidden_columns |= set(
                    range(self.hidden_from, min(self.hidden_from + times, limits.COLUMNS))
                )
            self.hidden_from += times
        elif name == "text:s" and _count(attributes, "text:c") > MOST_SPACES:
            raise TableProblem(DAMAGED)

    def _start_table(self, attributes: dict[str, str]) -> None:
        self.tables += 1
        if self.tables > 1:
            return  # a table inside a cell
        name = attributes.get("table:name", "")
        if name in self.begins:
            raise TableProblem(DAMAGED)
        self.names.append(name)
        self.begins[name] = self.parser.CurrentByteIndex
        self.inside = name == self.wanted

    def _start_cell(self, attributes: dict[str, str]) -> None:
        times = _count(attributes, "table:number-columns-repeated")
        kind = attributes.get("office:value-type", "")
        wrong = attributes.get(EXTENSION) == "error"
        formula = "table:formula" in attributes
        if kind or wrong or formula:
            if self.column + times > limits.COLUMNS:
                self.columns.append(self.column + times - 1)
            else:
                self.columns.extend(range(self.column, self.column + times))
            if wrong:
                self.wrong.append((self.column, ERROR))
            elif not kind:
                self.wrong.append((self.column, FORMULA))
        self.column += times

    def _end(self, name: str) -> None:
        self.above.pop()
        if name == "table:table":
            self.tables -= 1
            if self.inside and not self.tables:
                raise Enough
        elif self.inside and name == "table:table-row" and self.tables == 1:
            self._end_row(len(f"</{name}>"))

    def _end_row(self, length: int) -> None:
        number, self.row = self.row + 1, self.row + self.times
        if not self.columns:
            return
        self.scanned.take_row(number, self.columns, self.wrong, times=self.times)
        if self.row_hidden:
            self.scanned.hidden_rows.update(range(number, number + self.times))
        self.scanned.cut = self.parser.CurrentByteIndex + length
        self.scanned.tail = "".join(f"</{name}>" for name in reversed(self.above)).encode()

    def finish(self) -> None:
        """End of the part: a sheet that was looked for would have ended before."""


def _count(attributes: dict[str, str], name: str) -> int:
    said = attributes.get(name, "1")
    if not (said.isascii() and said.isdigit() and len(said) < 9):
        raise TableProblem(DAMAGED)
    return int(said)
