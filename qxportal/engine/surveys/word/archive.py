"""Opens a DOCX file, which is a ZIP archive of XML, without being blown up by it."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from itertools import islice
from typing import Generic, TypeVar
from xml.etree.ElementTree import Element, TreeBuilder  # they build; defusedxml reads

import defusedxml.ElementTree as ElementTree
from defusedxml.common import DefusedXmlException

from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.word.lines import MOST_PARAGRAPHS

PARTS = 200
UNPACKED = 64 * 1024 * 1024
RATIO = 100
PART = 16 * 1024 * 1024  # of the parts that are read
NODES = 200_000
ATTRIBUTES = 300_000
DEPTH = 100
ATTRIBUTE = re.compile(rb"""=\s*["']""")
PARAMETER = "FileContents"
T = TypeVar("T")


class Archive:
    """The parts of the document by their names."""

    def __init__(self, file: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(file))
            parts = self.zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:  # the last: a later ZIP version
            raise Invalid(PARAMETER, "The file is no DOCX document.") from error
        if len(parts) > PARTS:
            raise Invalid(PARAMETER, f"The document has more than {PARTS} parts.")
        whole = sum(part.file_size for part in parts)
        if whole > UNPACKED or whole > RATIO * max(len(file), 10_000):
            raise Invalid(
                PARAMETER, f"The document unpacks to more than {UNPACKED >> 20} MiB or {RATIO} times its size."
            )
        if any(part.flag_bits & 1 for part in parts):
            raise Invalid(PARAMETER, "The document is protected by a password.")

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name in self.zip.NameToInfo

    def gather(self, name: str, wanted: frozenset[str], take: Callable[[Element], T]) -> list[T]:
        """What `take` makes of each element of the wanted kinds; the element is forgotten afterwards."""
        if not self.has(name):
            raise Invalid(PARAMETER, f"The document has no part {name}.")
        try:
            with self.zip.open(name) as part:
                text = part.read(PART + 1)
        # zipfile raises NotImplementedError for a compression that it lacks, RuntimeError for an encrypted part
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise Invalid(PARAMETER, f"The part {name} cannot be unpacked.") from error
        if len(text) > PART or sum(1 for _ in islice(ATTRIBUTE.finditer(text), ATTRIBUTES + 1)) > ATTRIBUTES:
            raise Invalid(PARAMETER, f"The part {name} is larger than {PART >> 20} MiB or has too many attributes.")
        gatherer = _Gatherer(wanted, take)
        parser = ElementTree.XMLParser(target=gatherer, forbid_dtd=True)
        try:
            parser.feed(text)  # at once: in pieces, expat would read a long tag or comment anew with each of them
            parser.close()
        except (ElementTree.ParseError, DefusedXmlException, LookupError) as error:
            raise Invalid(PARAMETER, f"The part {name} is no sound XML.") from error
        return gatherer.taken


class _Gatherer(TreeBuilder, Generic[T]):
    """Builds no more of the tree than the wanted element that is being read."""

    def __init__(self, wanted: frozenset[str], take: Callable[[Element], T]) -> None:
        super().__init__()
        self.wanted = wanted
        self.take = take
        self.taken: list[T] = []
        self.inside = self.nodes = 0
        self.open: list[Element] = []

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Open an element."""
        self.nodes += 1
        self.inside += tag in self.wanted
        if self.nodes > NODES or len(self.open) == DEPTH:
            raise Invalid(PARAMETER, f"The document has more than {NODES} elements, or they lie too deep.")
        element = super().start(tag, attrs)
        self.open.append(element)
        return element

    def end(self, tag: str) -> Element:
        """Close one."""
        element = super().end(tag)
        self.open.pop()
        self.inside -= tag in self.wanted
        if self.inside == 0:
            if tag in self.wanted:
                self._take(element)
            element.clear()
            if self.open:
                self.open[-1].remove(element)
        return element

    def _take(self, element: Element) -> None:
        if len(self.taken) == MOST_PARAGRAPHS:
            raise Invalid(PARAMETER, f"The document has more than {MOST_PARAGRAPHS} paragraphs.")
        self.taken.append(self.take(element))
