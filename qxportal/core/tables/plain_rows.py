"""Plain rows of an XLSX sheet, recognised without an XML parser, which would call back for every cell.

A plain row only has values in cells whose references match the row: no formula, no error, nothing hidden. The
pattern accepts no character that XML lacks and no entity but its own five, so that an XML parser could not read the row
differently. Everything else goes to the parser.
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
VALUED = re.compile(rb'<c r="([A-Z]{1,3})[0-9]+"[^/>]*>')  # cells without a value are self-closing
HIDDEN = re.compile(rb' hidden="(?:0|false)"')
DATA, END = b"<sheetData>", b"</row>"
HEAD = 1024 * 1024  # maximum bytes before the rows
LONGEST = 2 * 1024 * 1024  # maximum bytes of one row


class PlainRow(NamedTuple):
    """A row of values: its number, the letters of its columns with a value, and its start and end in the XML."""

    number: int
    letters: tuple[bytes, ...]
    begin: int
    end: int


def others(
    pieces: Iterator[bytes], take: Callable[[PlainRow], None], begun_at: Callable[[], int | None]
) -> Iterator[bytes]:
    """A sheet's XML without its plain rows, which go to `take`; `begun_at` gives where the parser found the rows.

    Raises UnicodeDecodeError for a row that is not UTF-8.
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
    """The XML between plain rows; `before` bytes came before the buffer."""
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
    """Whether a row's other attributes neither hide nor renumber it, and none is repeated."""
    if b" r=" in attributes or (b" hidden=" in attributes and not HIDDEN.search(attributes)):
        return False
    names = [attribute.partition(b"=")[0] for attribute in attributes.split(b'" ')]
    return len(names) == len({name.strip() for name in names})
