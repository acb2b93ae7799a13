"""The scale of a report, and conversion of answers on other scales to it."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from qxportal.engine.models import Question
from qxportal.engine.reports.types import Score


def scale(ratings: Sequence[Question]) -> tuple[str, ...]:
    """The labels of the most frequent scale; scales with the same number of points count as one."""
    lengths = Counter(len(question.choices) for question in ratings)
    if not lengths:
        return ()
    points = lengths.most_common(1)[0][0]
    wordings = Counter(tuple(question.choices) for question in ratings if len(question.choices) == points)
    return wordings.most_common(1)[0][0]


def score(question: Question, value: int | None, wanted: int) -> Score | None:
    """An answer as a point of the report's scale; None if it does not count, such as "no opinion"."""
    if value is not None and value < 1:
        other = question.others[-value - 1] if -value <= len(question.others) and value else {}
        value = other.get("point")
    return on_scale(value, len(question.choices), wanted)


def on_scale(value: int | None, points: int, wanted: int) -> Score | None:
    """An answer converted linearly from a scale of `points` to one of `wanted`, end points to end points."""
    if value is None or points == wanted or min(points, wanted) < 2:
        return value
    return 1 + Fraction((value - 1) * (wanted - 1), points - 1)
