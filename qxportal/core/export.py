"""Tables for download: streamed, and inert in a spreadsheet."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextvars import copy_context
from functools import cache
from typing import TypeVar

from django.http import StreamingHttpResponse

from qxportal.core.filenames import attachment

Part = TypeVar("Part", str, bytes)

MOST_ROWS = 100_000
STARTERS = "=+-@|"  # first characters of formulas and commands, in every width
SEPARATORS = ";\t\r\n\x0b\x0c\x85\u2028\u2029"
CONTROLS = ("\t", "\r", "\n", "\x00")  # a leading control character always gets a mark
SKIPPED = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # spaces, controls and invisible marks, which readers skip
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff"  # skipped as well
MARK = "'"


class _Line:
    """A file-like object for csv that returns each line."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def inert(cell: object) -> str:
    """The cell's text, with a quote mark before anything a spreadsheet may take for a formula; numbers stay unchanged.

    A reader with other separators than the comma begins cells where we do not: German Excel at each semicolon, and
    at each line end within a cell, since the cell's own quote mark no longer opens one there.
    """
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return str(cell)
    text = str(cell)
    marked = _starts().sub(_mark, text)
    return MARK + marked if marked.startswith(CONTROLS) else marked


def _mark(found: re.Match[str]) -> str:
    if not found["starter"]:
        return found[0]
    before = found[0].removesuffix(found["starter"])
    place = max(before.rfind(sign) for sign in SEPARATORS) + 1
    return before[:place] + MARK + before[place:] + found["starter"]


@cache
def _starts() -> re.Pattern[str]:
    """A possible start of a cell, the characters that readers skip, and a sign that begins a formula."""
    every = [chr(point) for point in range(0x10000)]
    blanks = re.escape("".join(sign for sign in every if unicodedata.category(sign) in SKIPPED)) + FILLERS + '"'
    starters = re.escape("".join(sign for sign in every if unicodedata.normalize("NFKC", sign)[:1] in tuple(STARTERS)))
    return re.compile(rf"(?:^|[{re.escape(SEPARATORS)}])[{re.escape(SEPARATORS)}{blanks}]*(?P<starter>[{starters}])?")


def csv_file(name: str, columns: Sequence[object], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A streamed CSV file, translated as in the request."""
    lines = in_context(csv_lines(columns, rows))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = attachment(name)
    return answer


def in_context(parts: Iterator[Part]) -> Iterator[Part]:
    """Run an iterator that outlives the request in the request's context, so with its language and terms."""
    context = copy_context()

    def each() -> Iterator[Part]:
        while (part := context.run(next, parts, None)) is not None:
            yield part

    return each()


def csv_lines(columns: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The CSV file of a table, line by line."""
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield "\ufeff" + str(writer.writerow(map(str, columns)))  # the mark tells spreadsheets that this is UTF-8
    for row in rows:
        yield str(writer.writerow([inert(cell) for cell in row]))
