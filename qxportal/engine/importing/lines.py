"""Reads CSV text within bounds: no row longer than the limit is ever built."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing.encodings import encoding_of

LONGEST_ROW = 1_000_000  # characters
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
HEAD = 20  # first rows in which the header is searched, as titles and blank rows may precede it
SAID = re.compile(r'"?sep=(.)"?[;,\t]*\s*', re.IGNORECASE)  # Excel's separator line, which it does not show


@dataclass(frozen=True)
class Bounds:
    """Size limits of a file."""

    rows: int  # with the header
    columns: int


@dataclass(frozen=True)
class Layout:
    """Encoding and separator of a file, and the row where its table begins."""

    encoding: str = "utf-8-sig"
    separator: str = ","
    header: int = 1  # the row with the names of the columns
    blanks: bool = False  # whether blanks after a separator are ignored, so that a quoted cell may follow

    @property
    def separated_by(self) -> str:
        """The name of the separator for messages."""
        return SEPARATORS.get(self.separator, repr(self.separator))


def records(file: bytes, bounds: Bounds, layout: Layout | None = None) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers as in a spreadsheet, from 1; raises Invalid for malformed CSV."""
    layout = layout or Layout(encoding_of(file))
    lines = _Lines(file, bounds.columns, layout)
    try:
        for number, cells in enumerate(
            csv.reader(lines, delimiter=layout.separator, strict=True, skipinitialspace=layout.blanks), start=1
        ):
            if number > bounds.rows + layout.header - 1:
                raise Invalid("FileContents", f"The file has more than {bounds.rows} rows.")
            if number <= layout.header and len(cells) > bounds.columns:
                raise lines.too_many_columns()
            lines.row, lines.length = number, 0
            yield number, cells
    except UnicodeDecodeError as error:
        raise Invalid("FileContents", "The file is not UTF-8 text.") from error
    except csv.Error as error:
        raise Invalid("FileContents", f"The file is no sound CSV near row {lines.row + 1}: {error}.") from error


def layout_of(file: bytes, bounds: Bounds, score: Callable[[Sequence[str]], int], *, blanks: bool = False) -> Layout:
    """The layout whose header row has the highest `score`, over all separators and the first rows.

    If no row scores, the layout that splits the first row into the most columns, so that the error can name them.
    """
    encoding = encoding_of(file)
    said = _said_separator(file, encoding)
    best = unread = (-1, -1)
    chosen = Layout(encoding, said or ",", blanks=blanks)
    problem: Invalid | None = None
    for separator in dict.fromkeys([*said, *SEPARATORS]):
        layout = Layout(encoding, separator, HEAD, blanks)
        try:
            for number, cells in islice(records(file, bounds, layout), HEAD):
                points = (score(cells), len(cells) if number == 1 else 0)
                if points > best and (points[0] or number == 1):
                    best, chosen = points, Layout(encoding, separator, number, blanks)
        except Invalid as error:
            problem = problem or error
    if best == unread and problem:
        raise problem
    return chosen


def _said_separator(file: bytes, encoding: str) -> str:
    found = SAID.fullmatch(_first_line(file, encoding))
    return found[1] if found else ""


def _first_line(file: bytes, encoding: str) -> str:
    return io.TextIOWrapper(io.BytesIO(file), encoding, newline="").readline(40)


class _Lines:
    """The lines of a file; raises Invalid as soon as a row exceeds the bounds."""

    def __init__(self, file: bytes, columns: int, layout: Layout) -> None:
        self.text = io.TextIOWrapper(io.BytesIO(file), encoding=layout.encoding, newline="")
        self.columns = columns
        self.separator = layout.separator
        self.row = 0  # number of the last complete row
        self.length = 0  # of the row being read: a quoted cell may span many lines
        if SAID.fullmatch(_first_line(file, layout.encoding)):
            self.text.readline()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        if self.row == 0 and line.count(self.separator) >= self.columns and '"' not in line:
            raise self.too_many_columns()
        self.length += len(line)
        if self.length > LONGEST_ROW:
            raise Invalid("FileContents", f"Row {self.row + 1} is longer than {LONGEST_ROW} characters.")
        return line

    def too_many_columns(self) -> Invalid:
        """The error for a header with too many columns."""
        return Invalid("FileContents", f"The file has more than {self.columns} columns.")
