"""Checks of a survey's scales: anything that a report would compute wrongly."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from surveys.content import DRILL_DOWN, name_of

NO_OPINION = re.compile(
    r"(?i)\b(n\s*/\s*a|not applicable|no answer|no opinion|don.?t know|cannot (?:judge|say|assess)|can.?t (?:judge|say)"
    r"|keine angabe|k\. ?a\.|weiß nicht|weiss nicht|nicht zutreffend|nicht beurteilen)(?!\w)"
)


class Scale(NamedTuple):
    """The scale points of one question that count, in display order."""

    question: str
    values: tuple[float, ...]
    counted_no_opinion: tuple[str, ...]  # points without an opinion that nevertheless have a number
    own: bool = False  # of a profile's statement, whose scale differs on purpose

    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest value."""
        return min(self.values), max(self.values)

    @property
    def direction(self) -> int:
        """1 for a scale that rises, -1 for one that falls, 0 for neither."""
        if list(self.values) == sorted(set(self.values)):
            return 1
        return -1 if list(self.values) == sorted(set(self.values), reverse=True) else 0


class Finding(NamedTuple):
    """A problem with one question, in words."""

    question: str
    words: str


def findings(questions: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Anything that a report would compute wrongly, by question; most questions' scale counts as the usual one."""
    scales = list(scales_of(questions))
    found = [
        Finding(scale.question, _("“%(point)s” counts as a number.") % {"point": point})
        for scale in scales
        for point in scale.counted_no_opinion
    ]
    counting = [scale for scale in scales if len(scale.values) > 1]
    usual_way, usual_span = (
        _most(scale.direction for scale in counting),
        _most(scale.span for scale in counting if not scale.own),
    )
    for scale in counting:
        if len(set(scale.values)) < len(scale.values):
            found.append(Finding(scale.question, _("Two points have the same number.")))
        elif not scale.direction:
            found.append(Finding(scale.question, _("The numbers neither rise nor fall from point to point.")))
        elif usual_way and scale.direction != usual_way:
            found.append(Finding(scale.question, _("The scale runs the other way than most.")))
        if usual_span and scale.span != usual_span and not scale.own:
            found.append(
                Finding(
                    scale.question,
                    _("The scale runs from %(low)s to %(high)s, most run from %(usual_low)s to %(usual_high)s.")
                    % {
                        "low": _number(scale.span[0]),
                        "high": _number(scale.span[1]),
                        "usual_low": _number(usual_span[0]),
                        "usual_high": _number(usual_span[1]),
                    },
                )
            )
    return found


def scales_of(questions: Sequence[Mapping[str, Any]]) -> Iterator[Scale]:
    """Scales of all rated questions: those with scale points beside their statements.

    Each statement of a profile has its own scale.
    """
    for question in questions:
        yield from scales_of(question["inside"])
        if question["type"] == DRILL_DOWN:  # its answers are not scale points
            continue
        name = name_of(question)
        yield from _scale(name, question["answers"])
        for statement in question["choices"]:
            yield from _scale(f"{name} – {statement['text']}", statement.get("answers", ()), own=True)


def _scale(name: str, answers: Sequence[Mapping[str, Any]], *, own: bool = False) -> Iterator[Scale]:
    points = [(one["text"], _value(one["recode"])) for one in answers]
    numbers = [(text, value) for text, value in points if value is not None]
    if numbers:
        opinions = tuple(value for text, value in numbers if not NO_OPINION.search(text))
        odd = tuple(text for text, _value in numbers if NO_OPINION.search(text))
        yield Scale(name, opinions, odd, own)


def _most(values: Iterator[Any]) -> Any:
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else None


def _value(recode: str) -> float | None:
    try:
        return float(recode)
    except ValueError:
        return None


def _number(value: float) -> str:
    return f"{value:g}"
