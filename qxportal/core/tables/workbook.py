"""Workbooks: choice of a sheet, and the values of its cells as text."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO, Protocol

from django.utils.translation import gettext_noop
from python_calamine import CalamineError, CalamineWorkbook

from qxportal.core.tables import ods, xlsx
from qxportal.core.tables.archive import Archive, Copy
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Kind, Row, Sheet
from qxportal.core.tables.scanned import Scanned

Value = int | float | str | bool | time | date | datetime | timedelta
UNREADABLE = gettext_noop(
    "The sheet cannot be read: a cell may hold a time or date that no calendar has. Save the table as CSV (UTF-8) and "
    "upload that."
)
EXACT = 10**15  # a spreadsheet keeps fifteen digits


class Book(Protocol):
    """A workbook in either format."""

    sheets: tuple[Sheet, ...]

    def scan(self, sheet: str) -> Scanned:
        """Structure of a sheet, without its values."""

    def copy(self, sheet: str, scanned: Scanned) -> Copy:
        """A workbook with only that sheet."""


def open_book(file: BinaryIO, kind: Kind) -> Book:
    """The sheets of a workbook; raises TableProblem."""
    archive = Archive(file)
    return xlsx.Workbook(archive) if kind == "xlsx" else ods.Workbook(archive)


def rows_of(book: Book, sheet: str, scanned: Scanned, *, with_hidden: bool = True) -> Iterator[Row]:
    """Non-empty rows, numbered as in the spreadsheet; raises TableProblem.

    Hidden rows are left out; hidden columns are blank, so that the others keep their places.
    """
    if not scanned.rows:
        return
    try:
        opened = CalamineWorkbook.from_filelike(book.copy(sheet, scanned).closed())
        page = opened.get_sheet_by_name(sheet)
        left = (page.start or (0, 0))[1]  # no blank columns to the left of the first value are read
        values = page.iter_rows()
    except (CalamineError, OSError, ValueError) as problem:
        if isinstance(problem, TableProblem):
            raise
        raise TableProblem(UNREADABLE) from None
    blank = ("",) * left
    leave_rows = set() if with_hidden else scanned.hidden_rows
    blanked = set() if with_hidden else scanned.hidden_columns
    for number, line in enumerate(values, start=1):
        if number > scanned.last_row:
            return
        cells = blank + tuple([value if type(value) is str else as_text(value) for value in line])
        problems = scanned.problems_of(number) if number in scanned.problems else {}
        if blanked:
            cells = tuple("" if place in blanked else cell for place, cell in enumerate(cells))
            problems = {place: words for place, words in problems.items() if place not in blanked}
        if number not in leave_rows and (problems or any(cells)):
            yield Row(number, cells, problems)


def as_text(value: Value) -> str:
    """A cell's value as text: 7 for the number 7, dates such as 2026-11-24, TRUE and FALSE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)
