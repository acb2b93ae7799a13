"""Takes the text and the lists out of a DOC document: Word's binary format of 1997 to 2003.

The stream WordDocument begins with a table of places (the FIB). The piece table, in the stream 0Table or 1Table, says
where the characters lie; pages of paragraph properties say which paragraph belongs to which list.
"""

import io
import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import olefile

from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.word.lines import MOST_CHARACTERS, MOST_PARAGRAPHS

WORD, OLDEST = 0xA5EC, 193
ENCRYPTED, OTHER_TABLE = 0x0100, 0x0200
CLX, PROPERTIES, LISTS, OVERRIDES = 33, 13, 73, 74  # numbers of pairs in the table of places
PAGE = 512
LEVEL, LIST = 0x260A, 0x460B
OPERANDS = (1, 1, 2, 4, 2, 2, 0, 3)
BROKEN = (struct.error, IndexError, ValueError, OverflowError, KeyError)


@dataclass(frozen=True)
class Run:
    """Characters that lie together: where they begin in the stream, and how many bytes one has."""

    place: int
    width: int
    text: str


@dataclass(frozen=True)
class Listed:
    """The list of a paragraph (0: none), and on which of its levels the paragraph is."""

    list: int = 0
    level: int = 0


class Document:
    """One document with its two streams."""

    def __init__(self, file: bytes) -> None:
        try:
            ole = olefile.OleFileIO(io.BytesIO(file))
            self.main = bytes(ole.openstream("WordDocument").read())
            kind, version, flags = *struct.unpack_from("<HH", self.main), *struct.unpack_from("<H", self.main, 10)
            if kind != WORD or version < OLDEST:
                raise Invalid("FileContents", "The document is older than Word 97.")
            if flags & ENCRYPTED:
                raise Invalid("FileContents", "The document is protected by a password.")
            self.table = bytes(ole.openstream("1Table" if flags & OTHER_TABLE else "0Table").read())
        except (OSError, *BROKEN) as error:  # olefile's own errors are kinds of OSError
            raise Invalid("FileContents", "The file is no DOC document.") from error

    def runs(self) -> Iterator[Run]:
        """The characters of the main text in their order."""
        (left,) = struct.unpack_from("<I", self.main, 76)
        if left > MOST_CHARACTERS:
            raise Invalid("FileContents", f"The document has more than {MOST_CHARACTERS} characters.")
        pieces = _pieces(self._part(CLX))
        count = (len(pieces) - 4) // 12
        starts = struct.unpack_from(f"<{count + 1}I", pieces)
        for number in range(count):
            length = min(starts[number + 1] - starts[number], left)
            if length <= 0:
                break
            left -= length
            (where,) = struct.unpack_from("<I", pieces, 4 * (count + 1) + 8 * number + 2)
            if where & 0x40000000:
                place, width, coding = (where & 0x3FFFFFFF) // 2, 1, "cp1252"
            else:
                place, width, coding = where, 2, "utf-16-le"
            raw = self.main[place : place + length * width]
            yield Run(place, width, raw.decode(coding, "replace"))

    def listed(self) -> "Paragraphs":
        """Which stretches of the stream belong to lists."""
        bins = self._part(PROPERTIES)
        count = (len(bins) - 4) // 8
        pages = {page & 0x3FFFFF for page in struct.unpack_from(f"<{count}I", bins, 4 * (count + 1))}
        found: dict[int, Listed] = {}
        for page in sorted(pages):
            for end, properties in _page(self.main[page * PAGE : (page + 1) * PAGE]):
                found[end] = _list(properties)
            if len(found) > MOST_PARAGRAPHS:
                raise Invalid("FileContents", f"The document has more than {MOST_PARAGRAPHS} paragraphs.")
        ends = sorted(found)
        return Paragraphs(ends, [found[end] for end in ends])

    def counted(self) -> Mapping[int, int]:
        """How the first level of each list counts: 0 is 1, 2, 3, ...; 23 is a bullet."""
        kinds = _kinds(self.table, *self._pair(LISTS))
        overrides = self._part(OVERRIDES)
        if len(overrides) < 4:
            return {}
        (count,) = struct.unpack_from("<I", overrides)
        ids = [struct.unpack_from("<i", overrides, 4 + 16 * at)[0] for at in range(min(count, len(overrides) // 16))]
        return {number: kinds[id] for number, id in enumerate(ids, start=1) if id in kinds}

    def _pair(self, number: int) -> tuple[int, int]:
        place, length = struct.unpack_from("<II", self.main, 154 + 8 * number)
        return place, length

    def _part(self, number: int) -> bytes:
        place, length = self._pair(number)
        return self.table[place : place + length]


@dataclass(frozen=True)
class Paragraphs:
    """Where paragraphs end in the stream, and what is known of each."""

    ends: list[int]
    lists: list[Listed]

    def at(self, place: int) -> Listed:
        """What is known of the paragraph there."""
        found = bisect_right(self.ends, place)
        return self.lists[found] if found < len(self.lists) else Listed()


def _pieces(clx: bytes) -> bytes:
    """The piece table, behind any properties that are kept with it."""
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise ValueError("no piece table")
    (length,) = struct.unpack_from("<I", clx, at + 1)
    return clx[at + 5 : at + 5 + length]


def _page(page: bytes) -> Iterator[tuple[int, bytes]]:
    """The paragraphs of one page of properties: where each ends, and what is said of it."""
    if len(page) < PAGE:
        return
    count = page[-1]
    ends = struct.unpack_from(f"<{count + 1}I", page)[1:]
    for number, end in enumerate(ends):
        at = 2 * page[4 * (count + 1) + 13 * number]
        if at == 0:
            yield end, b""
            continue
        size = 2 * page[at] - 1 if page[at] else 2 * page[at + 1]
        start = at + 1 if page[at] else at + 2
        yield end, page[start + 2 : start + size]  # two bytes name the style


def _list(properties: bytes) -> Listed:
    at, level, number = 0, 0, 0
    while at + 2 < len(properties):
        (code,) = struct.unpack_from("<H", properties, at)
        at += 2
        if code == LEVEL:
            level = properties[at]
        elif code == LIST and at + 2 <= len(properties):
            (number,) = struct.unpack_from("<H", properties, at)
        at += OPERANDS[code >> 13] or 1 + properties[at]
    return Listed(number, level)


def _kinds(table: bytes, place: int, length: int) -> Mapping[int, int]:
    """How the first level of each list definition counts, by the definition's id."""
    if length < 2:
        return {}
    (count,) = struct.unpack_from("<H", table, place)
    at = place + length  # the levels follow the definitions
    found: dict[int, int] = {}
    for number in range(min(count, (length - 2) // 28)):
        id, simple = struct.unpack_from("<i22xB", table, place + 2 + 28 * number)
        for level in range(1 if simple & 1 else 9):
            if level == 0:
                found[id] = table[at + 4]
            at += 28 + table[at + 24] + table[at + 25]
            at += 2 + 2 * struct.unpack_from("<H", table, at)[0]
    return found
