"""Rows of separated text, numbered as in a spreadsheet."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext_noop

from qxportal.core.tables import limits
from qxportal.core.tables.problems import TableProblem

SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile(
    r'"?sep=(.)"?[;,\t]*\s*', re.IGNORECASE
)  # tells Excel the separator; Excel does not show this row
LOOKED_AT = 20_000  # rows that decide on the separator if the file does not name it
QUOTES = gettext_noop(
    "Row %(row)s cannot be read: a cell begins with a quotation mark that is not closed at the cell’s end. Double each "
    "quotation mark inside the cell, or remove it."
)
OPEN = gettext_noop("A quotation mark that is opened in row %(row)s is never closed. Close or remove it.")
LONG = gettext_noop(
    "Row %(row)s is longer than %(most)s characters. The file is not a table, or a quotation mark is open."
)
ROWS = gettext_noop("The file has more than %(most)s rows. Split it into several files.")


def separators_of(file: BinaryIO, encoding: str) -> tuple[str, ...]:
    """Separators that give columns, the most likely first; a comma if none does.

    A separator is likely if most rows have the same number of cells. Excel's own `sep=` line decides.
    """
    with _text(file, encoding) as text:
        directive = SEPARATOR_LINE.fullmatch(text.readline(40))
    if directive:
        return (directive[1],)
    scores = {separator: _evenness(file, encoding, separator) for separator in SEPARATORS}
    return tuple(sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])) or (",",)


def _evenness(file: BinaryIO, encoding: str, separator: str) -> float:
    """Share of rows with the most common number of cells beyond one; higher for more cells."""
    widths: Counter[int] = Counter()
    try:
        for number, cells in rows_of(file, encoding, separator):
            widths[len(cells)] += any(cells)
            if number >= LOOKED_AT:
                break
    except TableProblem:  # reported when the table itself is read
        pass
    width = max(widths, key=lambda width: (width > 1, widths[width], width), default=1)
    return widths[width] / widths.total() * (width - 1) ** 0.5 if width > 1 and widths.total() else 0.0


def rows_of(file: BinaryIO, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number; blank rows have no cells. Raises TableProblem with the row that cannot be read."""
    number = 0
    with _text(file, encoding) as text:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=separator, strict=True)
        try:
            for number, cells in enumerate(reader, start=1):
                lines.row, lines.length = number + 1, 0
                yield number, cells
        except csv.Error as problem:
            if "field larger" in str(problem):
                raise TableProblem(LONG, row=number + 1, most=csv.field_size_limit()) from None
            raise TableProblem(OPEN if "end of data" in str(problem) else QUOTES, row=number + 1) from None


def _text(file: BinaryIO, encoding: str) -> "_Wrapper":
    file.seek(0)
    return _Wrapper(file, encoding)


class _Wrapper:
    """A file as text with normalised line ends; the file itself stays open."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.text = io.TextIOWrapper(file, "utf-8-sig" if encoding == "utf-8" else encoding, newline=None)

    def __enter__(self) -> io.TextIOWrapper:
        return self.text

    def __exit__(self, *_problem: object) -> None:
        self.text.detach()


class _Lines:
    """Lines of a text; raises as soon as a row exceeds its limits."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.row, self.length = text, 1, 0
        first = text.readline(limits.LINE + 1)
        self.first = "" if SEPARATOR_LINE.fullmatch(first) else first

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, self.first = self.first or self.text.readline(limits.LINE + 1), ""
        if not line:
            raise StopIteration
        self.length += len(line)
        if self.length > limits.LINE:
            raise TableProblem(LONG, row=self.row, most=limits.LINE)
        return line
