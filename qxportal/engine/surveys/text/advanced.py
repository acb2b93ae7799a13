"""The Advanced Format: tags define the meaning of each line.

[[AdvancedFormat]]
[[Block:Direction]]
[[Question:Matrix:SingleAnswer]]      type, kind of answer, layout
[[ID:direction]]
How often does this person ...        the text, up to the next tag
[[Choices]]                           one a line; or [[AdvancedChoices]] with [[Choice:recode]] above each
Says where the team is heading
[[AdvancedAnswers]]
[[Answer:1]]
Never
[[PageBreak]]
[[ED:Round:Spring]]
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qxportal.engine.surveys.limits import CHOICES, at_most, refusal
from qxportal.engine.surveys.parsed_survey import ParsedSurvey
from qxportal.engine.surveys.text.kinds import Written, alone, is_kind
from qxportal.engine.surveys.text.outline import LocalizedQuestion, Outline
from qxportal.engine.surveys.text.tags import Tag, split

LISTS = {"choices": "choices", "advancedchoices": "choices", "answers": "answers", "advancedanswers": "answers"}


@dataclass
class _Reading:
    """Parser state: the open question, and the list that lines belong to."""

    outline: Outline = field(default_factory=Outline)
    asked: LocalizedQuestion | None = None
    into: str = ""  # choices or answers
    marked: bool = False  # each item of the list has its own tag


def read(lines: Sequence[str]) -> ParsedSurvey:
    """The survey in these lines."""
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        tags, text = split(line)
        for tag in tags:
            _tag(reading, number, tag)
        if text:
            _text(reading, number, text)
    _finish(reading)
    return reading.outline.draft()


def _text(reading: _Reading, number: int, text: str) -> None:
    asked = reading.asked
    if asked is None:
        raise refusal(f"Line {number}", "this text belongs to no question: [[Question:...]] is missing.")
    if not reading.into:
        asked.text.append(text)
        return
    items = asked.choices if reading.into == "choices" else asked.answers
    if not reading.marked:
        items.append(Written(text))
    elif not items:
        raise refusal(f"Line {number}", "this text belongs to no item: [[Choice]] or [[Answer]] is missing.")
    else:
        items[-1] = replace(items[-1], label=f"{items[-1].label}\n{text}".strip())
    at_most(CHOICES, len(items), "choices", f"Line {number}")


def _tag(reading: _Reading, number: int, tag: Tag) -> None:
    if tag.name in APART:
        APART[tag.name](reading, number, tag)
    elif reading.asked is None:
        raise refusal(f"Line {number}", f"[[{tag.name[:40]}]] belongs to no question.")
    elif tag.name in LISTS:
        reading.into, reading.marked = LISTS[tag.name], tag.name.startswith("advanced")
    elif tag.name in ("choice", "answer") and reading.marked and reading.into == f"{tag.name}s":
        items = reading.asked.choices if reading.into == "choices" else reading.asked.answers
        items.append(Written("", tag.value[:40]))
        at_most(CHOICES, len(items), "choices", f"Line {number}")
    elif tag.name == "id":
        reading.asked.tag = tag.value
    elif tag.name == "required":
        reading.asked.required = True
    elif is_kind(tag.name):
        reading.asked.kind = [*reading.asked.kind, *(word for word in alone(tag.name) if word), *tag.values]
    else:
        raise refusal(f"Line {number}", f"[[{tag.name[:40]}]] is no tag that is known here.")


def _question(reading: _Reading, number: int, tag: Tag) -> None:
    _finish(reading)
    reading.asked = LocalizedQuestion(line=number, kind=tag.values)


def _block(reading: _Reading, number: int, tag: Tag) -> None:
    _finish(reading)
    reading.outline.block(tag.value, number)


def _page_break(reading: _Reading, number: int, tag: Tag) -> None:
    _finish(reading)
    reading.outline.page_break()


def _embedded(reading: _Reading, number: int, tag: Tag) -> None:
    reading.outline.embedded(tag.values[0] if tag.values else "", ":".join(tag.values[1:]), number)


def _nothing(reading: _Reading, number: int, tag: Tag) -> None:
    """Ignore the format's own marker."""


def _finish(reading: _Reading) -> None:
    """Add the question that is open."""
    asked = reading.asked
    reading.asked, reading.into, reading.marked = None, "", False
    if asked is not None:
        reading.outline.add(asked)


APART: Mapping[str, Callable[[_Reading, int, Tag], None]] = {
    "advancedformat": _nothing,
    "block": _block,
    "ed": _embedded,
    "pagebreak": _page_break,
    "question": _question,
}
