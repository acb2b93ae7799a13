"""Plain numbered text.

1. Which of these do you use?         a line that begins with a number and a full stop begins a question
[[MultipleAnswer]]                    tags about it stand below its text or at its end

Meetings                              a list behind an empty line: its choices; with [[Rating]] the points of a scale
Letters

2. How often ...                      two lists: a matrix of statements and answers

Listens
Explains

Never
Often

3. What else?                         no list: words of one's own

Whatever stands before the first number of a block is shown and asks nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from qxportal.engine.surveys.limits import refusal
from qxportal.engine.surveys.parsed_survey import ParsedSurvey
from qxportal.engine.surveys.text.kinds import Written, alone, is_kind
from qxportal.engine.surveys.text.outline import LocalizedQuestion, Outline
from qxportal.engine.surveys.text.tags import Tag, trailing

NUMBERED = re.compile(r"\s*[Qq]?([0-9]{1,4})\.\s+(.*)", re.DOTALL)
BULLET = re.compile(r"\s*(?:[-*•‣◦▪–]|o(?=\s)|[A-Za-z][.)]|\(?[0-9]{1,3}\))\s+")


@dataclass
class _Reading:
    """Where the reader is: the question that is open and the lists that it has so far."""

    outline: Outline = field(default_factory=Outline)
    asked: LocalizedQuestion | None = None
    groups: list[list[tuple[int, str]]] = field(default_factory=list)
    apart: bool = False  # an empty line came last


def read(lines: Sequence[str]) -> ParsedSurvey:
    """The survey in these lines."""
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        text, tags = trailing(line)
        if text:
            _text(reading, number, text)
        for tag in tags:
            _tag(reading, number, tag)
        if not text and not tags:
            reading.apart = True
    _finish(reading)
    return reading.outline.draft()


def _text(reading: _Reading, number: int, text: str) -> None:
    begins = NUMBERED.match(text)
    if begins:
        _finish(reading)
        reading.asked = LocalizedQuestion(line=number, text=[begins.group(2)])
    elif reading.asked is None:
        reading.asked = LocalizedQuestion(line=number, kind=("DB",), text=[text])
    elif reading.asked.kind == ("DB",) and not reading.groups:
        reading.asked.text.append(text)
    elif reading.apart:
        reading.groups.append([(number, text)])
    elif reading.groups:
        reading.groups[-1].append((number, text))
    else:
        reading.asked.text.append(text)
    reading.apart = False


def _tag(reading: _Reading, number: int, tag: Tag) -> None:
    if tag.name == "block":
        _finish(reading)
        reading.outline.block(tag.value, number)
    elif tag.name == "pagebreak":
        _finish(reading)
        reading.outline.page_break()
    elif tag.name == "ed":
        reading.outline.embedded(tag.values[0] if tag.values else "", ":".join(tag.values[1:]), number)
    elif reading.asked is None or not (tag.name in ("id", "required") or is_kind(tag.name)):
        raise refusal(f"Line {number}", f"[[{tag.name[:40]}]] is no tag that is known here.")
    elif tag.name == "id":
        reading.asked.tag = tag.value
    elif tag.name == "required":
        reading.asked.required = True
    else:
        reading.asked.kind = [*reading.asked.kind, *(word for word in alone(tag.name) if word), *tag.values]


def _finish(reading: _Reading) -> None:
    """Add the question that is open."""
    asked, groups = reading.asked, reading.groups
    reading.asked, reading.groups, reading.apart = None, [], False
    if asked is None:
        return
    if len(groups) > 2:
        raise refusal(f"Line {groups[2][0][0]}", "a third list begins here: a question has two at most.")
    lists = [_list(group) for group in groups]
    asked.choices = lists[0] if lists else []
    asked.answers = lists[1] if len(lists) > 1 else []
    reading.outline.add(asked)


def _list(group: Sequence[tuple[int, str]]) -> list[Written]:
    """The items; what marks them is dropped where it marks all of them."""
    texts = [text for _, text in group]
    marks = [BULLET.match(text) for text in texts]
    if all(marks):
        texts = [text[mark.end() :].strip() for text, mark in zip(texts, marks, strict=True) if mark]
    return [Written(text) for text in texts if text]
