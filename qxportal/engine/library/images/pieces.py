"""Counts the parts of an image file without decoding it: a small file may have very many."""

from collections.abc import Iterator
from dataclasses import dataclass

PNG, GIF, JPEG, WEBP = b"\x89PNG\r\n\x1a\n", b"GIF8", b"\xff\xd8\xff", b"RIFF"
MOST_PIECES = 10_000  # of a PNG or WebP
MOST_BLOCKS = 100_000  # of a GIF, whose pieces have 255 bytes at most


@dataclass
class Pieces:
    """Numbers of parts; counting stops at the limits."""

    pieces: int = 0
    frames: int = 0
    scans: int = 0  # passes of a JPEG over all its pixels

    @property
    def too_many(self) -> bool:
        """Whether there are more pieces than any program writes."""
        return self.pieces > MOST_PIECES


def count(file: bytes) -> Pieces:
    """Count the pieces, frames and scans of a file in any of the four formats."""
    if file.startswith(PNG):
        return _counted(_png(file), b"fcTL")
    if file.startswith(WEBP):
        return _counted(_webp(file), b"ANMF")
    if file.startswith(GIF):
        return _gif(file)
    return Pieces(scans=file.count(b"\xff\xda") if file.startswith(JPEG) else 0)


def _counted(names: Iterator[bytes], frame: bytes) -> Pieces:
    found = Pieces()
    for name in names:
        found.pieces += 1
        found.frames += name == frame
        if found.too_many:
            break
    return found


def _png(file: bytes) -> Iterator[bytes]:
    place = len(PNG)
    while place < len(file):
        yield file[place + 4 : place + 8]
        place += 12 + int.from_bytes(file[place : place + 4])


def _webp(file: bytes) -> Iterator[bytes]:
    place = 12
    while place < len(file):
        size = int.from_bytes(file[place + 4 : place + 8], "little")
        yield file[place : place + 4]
        place += 8 + size + size % 2


def _gif(file: bytes) -> Pieces:
    found, blocks = Pieces(), 0
    place = 13 + _colours(file[10:11])
    while place < len(file) and blocks <= MOST_BLOCKS and found.frames <= MOST_PIECES:
        match file[place]:
            case 0x2C:  # an image, perhaps with its own colour table
                found.frames += 1
                place += 11 + _colours(file[place + 9 : place + 10])
            case 0x21:
                place += 2
            case _:
                break
        while place < len(file) and file[place] and blocks <= MOST_BLOCKS:
            place += file[place] + 1
            blocks += 1
        place += 1
    found.pieces = MOST_PIECES + 1 if blocks > MOST_BLOCKS else 0
    return found


def _colours(flags: bytes) -> int:
    """The size of a colour table in bytes; 0 without one."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0
