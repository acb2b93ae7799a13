"""Description of a table, its reading options and its rows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain, islice
from typing import BinaryIO

from django.utils.translation import gettext_noop

from qxportal.core.tables import limits, text, workbook
from qxportal.core.tables.dates import EITHER, SOMEWHERE, DateColumns, settled, with_iso_dates
from qxportal.core.tables.encodings import encodings_of
from qxportal.core.tables.formats import kind_of
from qxportal.core.tables.headers import header_row_of
from qxportal.core.tables.problems import TableProblem, column_letters
from qxportal.core.tables.reading import Dates, Description, Kind, Reading, Row, TextReading
from qxportal.core.tables.scanned import ROWS as BOOK_ROWS
from qxportal.core.tables.scanned import Scanned

SAMPLE, HEADS = 5, 10  # number of rows in a description
NO_ROWS = gettext_noop("The file has no rows below its header.")
NOTHING = gettext_noop("The file is empty.")
TEXT_ROWS = gettext_noop("The file has more than %(most)s rows. Split it into several files.")
TOO_LARGE = gettext_noop("The file is larger than %(most)s MB. Split it into several files.")
WIDE = gettext_noop("Row %(row)s has more than %(most)s columns. Delete those that are not needed.")
LONG_CELL = gettext_noop("Cell %(cell)s has more than %(most)s characters.")
CONTROL = gettext_noop("Cell %(cell)s holds a character that no text has. Delete it.")
NO_SUCH_SHEET = gettext_noop("The workbook has no sheet named %(name)s.")


def describe(file: BinaryIO, name: str, chosen: Reading | None = None) -> Description:
    """The file's contents, read with the chosen options and likely values for the rest. Raises TableProblem."""
    chosen = chosen or Reading()
    kind = _checked_kind(file, name)
    found, every = _text(file, chosen) if kind == "text" else _book(file, kind, chosen)
    return _with_rows(found, _bounded(every), chosen)


def rows(file: BinaryIO, name: str, reading: Reading, scanned: Scanned | None = None) -> Iterator[Row]:
    """The header and the rows below it, with dates as 2026-11-24 in columns with a known order. Raises TableProblem.

    The `scanned` result of describing the same file and sheet saves a second scan.
    """
    kind = _checked_kind(file, name)
    orders = settled({int(place): order for place, order in reading.dates.items()}, reading.date_order)
    header = reading.header_row or 1
    for row in _bounded(_text_rows(file, reading) if kind == "text" else _book_rows(file, kind, reading, scanned)):
        if row.number == header or (row.number > header and not orders):
            yield row
        elif row.number > header:
            yield row._replace(cells=with_iso_dates(row.cells, orders))


