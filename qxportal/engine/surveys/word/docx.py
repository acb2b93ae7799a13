"""Reads a survey from a DOCX document."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element  # a type; defusedxml reads

from qxportal.engine.surveys.parsed_survey import ParsedSurvey
from qxportal.engine.surveys.text.read import read_lines
from qxportal.engine.surveys.word import styles
from qxportal.engine.surveys.word.archive import Archive
from qxportal.engine.surveys.word.lines import Paragraph, lines
from qxportal.engine.surveys.word.names import STRICT, W, plain_names, value
from qxportal.engine.surveys.word.words import Words

DOCUMENT, NUMBERING = "word/document.xml", "word/numbering.xml"
COUNTED = ("decimal", "decimalZero")
Lists = Mapping[str, str]  # number of a list -> how its first level is counted


def read(file: bytes) -> ParsedSurvey:
    """The survey in a document."""
    archive = Archive(file)
    formats = _formats(archive) if archive.has(NUMBERING) else {}
    known = styles.read(archive)
    ends = frozenset({f"{W}p", f"{STRICT}p"})
    return read_lines(lines(archive.gather(DOCUMENT, ends, lambda one: _paragraph(one, formats, known))))


def _paragraph(element: Element, formats: Lists, known: styles.Styles) -> Paragraph:
    plain_names(element)
    number = element.find(f"{W}pPr/{W}numPr/{W}numId")
    level = element.find(f"{W}pPr/{W}numPr/{W}ilvl")
    style = value(element.find(f"{W}pPr/{W}pStyle"))
    chosen = value(number) if number is not None else known.list(style)
    listed = chosen not in ("", "0")  # 0 takes a paragraph out of its style's list
    first = value(level) in ("", "0")
    return Paragraph(
        "".join(Words(known, style).of(element)).strip(),
        numbered=listed and first and formats.get(chosen) in COUNTED,
        item=listed,
    )


def _formats(archive: Archive) -> Lists:
    """How each list counts on its first level."""
    kinds: dict[str, str] = {}
    found: dict[str, str] = {}
    names = {f"{space}{name}" for space in (W, STRICT) for name in ("abstractNum", "num")}

    def take(element: Element) -> None:
        plain_names(element)
        if element.tag == f"{W}abstractNum":
            for level in element.iterfind(f"{W}lvl"):
                if level.get(f"{W}ilvl") == "0":
                    kinds[element.get(f"{W}abstractNumId", "")] = value(level.find(f"{W}numFmt"))
        else:
            found[element.get(f"{W}numId", "")] = kinds.get(value(element.find(f"{W}abstractNumId")), "")

    archive.gather(NUMBERING, frozenset(names), take)
    return found
