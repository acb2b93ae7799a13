"""Opens a DOCX file, which is a ZIP archive of XML, without being blown up by it."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element  # a type; defusedxml reads

import defusedxml.ElementTree as ElementTree
from defusedxml.common import DefusedXmlException

from qxportal.engine.problems import Invalid

PARTS = 200
UNPACKED = 64 * 1024 * 1024
RATIO = 100
NODES = 300_000
DEPTH = 100
PARAMETER = "FileContents"


class Archive:
    """The parts of the document by their names."""

    def __init__(self, file: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(file))
            parts = self.zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
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

    def elements(self, name: str, ends: frozenset[str]) -> Iterator[Element]:
        """Each element of the wanted kinds as soon as it is complete; what was given is forgotten afterwards."""
        if not self.has(name):
            raise Invalid(PARAMETER, f"The document has no part {name}.")
        try:
            with self.zip.open(name) as part:
                yield from _elements(part, ends)
        except (ElementTree.ParseError, DefusedXmlException, LookupError) as error:
            raise Invalid(PARAMETER, f"The part {name} is no sound XML.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise Invalid(PARAMETER, f"The part {name} cannot be unpacked.") from error


def _elements(part: IO[bytes], ends: frozenset[str]) -> Iterator[Element]:
    inside = nodes = 0
    stack: list[Element] = []
    for event, element in ElementTree.iterparse(part, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            nodes += 1
            stack.append(element)
            inside += element.tag in ends
            if nodes > NODES or len(stack) > DEPTH:
                raise Invalid(PARAMETER, f"The document has more than {NODES} elements, or they lie too deep.")
            continue
        stack.pop()
        inside -= element.tag in ends
        if inside == 0:
            if element.tag in ends:
                yield element
            element.clear()
            if stack:
                stack[-1].remove(element)