def _checked_kind(file: BinaryIO, name: str) -> Kind:
    kind = kind_of(file, name)
    size = file.seek(0, 2)
    most = limits.TEXT_BYTES if kind == "text" else limits.WORKBOOK_BYTES
    if not size:
        raise TableProblem(NOTHING)
    if size > most:
        raise TableProblem(TOO_LARGE, most=most // limits.MEBI)
    return kind


def _text(file: BinaryIO, chosen: Reading) -> tuple[Description, Iterator[Row]]:
    encodings = encodings_of(file)
    encoding = _among(chosen.encoding, [each.encoding for each in encodings])
    separators = text.separators_of(file, encoding)
    separator = _among(chosen.separator, [*separators, *text.SEPARATORS])
    reading = replace(chosen, encoding=encoding, separator=separator)
    shown: tuple[TextReading, ...] = encodings if len(encodings) > 1 else ()
    found = Description(kind="text", reading=reading, encodings=shown, separators=separators)
    return found, _text_rows(file, reading)


def _book(file: BinaryIO, kind: Kind, chosen: Reading) -> tuple[Description, Iterator[Row]]:
    book = workbook.open_book(file, kind)
    names = [sheet.name for sheet in book.sheets]
    if chosen.sheet is not None and chosen.sheet not in names:
        raise TableProblem(NO_SUCH_SHEET, name=chosen.sheet)
    tried = [chosen.sheet] if chosen.sheet is not None else _shown_first(book)
    for name in tried:
        scanned = book.scan(name)
        if scanned.rows:
            break
    else:
        raise TableProblem(NO_ROWS)
    hidden = {place for place in scanned.hidden_columns if place < scanned.width}
    found = Description(
        kind=kind,
        reading=replace(chosen, sheet=name),
        sheets=book.sheets,
        hidden_rows=len(scanned.hidden_rows),
        hidden_columns=len(hidden),
        notes=tuple(scanned.notes),
        scanned=scanned,
    )
    return found, workbook.rows_of(book, name, scanned, with_hidden=chosen.with_hidden is not False)


def _shown_first(book: workbook.Book) -> list[str]:
    return [sheet.name for sheet in sorted(book.sheets, key=lambda sheet: sheet.hidden)]


def _with_rows(found: Description, every: Iterator[Row], chosen: Reading) -> Description:
    """The description with its header, first rows, number of rows, and dates."""
    heads = list(islice(every, limits.TITLE_ROWS))
    there = chosen.header_row and any(row.number == chosen.header_row for row in heads)
    number = (there and chosen.header_row) or header_row_of(heads)
    header = next((row.cells for row in heads if row.number == number), ())
    dates, count = DateColumns(), 0
    sample: list[Row] = []
    for row in chain((row for row in heads if row.number > number), every):
        count += 1
        if len(sample) < SAMPLE:
            sample.append(row._replace(problems={}))
        if SOMEWHERE.search("\x1f".join(row.cells)):
            dates.see(row.cells)
    if not count:
        raise TableProblem(NO_ROWS)
    if found.kind == "text" and count > limits.TEXT_ROWS:
        raise TableProblem(TEXT_ROWS, most=limits.TEXT_ROWS)
    if found.kind != "text" and count > limits.WORKBOOK_ROWS:
        raise TableProblem(BOOK_ROWS, most=limits.WORKBOOK_ROWS, text=limits.TEXT_ROWS)
    orders = dates.orders()
    return replace(
        found,
        reading=replace(
            found.reading,
            header_row=number,
            with_hidden=found.reading.with_hidden is not False,
            dates={str(place): order for place, order in orders.items()},
        ),
        heads=tuple(row._replace(problems={}) for row in heads[:HEADS]),
        header=header,
        sample=tuple(sample),
        row_count=count,
        dates=tuple(
            Dates(place, header[place] if place < len(header) else "", tuple(dates.samples[place]))
            for place, order in orders.items()
            if order == EITHER
        ),
    )


def _bounded(found: Iterator[Row]) -> Iterator[Row]:
    """Non-empty rows, each checked against the limits."""
    for row in found:
        whole = "\x1f".join(row.cells)
        if len(whole) > limits.CHARACTERS or "\0" in whole:
            row = row._replace(problems={**row.problems, **_wrong_cells(row)})
        if len(row.cells) > limits.COLUMNS:
            raise TableProblem(WIDE, row=row.number, most=limits.COLUMNS)
        if "\r" in whole:
            row = row._replace(cells=tuple(cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row.cells))
        yield row


def _text_rows(file: BinaryIO, reading: Reading) -> Iterator[Row]:
    count = 0
    for number, cells in text.rows_of(file, reading.encoding or "utf-8", reading.separator or ","):
        if any(cells):
            count += 1
            if count > limits.TEXT_ROWS + limits.TITLE_ROWS:
                raise TableProblem(TEXT_ROWS, most=limits.TEXT_ROWS)
            yield Row(number, tuple(cells))


def _book_rows(file: BinaryIO, kind: Kind, reading: Reading, scanned: Scanned | None) -> Iterator[Row]:
    book = workbook.open_book(file, kind)
    name = reading.sheet or ""
    if name not in [sheet.name for sheet in book.sheets]:
        raise TableProblem(NO_SUCH_SHEET, name=name)
    return workbook.rows_of(book, name, scanned or book.scan(name), with_hidden=reading.with_hidden is not False)


def _wrong_cells(row: Row) -> Mapping[int, TableProblem]:
    found = {}
    for place, cell in enumerate(row.cells):
        where = f"{column_letters(place)}{row.number}"
        if len(cell) > limits.CHARACTERS:
            found[place] = TableProblem(LONG_CELL, cell=where, most=limits.CHARACTERS)
        elif "\0" in cell:
            found[place] = TableProblem(CONTROL, cell=where)
    return found


def _among(chosen: str | None, offered: list[str]) -> str:
    return chosen if chosen in offered else offered[0]
