"""Reads a survey from a DOCX document."""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element  # a type; defusedxml reads

from qxportal.engine.surveys.draft import Draft
from qxportal.engine.surveys.text.read import read_lines
from qxportal.engine.surveys.word.archive import Archive
from qxportal.engine.surveys.word.lines import Paragraph, lines

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
DOCUMENT, NUMBERING, STYLES = "word/document.xml", "word/numbering.xml", "word/styles.xml"
LEFT_OUT = {f"{W}moveFrom", f"{W}del", f"{MC}Fallback", f"{W}footnoteReference", f"{W}instrText"}
BREAKS = {f"{W}br", f"{W}cr"}
COUNTED = ("decimal", "decimalZero")
Lists = Mapping[str, str]  # number of a list -> how its first level is counted


def read(file: bytes) -> Draft:
    """The survey in a document."""
    archive = Archive(file)
    formats = _formats(archive) if archive.has(NUMBERING) else {}
    styles = _styles(archive) if archive.has(STYLES) else {}
    ends = frozenset({f"{W}p", f"{STRICT}p"})
    return read_lines(lines(archive.gather(DOCUMENT, ends, lambda one: _paragraph(one, formats, styles))))


def _paragraph(element: Element, formats: Lists, styles: Mapping[str, str]) -> Paragraph:
    _plain_names(element)
    number = element.find(f"{W}pPr/{W}numPr/{W}numId")
    level = element.find(f"{W}pPr/{W}numPr/{W}ilvl")
    style = element.find(f"{W}pPr/{W}pStyle")
    chosen = _value(number) if number is not None else styles.get(_value(style), "")
    listed = chosen not in ("", "0")  # 0 takes a paragraph out of its style's list
    first = _value(level) in ("", "0")
    return Paragraph(
        "".join(_words(element)).strip(),
        numbered=listed and first and formats.get(chosen) in COUNTED,
        item=listed,
    )


def _words(element: Element) -> Iterator[str]:
    """The text that a reader sees; what was struck out or moved away is none."""
    for child in element:
        if child.tag in LEFT_OUT:
            continue
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag in BREAKS:
            yield "\n"
        elif child.tag == f"{W}tab":
            yield " "
        elif child.tag != f"{W}pPr":
            yield from _words(child)


def _formats(archive: Archive) -> Lists:
    """How each list counts on its first level."""
    kinds: dict[str, str] = {}
    found: dict[str, str] = {}
    names = {f"{space}{name}" for space in (W, STRICT) for name in ("abstractNum", "num")}

    def take(element: Element) -> None:
        _plain_names(element)
        if element.tag == f"{W}abstractNum":
            for level in element.iterfind(f"{W}lvl"):
                if level.get(f"{W}ilvl") == "0":
                    kinds[element.get(f"{W}abstractNumId", "")] = _value(level.find(f"{W}numFmt"))
        else:
            found[element.get(f"{W}numId", "")] = kinds.get(_value(element.find(f"{W}abstractNumId")), "")

    archive.gather(NUMBERING, frozenset(names), take)
    return found


def _styles(archive: Archive) -> Mapping[str, str]:
    """The list that each style of paragraphs belongs to."""
    found: dict[str, str] = {}

    def take(element: Element) -> None:
        _plain_names(element)
        number = element.find(f"{W}pPr/{W}numPr/{W}numId")
        if number is not None:
            found[element.get(f"{W}styleId", "")] = _value(number)

    archive.gather(STYLES, frozenset({f"{W}style", f"{STRICT}style"}), take)
    return found


def _value(element: Element | None) -> str:
    return "" if element is None else element.get(f"{W}val", "")


def _plain_names(element: Element) -> None:
    """Write the names of a strict document like those of any other."""
    for one in element.iter():
        one.tag = one.tag.replace(STRICT, W)
        for name in [name for name in one.attrib if name.startswith(STRICT)]:
            one.set(name.replace(STRICT, W), one.attrib.pop(name))
