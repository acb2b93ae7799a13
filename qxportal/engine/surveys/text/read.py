"""Turns the bytes of a text file into lines, and the lines into a survey, in whichever of the two formats they are."""

import re
from collections.abc import Sequence

from qxportal.engine.http.arguments import clean
from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.decoding import decoded
from qxportal.engine.surveys.limits import refusal
from qxportal.engine.surveys.parsed_survey import ParsedSurvey
from qxportal.engine.surveys.text import advanced, simple

MOST_LINES = 100_000
LONGEST_LINE = 100_000
ADVANCED = re.compile(r"\s*\[\[(AdvancedFormat\]\]|Question[:\]])", re.IGNORECASE)


def read(file: bytes) -> ParsedSurvey:
    """The survey that a text file describes: UTF-8, or UTF-16 with its mark."""
    text = decoded(file)
    return read_lines(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def read_lines(lines: Sequence[str]) -> ParsedSurvey:
    """The survey in lines of text."""
    if len(lines) > MOST_LINES:
        raise Invalid("FileContents", f"The file has more than {MOST_LINES} lines.")
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            raise refusal(f"Line {number}", f"it has more than {LONGEST_LINE} characters.")
        clean("FileContents", line)
    if any(ADVANCED.match(line) for line in lines):
        return advanced.read(lines)
    return simple.read(lines)
