"""Reads CSV text within bounds: whatever was sent, no row is built that is longer than a row may be."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from qxportal.engine.problems import Invalid

LONGEST_ROW = 1_000_000  # characters


@dataclass(frozen=True)
class Bounds:
    """How large a file may be."""

    rows: int  # with the header
    columns: int


def records(file: bytes, bounds: Bounds) -> Iterator[tuple[int, list[str]]]:
    """Give the rows as a spreadsheet counts them, the header as 1; refuse what is no sound CSV."""
    if b"\0" in file:
        raise Invalid("FileContents", "The file is not text.")
    lines = _Lines(file, bounds.columns)
    try:
        for number, cells in enumerate(csv.reader(lines, strict=True), start=1):
            if number > bounds.rows:
                raise Invalid("FileContents", f"The file has more than {bounds.rows} rows.")
            if number == 1 and len(cells) > bounds.columns:
                raise lines.too_many_columns()
            lines.row, lines.length = number, 0
            yield number, cells
    except UnicodeDecodeError as error:
        raise Invalid("FileContents", "The file is not UTF-8 text.") from error
    except csv.Error as error:
        raise Invalid("FileContents", f"The file is no sound CSV near row {lines.row + 1}: {error}.") from error


class _Lines:
    """The lines of a file, each handed on only while its row stays within bounds."""

    def __init__(self, file: bytes, columns: int) -> None:
        self.text = io.TextIOWrapper(io.BytesIO(file), encoding="utf-8-sig", newline="")
        self.columns = columns
        self.row = 0  # the last one that was given whole
        self.length = 0  # of the row being read: a quoted cell may go on over many lines

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        if self.row == 0 and line.count(",") >= self.columns and '"' not in line:
            raise self.too_many_columns()
        self.length += len(line)
        if self.length > LONGEST_ROW:
            raise Invalid("FileContents", f"Row {self.row + 1} is longer than {LONGEST_ROW} characters.")
        return line

    def too_many_columns(self) -> Invalid:
        """The refusal of a header that goes on and on."""
        return Invalid("FileContents", f"The file has more than {self.columns} columns.")
