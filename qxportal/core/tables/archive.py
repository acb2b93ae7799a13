"""The ZIP archive of a workbook: unpacked within limits, and repacked with only the parts that are read."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError  # types; defusedxml reads

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext_noop

from qxportal.core.tables import limits
from qxportal.core.tables.problems import TableProblem

PIECE = 256 * 1024
UNPACKED = 24 * 1024 * 1024  # bytes of a copy that are stored uncompressed
# zipfile's errors for a damaged archive: NotImplementedError for a version or compression that it
# lacks, RuntimeError for an encrypted part.
UNREADABLE = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
DAMAGED = gettext_noop("The workbook is damaged. Open it in a spreadsheet program, save it again and upload it.")
UNPACKS = gettext_noop(
    "The workbook unpacks to more than can be read. Copy the table into a new workbook, or save it as CSV."
)
PASSWORD = gettext_noop(
    "The workbook is protected by a password. Open it, remove the password, save it and upload it again."
)


class Archive:
    """A workbook's parts by name. Raises TableProblem if they are damaged or unpack to too much."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self.zip = zipfile.ZipFile(file)
        except UNREADABLE:
            raise TableProblem(DAMAGED) from None
        parts = self.zip.infolist()
        if len(parts) > limits.PARTS or max(Counter(part.filename for part in parts).values(), default=0) > 1:
            raise TableProblem(DAMAGED)
        if any(part.flag_bits & 1 for part in parts):
            raise TableProblem(PASSWORD)
        self.sizes = {part.filename: part.file_size for part in parts}

    def pieces(self, name: str, most: int) -> Iterator[bytes]:
        """A part, chunk by chunk."""
        info = self.zip.getinfo(name)
        unpacked = info.file_size
        packed = max(info.compress_size, 1)
        if unpacked > most or (unpacked > limits.RATIO_FROM and unpacked / packed > limits.RATIO):
            raise TableProblem(UNPACKS)
        try:
            with self.zip.open(info) as part:
                while piece := part.read(PIECE):
                    yield piece
        except UNREADABLE as problem:
            if isinstance(problem, TableProblem):
                raise
            raise TableProblem(DAMAGED) from None

    def read(self, name: str, most: int = limits.SMALL_BYTES) -> bytes:
        """A whole part, empty if there is none of that name."""
        return b"".join(self.pieces(name, most)) if name in self.sizes else b""

    def tree(self, name: str) -> Element:
        """A small part as an XML tree."""
        try:
            return fromstring(self.read(name), forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as problem:
            if isinstance(problem, TableProblem):
                raise
            raise TableProblem(DAMAGED) from None


class Copy:
    """A new archive with some parts of another one, so that a reader only meets parts that were checked."""

    def __init__(self) -> None:
        self.file = io.BytesIO()
        self.zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.left = UNPACKED

    def add(self, name: str, pieces: Iterator[bytes], size: int) -> None:
        """Add a part of about `size` bytes: uncompressed while there is room, since compression costs time."""
        fits = size <= self.left
        self.left -= size if fits else 0
        self.zip.compression = zipfile.ZIP_STORED if fits else zipfile.ZIP_DEFLATED
        with self.zip.open(name, "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)

    def closed(self) -> io.BytesIO:
        """The finished archive."""
        self.zip.close()
        self.file.seek(0)
        return self.file
