"""Reads CSV text within bounds: whatever was sent, no row is built that is longer than a row may be."""

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
HEAD = 20  # rows among which the header is looked for: titles and blank rows may stand above it
SAID = re.compile(r'"?sep=(.)"?[;,\t]*\s*', re.IGNORECASE)  # how Excel is told the separator; it shows no such row


@dataclass(frozen=True)
class Bounds:
    """How large a file may be."""

    rows: int  # with the header
    columns: int


@dataclass(frozen=True)
class Layout:
    """How a file is written, and where its table begins."""

    encoding: str = "utf-8-sig"
    separator: str = ","
    header: int = 1  # the row with the names of the columns
    blanks: bool = False  # whether a blank behind a separator means nothing, so that a quoted cell may follow

    @property
    def separated_by(self) -> str:
        """What stands between its columns, in words."""
        return SEPARATORS.get(self.separator, repr(self.separator))


def records(file: bytes, bounds: Bounds, layout: Layout | None = None) -> Iterator[tuple[int, list[str]]]:
    """Give the rows as a spreadsheet counts them, the first as 1; refuse what is no sound CSV."""
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
    """Find the header and the separator: where `score` counts the most columns that it knows, above all first rows.

    Where no row has any, the layout that cuts the first row into the most columns, so that the refusal can tell of it.
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
    """The lines of a file, each handed on only while its row stays within bounds."""

    def __init__(self, file: bytes, columns: int, layout: Layout) -> None:
        self.text = io.TextIOWrapper(io.BytesIO(file), encoding=layout.encoding, newline="")
        self.columns = columns
        self.separator = layout.separator
        self.row = 0  # the last one that was given whole
        self.length = 0  # of the row being read: a quoted cell may go on over many lines
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
        """The refusal of a header that goes on and on."""
        return Invalid("FileContents", f"The file has more than {self.columns} columns.")
