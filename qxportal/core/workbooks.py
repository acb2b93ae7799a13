"""Workbooks to fill in: every cell is text, so that leading zeros and long numbers stay as typed."""

import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from qxportal.core.downloads import as_download

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 26  # column width in characters
AS_WRITTEN = {
    "in_memory": True,
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
}


def xlsx_file(name: str, columns: Sequence[object], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """A small table as a workbook with one sheet and a header row."""
    return as_download(workbook(columns, rows), name, XLSX)


def workbook(columns: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """The bytes of the workbook; cells below the last row are formatted as text, too."""
    import xlsxwriter  # imported here, so that web processes start without it

    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, AS_WRITTEN) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})
        sheet = book.add_worksheet()
        sheet.set_column(0, len(columns) - 1, WIDTH, text)
        sheet.freeze_panes(1, 0)
        for place, title in enumerate(columns):
            sheet.write_string(0, place, str(title), head)
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                sheet.write_string(number, place, str(cell), text)
    return kept.getvalue()
