"""Rows of an XLSX sheet as programs usually write them, told without an XML parser: it would call back for every cell.

Such a row has nothing but values in cells whose references name the row: no formula, no error, nothing hidden. The
pattern takes no character that XML lacks and no entity but its own five, so that an XML parser could not read the row
in another way. All else goes to the parser.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

SIGNS = rb"[^<>&\x00-\x08\x0b\x0c\x0e-\x1f]*+"
TEXT = SIGNS + rb"(?:&(?:amp|lt|gt|quot|apos);" + SIGNS + rb")*+"
BLANKS = rb"[ \r\n\t]*+"
CELL = (
    rb'<c r="[A-Z]{1,3}(?P=row)"(?: s="\d{1,6}")?+(?: t="(?:s|n|b|d|str|inlineStr)")?+'
    rb"(?:/>|>(?:<v>" + TEXT + rb"</v>|"
    rb'<is><t(?: xml:space="preserve")?+>' + TEXT + rb"</t></is>)</c>)" + BLANKS
)
ROW = re.compile(
    BLANKS
    + rb'<row r="(?P<row>[1-9]\d{0,6})"(?P<more>(?: [A-Za-z0-9:]+="[^"<>&/\r\n\t]*")*+) *+>'
    + BLANKS
    + rb"(?:"
    + CELL
    + rb")*+</row>"
)
VALUED = re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"[^/>]*>')  # what has no value closes itself
HIDDEN = re.compile(rb' hidden="(?:0|false)"')
DATA, END = b"<sheetData>", b"</row>"
HEAD = 1024 * 1024  # bytes before the rows
LONGEST = 2 * 1024 * 1024  # of one row


class PlainRow(NamedTuple):
    """A row of values: its number, the letters of its columns with a value, and where in the XML it begins and ends."""

    number: int
    letters: tuple[bytes, ...]
    begin: int
    end: int


def others(
    pieces: Iterator[bytes], take: Callable[[PlainRow], None], begun_at: Callable[[], int | None]
) -> Iterator[bytes]:
    """A sheet's XML without its plain rows, which are taken; `begun_at` tells where the parser met its rows.

    Raises UnicodeDecodeError for a row that is no UTF-8.
    """
    head = b""
    for piece in pieces:
        head += piece
        start = head.find(DATA)
        if start >= 0 or len(head) > HEAD:
            break
    else:
        yield head
        return
    if start >= 0:
        yield head[: start + len(DATA)]
        head = head[start + len(DATA) :]
        if begun_at() == start:
            yield from _between(head, start + len(DATA), pieces, take)
            return
    yield head
    yield from pieces


def _between(buffer: bytes, before: int, pieces: Iterator[bytes], take: Callable[[PlainRow], None]) -> Iterator[bytes]:
    """What stands between plain rows; `before` bytes came before the buffer."""
    while True:
        place = 0
        while True:
            first = place
            while (found := ROW.match(buffer, place)) and ((more := found["more"]) == b"" or _shown(more)):
                end = found.end()
                letters = tuple(VALUED.findall(buffer, place, end))
                take(PlainRow(int(found["row"]), letters, before + place, before + end))
                place = end
            buffer[first:place].decode()
            end = buffer.find(END, place) + len(END)
            other = buffer[place:end]
            if end < len(END) or b"<!" in other or b"<?" in other or not other.lstrip().startswith(b"<row "):
                break
            yield other  # a whole row
            place = end
        buffer, before = buffer[place:], before + place
        piece = next(pieces, b"")
        if not piece or len(buffer) > LONGEST or END in buffer:
            yield buffer + piece
            yield from pieces
            return
        buffer += piece


def _shown(attributes: bytes) -> bool:
    """Whether a row's further attributes neither hide it nor number it again, and none stands there twice."""
    if b" r=" in attributes or (b" hidden=" in attributes and not HIDDEN.search(attributes)):
        return False
    names = [attribute.partition(b"=")[0] for attribute in attributes.split(b'" ')]
    return len(names) == len({name.strip() for name in names})
