"""Paragraphs of a document as lines of a text survey."""

from collections.abc import Iterable
from dataclasses import dataclass

from qxportal.engine.http.errors import Invalid

MOST_PARAGRAPHS = 50_000
MOST_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a numbered one of the first level is a question, any other item of a list a choice."""

    text: str
    numbered: bool = False
    item: bool = False


def lines(paragraphs: Iterable[Paragraph]) -> list[str]:
    """The lines; numbers that the program counts itself are written out, and a list is set apart from what is above."""
    found: list[str] = []
    number, size, listed = 0, 0, False
    for paragraph in paragraphs:
        size += len(paragraph.text) + 1
        if len(found) > MOST_PARAGRAPHS or size > MOST_CHARACTERS:
            raise Invalid("FileContents", f"The document has more than {MOST_PARAGRAPHS} paragraphs, or is too long.")
        words = [" ".join(line.split()) for line in paragraph.text.split("\n")]
        if paragraph.item and not paragraph.numbered and not listed:
            found.append("")
        listed = paragraph.item and not paragraph.numbered
        if paragraph.numbered and any(words):
            number += 1
            words[0] = f"{number}. {words[0]}"
        found += words if any(words) else [""]
    return found
