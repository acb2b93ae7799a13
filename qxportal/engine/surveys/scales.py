"""Separates the points of a scale from choices beside it, such as "no opinion" or "never tried it".

A choice is beside the scale if it is excluded from analysis, if its label says so, or if its recode does not belong to
the run of the others: negative ones beside 1, 2, 3; a 99; a 0 or a 6 shown after 5, 4, 3, 2, 1. A run shown in order is
a scale, also from 0 to 10 or from -2 to 2. Two choices with one recode are one point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qxportal.engine.surveys.choices import Choice

MOST_BESIDE = 3  # maximum number of choices beside the scale at one end
CODES = ((9,), (99,), (999,), (8, 9), (98, 99), (88, 99), (998, 999))  # usual codes for "no answer"
NO_ID = 77  # generated ids grow in small steps, so such a number was chosen by the author


@dataclass(frozen=True)
class Other:
    """A choice besides the points; `point`: the point (from 1) as which it counts, None if beside the scale."""

    choice: Choice
    point: int | None = None


@dataclass(frozen=True)
class Scale:
    """The points from lowest to highest, and the other choices."""

    points: Sequence[Choice]
    others: Sequence[Other] = ()


def scale(choices: Sequence[Choice]) -> Scale:
    """The scale of choices given in display order."""
    kept = [one for one in choices if not one.aside]
    numbers = {one.id: number for one in kept if (number := _number(one.recode)) is not None}
    if len(numbers) < len(kept):
        return Scale(kept, [Other(one) for one in choices if one.aside])
    apart = _apart(kept, numbers)
    values = sorted({number for number in numbers.values() if number not in apart})
    if len(values) < 2:
        return Scale(kept, [Other(one) for one in choices if one.aside])
    points: dict[float, Choice] = {}
    others: list[Other] = []
    for one in choices:
        number = numbers.get(one.id)
        if number is None or number in apart:
            others.append(Other(one))
        elif number in points:
            others.append(Other(one, values.index(number) + 1))
        else:
            points[number] = one
    return Scale([points[value] for value in values], others)


def _apart(kept: Sequence[Choice], numbers: dict[str, float]) -> set[float]:
    """The recodes that do not belong to the run."""
    shown = [numbers[one.id] for one in kept]
    chosen = {numbers[one.id] for one in kept if one.recode != one.id}  # others may be generated numbers
    certain = {value for value in shown if value in chosen or value < 0 or value >= NO_ID}
    high = _far(sorted(set(shown)))
    low = {-value for value in _far(sorted(-value for value in set(shown) - high)) if value >= 0}
    found = (high | low) & certain
    found |= _negative([value for value in shown if value not in found])
    if chosen:
        found |= _out_of_line([value for value in shown if value not in found])
    return found


def _far(values: Sequence[float]) -> set[float]:
    """Values at the upper end that are too far from the others."""
    for cut in range(2, len(values)):
        run, tail = values[:cut], values[cut:]
        if len(tail) > min(MOST_BESIDE, len(run)):
            continue
        gaps = [after - before for before, after in pairwise(run)]
        even, gap = max(gaps) <= 2 * min(gaps), tail[0] - run[-1]
        wide = gap > max(run[-1] - run[0], 3 * max(gaps)) if cut > 2 else gaps == [1] and gap > 5
        coded = set(gaps) == {1} and tuple(tail) in CODES and gap > len(tail)
        if even and (wide or coded):
            return set(tail)
    return set()


def _negative(shown: Sequence[float]) -> set[float]:
    """The negative values, unless the scale has two poles or begins below zero, perhaps with others after its end."""
    beside = _out_of_line(shown)
    if beside and (run := [value for value in shown if value not in beside]) and min(run) < 0 and not _negative(run):
        return {value for value in beside if value < 0}
    below, above = {value for value in shown if value < 0}, {value for value in shown if value > 0}
    if not below or len(set(shown) - below) < 2:
        return set()
    poles = below == {-value for value in above} and _in_line([value for value in shown if value])
    gaps = {round(after - before, 6) for before, after in pairwise(shown)}
    begins = 0 in shown and len(gaps) == 1 and min(gaps) > 0
    return set() if poles or begins else below


def _out_of_line(shown: Sequence[float]) -> set[float]:
    """One or two values at the start or end without which the others are in order."""
    if _in_line(shown):
        return set()
    for number in (1, 2):
        for some, rest in ((shown[-number:], shown[:-number]), (shown[:number], shown[number:])):
            if len(set(rest)) < 2 or not _in_line(rest):
                continue
            outside = all(not min(rest) <= value <= max(rest) for value in some)
            if outside and (len(set(rest)) > 2 or max(some) <= 0):
                return set(some)
    return set()


def _in_line(shown: Sequence[float]) -> bool:
    rising = all(before <= after for before, after in pairwise(shown))
    return rising or all(before >= after for before, after in pairwise(shown))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".")) if len(text) < 20 and text.strip("0123456789.,-+") == "" else None
    except ValueError:
        return None
