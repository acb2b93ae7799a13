"""Tables that people take along: streamed, and inert in a spreadsheet."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from django.http import StreamingHttpResponse

MOST_ROWS = 100_000
STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "|")


class _Line:
    """What csv writes to: gives the line back."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def inert(cell: object) -> str:
    """The cell's text, with a quote mark before what a spreadsheet would take for a formula, however wide."""
    text = "" if cell is None else str(cell)
    begins = unicodedata.normalize("NFKC", text).lstrip(" \u00a0\u200b\ufeff")
    return f"'{text}" if begins.startswith(STARTERS) or text.startswith(STARTERS) else text


def csv_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A table as a file, row by row; the name is ours."""
    answer = StreamingHttpResponse(_lines(columns, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield "\ufeff" + str(writer.writerow(columns))  # the mark tells spreadsheets that this is UTF-8
    for row in rows:
        yield str(writer.writerow([inert(cell) for cell in row]))
