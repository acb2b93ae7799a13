"""Structure of a sheet, found by scanning its XML before its values are read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.translation import gettext_noop

from qxportal.core.tables import limits
from qxportal.core.tables.archive import DAMAGED
from qxportal.core.tables.problems import Note, TableProblem, column_letters

ERROR = gettext_noop("Cell %(cell)s holds an error such as #N/A. Correct it in the spreadsheet.")
FORMULA = gettext_noop(
    "Cell %(cell)s holds a formula without a result. Open the file in a spreadsheet program and save it."
)
BELOW = gettext_noop("Row %(row)s and those below it were left out: more than %(blank)s blank rows stand above it.")
ROWS = gettext_noop("The sheet has more than %(most)s rows. Split it, or save it as CSV: that may have %(text)s.")
WIDE = gettext_noop("Cell %(cell)s has a value. At most %(most)s columns are read: delete what stands further right.")
CELLS = gettext_noop("The sheet has more than %(most)s cells up to row %(row)s. Delete columns that are not needed.")
MOST_PROBLEMS = 10_000


class Enough(Exception):
    """Raised to stop: the rest of the sheet is ignored."""


@dataclass
class Scanned:
    """Non-empty rows of a sheet, recorded while its XML is scanned."""

    last_row: int = 0  # the last row with a value, counted from 1
    width: int = 0  # number of columns up to the last value
    rows: int = 0  # rows with a value
    cut: int | None = None  # where in the XML the part to read ends
    tail: bytes = b""  # closing tags for the XML cut there
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    problems: dict[int, dict[int, str]] = field(default_factory=dict)  # row -> column -> problem
    notes: list[Note] = field(default_factory=list)

    def take_row(
        self, number: int, columns: Iterable[int], wrong: Iterable[tuple[int, str]], *, times: int = 1
    ) -> None:
        """Record a row with values in columns (from 0), some unusable; raises Enough at the end of the table."""
        if self.last_row and number - self.last_row > limits.BLANK_ROWS:
            self.notes.append(Note(BELOW, {"row": number, "blank": limits.BLANK_ROWS}))
            raise Enough
        far = max(columns)
        if far >= limits.COLUMNS:
            raise TableProblem(WIDE, cell=f"{column_letters(far)}{number}", most=limits.COLUMNS)
        self.rows += times
        self.last_row = number + times - 1
        self.width = max(self.width, far + 1)
        if self.rows > limits.WORKBOOK_ROWS + limits.TITLE_ROWS:
            raise TableProblem(ROWS, most=limits.WORKBOOK_ROWS, text=limits.TEXT_ROWS)
        if self.last_row * self.width > limits.CELLS:
            raise TableProblem(CELLS, most=limits.CELLS, row=self.last_row)
        for place, words in wrong:
            if len(self.problems) < MOST_PROBLEMS:
                self.problems.setdefault(number, {})[place] = words

    def problems_of(self, number: int) -> dict[int, TableProblem]:
        """Problems with the cells of a row."""
        return {
            place: TableProblem(words, cell=f"{column_letters(place)}{number}")
            for place, words in self.problems.get(number, {}).items()
        }


def parse(
    pieces: Iterable[bytes],
    parser: expat.XMLParserType,
    finish: Callable[[], None],
) -> None:
    """Feed XML to a parser until the table ends; a document type, and so any entity, is refused."""
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.XmlDeclHandler = _only_utf_8
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
        finish()
    except Enough:
        pass
    except expat.ExpatError:
        raise TableProblem(DAMAGED) from None


def until(pieces: Iterator[bytes], scanned: Scanned) -> Iterator[bytes]:
    """The XML up to the cut, with closing tags."""
    left = scanned.cut
    for piece in pieces:
        if left is None:
            yield piece
        elif left > len(piece):
            left -= len(piece)
            yield piece
        else:
            yield piece[:left] + scanned.tail
            return


def _refuse(*_declared: object) -> None:
    raise TableProblem(DAMAGED)


def _only_utf_8(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise TableProblem(DAMAGED)
