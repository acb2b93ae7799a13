"""Excel workbooks: sheets, hidden rows and columns, and cells without a usable value."""

import posixpath
from xml.parsers import expat

from django.utils.translation import gettext_noop

from qxportal.core.tables import limits
from qxportal.core.tables.archive import DAMAGED, Archive, Copy
from qxportal.core.tables.plain_rows import PlainRow, others
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Sheet
from qxportal.core.tables.scanned import ERROR, FORMULA, Scanned, parse, until

BOOK, BOOK_LINKS, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"
SHARED, STYLES = "/sharedStrings", "/styles"
DATA = "sheetData"  # contains the rows
YES = ("1", "true")
NO_SHEET = gettext_noop("The workbook has no sheet with a table.")


class Workbook:
    """An XLSX file; its parts are found by its own relationships."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        links = {
            link.get("Id", ""): (link.get("Type", ""), _part(link.get("Target", "")))
            for link in archive.tree(BOOK_LINKS)
        }
        self.shared = [part for kind, part in links.values() if kind.endswith(SHARED)]
        self.styles = [part for kind, part in links.values() if kind.endswith(STYLES)]
        self.parts: dict[str, str] = {}
        found = []
        for sheet in archive.tree(BOOK).iter():
            if not sheet.tag.endswith("}sheet"):
                continue
            link = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            kind, part = links.get(link, ("", ""))
            if kind.endswith("/worksheet") and part in archive.sizes:
                self.parts[sheet.get("name", "")] = part
                found.append(Sheet(sheet.get("name", ""), sheet.get("state", "visible") != "visible"))
        if not found:
            raise TableProblem(NO_SHEET)
        self.sheets = tuple(found)

    def scan(self, sheet: str) -> Scanned:
        """Structure of a sheet, without its values."""
        scanned = Scanned()
        watch = _Watch(scanned)
        pieces = self.archive.pieces(self.parts[sheet], limits.SHEET_BYTES)
        try:
            parse(others(pieces, watch.take_plain, watch.begun_at), watch.parser, watch.finish)
        except UnicodeDecodeError:
            raise TableProblem(DAMAGED) from None
        return scanned

    def copy(self, sheet: str, scanned: Scanned) -> Copy:
        """A workbook with only that sheet, cut below its last value."""
        copy = Copy()
        small = ["[Content_Types].xml", LINKS, BOOK, BOOK_LINKS, *self.styles]
        for name in dict.fromkeys(small):
            if name in self.archive.sizes:
                copy.add(name, self.archive.pieces(name, limits.SMALL_BYTES * 4), self.archive.sizes[name])
        for name in dict.fromkeys(self.shared):
            if name in self.archive.sizes:
                copy.add(name, self.archive.pieces(name, limits.STRINGS_BYTES), self.archive.sizes[name])
        pieces = self.archive.pieces(self.parts[sheet], limits.SHEET_BYTES)
        copy.add(self.parts[sheet], until(pieces, scanned), self.archive.sizes[self.parts[sheet]])
        return copy


def _part(target: str) -> str:
    return target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


class _Watch:
    """Follows the parsing of a sheet's XML: rows, cells and their contents. Called for every cell, so kept short."""

    def __init__(self, scanned: Scanned) -> None:
        self.scanned = scanned
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start_first
        self.names = ("row", "c", "v", "t", "f", "col")
        self.prefix = ""
        self.letters: dict[str, int] = {}
        self.row, self.digits, self.length = 0, "", 0
        self.row_hidden = False
        self.columns: list[int] = []
        self.wrong: list[tuple[int, str]] = []
        self.column, self.kind = -1, ""
        self.formula = self.valued = self.within = False
        self.begun: int | None = None  # position of the rows
        self.taken = 0  # bytes of rows that bypassed the parser
        self.shapes: dict[tuple[bytes, ...], tuple[int, ...]] = {}

    def _start_first(self, name: str, _attributes: dict[str, str]) -> None:
        """Start the root element, which gives the namespace prefix that some programs use."""
        self.prefix = name.removesuffix("worksheet")
        self.scanned.tail = f"</{self.prefix}sheetData></{self.prefix}worksheet>".encode()
        self.names = tuple(self.prefix + each for each in self.names)  # type: ignore[assignment]
        self.parser.StartElementHandler = self._start

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        row, cell, value, text, formula, column = self.names
        if name == cell:
            if self.column >= 0:
                self._end_cell()
            self._start_cell(attributes)
        elif name in (value, text):
            if self.column >= 0:
                self.within, self.valued = self.formula, not self.formula
        elif name == row:
            self._start_row(attributes)
        elif name == formula:
            self.formula = True
            self.parser.CharacterDataHandler = self._text
        elif name == column:
            self._hide_columns(attributes)
        elif name == DATA:
            self.begun = self.parser.CurrentByteIndex

    def begun_at(self) -> int | None:
        """Position of the rows, once the parser reached them."""
        return self.begun

    def take_plain(self, row: PlainRow) -> None:
        """Record a row that bypassed the parser."""
        if self._end_row():
            self.scanned.cut = row.begin
        self._number(row.number)
        self.row_hidden = False
        if columns := self.shapes.get(row.letters) or self._shape(row.letters):
            self.scanned.take_row(row.number, columns, ())
            self.scanned.cut = row.end
        self.taken += row.end - row.begin

    def _shape(self, letters: tuple[bytes, ...]) -> tuple[int, ...]:
        """Column indexes for letters; cached, as many rows share them."""
        columns = self.shapes[letters] = tuple(self._place(each.decode()) for each in letters)
        return columns

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self.column += 1
        elif not reference.endswith(self.digits):  # the reader would put the cell into another row
            raise TableProblem(DAMAGED)
        else:
            letters = reference[: -self.length]
            place = self.letters.get(letters)
            self.column = self._place(letters) if place is None else place
        self.kind = attributes.get("t", "")
        self.valued = False
        if self.formula:
            self.formula = self.within = False
            self.parser.CharacterDataHandler = None

    def _place(self, letters: str) -> int:
        if not letters.isascii() or not letters.isalpha() or not letters.isupper() or len(letters) > 3:
            raise TableProblem(DAMAGED)
        place = 0
        for letter in letters:
            place = place * 26 + ord(letter) - ord("A") + 1
        self.letters[letters] = place - 1
        return place - 1

    def _text(self, text: str) -> None:
        """The displayed text of a formula's cell."""
        if self.within and not text.isspace():
            self.valued = True

    def _end_cell(self) -> None:
        if self.valued and self.kind != "e":
            self.columns.append(self.column)
        elif self.kind == "e" and (self.valued or self.formula):
            self.wrong.append((self.column, ERROR))
            self.columns.append(self.column)
        elif self.formula and self.kind != "str":
            self.wrong.append((self.column, FORMULA))
            self.columns.append(self.column)

    def _start_row(self, attributes: dict[str, str]) -> None:
        if self._end_row():
            self.scanned.cut = self.parser.CurrentByteIndex + self.taken
        said = attributes.get("r", "")
        self._number(int(said) if said.isascii() and said.isdigit() and len(said) < 9 else self.row + 1)
        self.row_hidden = attributes.get("hidden") in YES

    def _number(self, number: int) -> None:
        if number <= self.row:
            raise TableProblem(DAMAGED)
        self.row, self.digits = number, str(number)
        self.length = len(self.digits)

    def _end_row(self) -> bool:
        """Whether the row that ends here has a value."""
        if self.column >= 0:
            self._end_cell()
        columns, wrong = self.columns, self.wrong
        self.column, self.columns, self.wrong = -1, [], []
        if not columns:
            return False
        self.scanned.take_row(self.row, columns, wrong)
        if self.row_hidden:
            self.scanned.hidden_rows.add(self.row)
        return True

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden") in YES:
            first, last = int(attributes.get("min", "1")), int(attributes.get("max", "1"))
            self.scanned.hidden_columns |= set(range(first - 1, min(last, limits.COLUMNS)))

    def finish(self) -> None:
        """End of the sheet: everything up to it is read."""
        if self._end_row():
            self.scanned.cut = None
