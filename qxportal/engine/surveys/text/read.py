"""Turns the bytes of a text file into lines, and the lines into a survey, in whichever of the two formats they are."""

import re
from collections.abc import Sequence

from qxportal.engine.arguments import clean
from qxportal.engine.problems import Invalid
from qxportal.engine.surveys.draft import Draft
from qxportal.engine.surveys.limits import refusal
from qxportal.engine.surveys.text import advanced, simple

MOST_LINES = 100_000
LONGEST_LINE = 100_000
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
ADVANCED = re.compile(r"\s*\[\[(AdvancedFormat\]\]|Question[:\]])", re.IGNORECASE)


def read(file: bytes) -> Draft:
    """The survey that a text file describes: UTF-8, or UTF-16 with its mark."""
    encoding = next((name for mark, name in MARKS.items() if file.startswith(mark)), "utf-8")
    try:
        text = file.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid("FileContents", "The file is not UTF-8 text.") from error
    return read_lines(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def read_lines(lines: Sequence[str]) -> Draft:
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
