"""CSV tables for upload and download: comma separated with a header row, and strict about completeness."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from qxportal.threesixty.errors import MalformedResponse

MOST_COLUMNS = 100
MOST_CHARACTERS = 64 * 1024  # in one cell
MOST_ROWS, MOST_CELLS = 250_000, 5_000_000


class Table(list[dict[str, str]]):
    r"""The rows of a table, keyed by column; `titles` has each column's original name.

    >>> table = read_csv(b"First Name,Email\r\nAnna,anna@acme.example\r\n", ["Email"])
    >>> table[0]
    {'firstname': 'Anna', 'email': 'anna@acme.example'}
    >>> table.titles["firstname"]
    'First Name'
    """

    def __init__(self, titles: Mapping[str, str]) -> None:
        super().__init__()
        self.titles = titles


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in the API's CSV form: header row, commas, double quotes where needed."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def read_csv(
    body: bytes, required: Iterable[str], *, most_columns: int = MOST_COLUMNS, free: tuple[str, ...] = ()
) -> Table:
    """The rows of a CSV response, keyed by column name in lower case without spaces.

    Titles with a prefix from `free` were chosen by people: if such a key is taken by another column, they keep their
    spelling. Raises MalformedResponse if the table may be cut (no final line end, uneven rows, an open quote) or if
    a `required` column is missing.
    """
    rows = read_rows(body)
    if not rows or not rows[0]:
        raise MalformedResponse("The table has no header row.")
    titles = [name.strip() for name in rows[0]]
    header = _keys(titles, free)
    if len(header) > most_columns or len(set(header)) != len(header) or len(set(titles)) != len(titles):
        raise MalformedResponse("The table's header has too many columns, or one twice.")
    missing = [name for name in required if name.lower() not in header]
    if missing:
        raise MalformedResponse(f"The table lacks the column {missing[0]}.")
    table = Table(dict(zip(header, titles, strict=True)))
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(header):
            raise MalformedResponse(f"Row {number} of the table has {len(row)} cells instead of {len(header)}.")
        if any(len(cell) > MOST_CHARACTERS for cell in row):
            raise MalformedResponse(f"Row {number} of the table has a cell that is too large.")
        table.append(dict(zip(header, row, strict=True)))
    return table


def _keys(titles: Sequence[str], free: tuple[str, ...]) -> list[str]:
    plain = [title.replace(" ", "").lower() for title in titles]
    taken = Counter(key for key, title in zip(plain, titles, strict=True) if not title.startswith(free))
    found = []
    for key, title in zip(plain, titles, strict=True):
        if title.startswith(free) and taken[key]:
            key = title
        taken[key] += title.startswith(free)
        found.append(key)
    return found


def read_own(text: str, *, most_columns: int = MOST_COLUMNS) -> Table | None:
    """The rows of a file that we sent, which may lack the final line end; None if it is no table."""
    try:
        return read_csv(f"{text}\n".encode(), (), most_columns=most_columns)
    except (MalformedResponse, UnicodeEncodeError):
        return None


def read_rows(body: bytes) -> list[list[str]]:
    """The cells of a CSV response with its header rows; raises MalformedResponse if it may be cut or is too large."""
    if not body.endswith((b"\n", b"\r")):
        raise MalformedResponse("The table does not end with a line end; it may be cut.")
    if sum(map(body.count, (b",", b"\n", b"\r"))) > MOST_CELLS:  # before any cell costs memory
        raise MalformedResponse(f"The table has more than {MOST_CELLS:,} cells.")
    lines = io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", newline="")
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, strict=True):
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise MalformedResponse(f"The table has more than {MOST_ROWS:,} rows.")
    except (UnicodeDecodeError, csv.Error) as problem:
        raise MalformedResponse(f"The table cannot be read: {problem}.") from None
    return rows
