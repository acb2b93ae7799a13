"""Reads a survey from a DOC document."""

from collections.abc import Iterator

from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.parsed_survey import ParsedSurvey
from qxportal.engine.surveys.text.read import read_lines
from qxportal.engine.surveys.word.binary import BROKEN, Document
from qxportal.engine.surveys.word.lines import Paragraph, lines

ENDS = "\r\x07\x0c"  # of a paragraph, a cell, a page
FIELD, SHOWN, FIELD_END = "\x13", "\x14", "\x15"  # what a field computes stands between the last two
SIGNS = {"\x0b": "\n", "\t": " ", "\x1e": "-", "\xa0": " "}
COUNTED = (0, 22)
DEEPEST = 50


def read(file: bytes) -> ParsedSurvey:
    """The survey in a document."""
    if file.startswith(b"PK"):
        raise Invalid("FileContents", "The file is a DOCX document: set ImportFormat to DOCX.")
    document = Document(file)
    try:
        text = lines(_paragraphs(document))
    except BROKEN as error:
        raise Invalid("FileContents", "The document is damaged.") from error
    return read_lines(text)


def _paragraphs(document: Document) -> Iterator[Paragraph]:
    listed, counted = document.listed(), document.counted()
    words: list[str] = []
    hidden: list[bool] = []  # for each field that is open: whether its instructions are being read
    for run in document.runs():
        for number, sign in enumerate(run.text):
            if sign == FIELD:
                hidden.append(True)
                if len(hidden) > DEEPEST:
                    raise ValueError("fields lie too deep")
            elif sign == SHOWN and hidden:
                hidden[-1] = False
            elif sign == FIELD_END and hidden:
                hidden.pop()
            elif any(hidden):
                continue
            elif sign in ENDS:
                here = listed.at(run.place + number * run.width)
                first = here.level == 0 and counted.get(here.list) in COUNTED
                yield Paragraph("".join(words).strip(), numbered=bool(here.list) and first, item=bool(here.list))
                words.clear()
            elif sign >= " " or sign in SIGNS:
                words.append(SIGNS.get(sign, sign))
    yield Paragraph("".join(words).strip())
