"""Which answers to one question may join which line: the rule of anonymity, on nothing but who answered what.

    the first time      thin lines  -> merged into "All others"
                        still thin  -> the smallest other line joins (one hidden line could be guessed from a total)
                        still thin  -> they wait
    from then on        what was shown keeps its place; answers that wait join their line when enough of it wait,
                        or All others when those of several lines are enough together

What joins a line together is a class: it is shown as a whole for ever after, or taken out as a whole. Self and the one
known manager need no minimum and never count for others. Whoever imports answers has the file: imported ones do not
count where raters gave some themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SELF, MANAGER, ALL_OTHERS = "self", "manager", "all_others"
EXEMPT = (SELF, MANAGER)


def group_line(relationship: str) -> str:
    """The key of the line of a relationship that the minimum protects."""
    return f"group:{relationship}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One answer that no edition has shown yet."""

    key: int  # tells it from all others
    line: str  # where it belongs
    given: bool = True  # by the rater; False: imported


Batches = Mapping[str, Sequence[Waiting]]


def place(
    waiting: Iterable[Waiting], minimum: int, *, first: bool, closed: frozenset[str] = frozenset()
) -> dict[str, list[Waiting]]:
    """The answers to one question that join lines now; none of them joins a line that is `closed`."""
    joined: dict[str, list[Waiting]] = {}
    pool: list[Waiting] = []
    for line, batch in _by_line(waiting, closed).items():
        whole = batch if line in EXEMPT else _enough(batch, minimum)
        if whole:
            joined[line] = whole
        pool += [one for one in batch if one not in whole]
    if ALL_OTHERS in closed or not pool:
        return joined
    together = _enough(pool, minimum)
    if first and len(together) < len(pool):
        pool += _smallest_other(joined, pool)
        together = _enough(pool, minimum)
    if together:
        joined[ALL_OTHERS] = together
    return joined


def reaches(given: int, size: int, minimum: int) -> bool:
    """Whether answers, some of which raters gave themselves, are enough to be shown together."""
    return (given or size) >= minimum


def _by_line(waiting: Iterable[Waiting], closed: frozenset[str]) -> dict[str, list[Waiting]]:
    lines: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.line not in closed:
            lines[one.line].append(one)
    return lines


def _enough(batch: list[Waiting], minimum: int) -> list[Waiting]:
    """All of them, the imported ones alone, or none: what reaches the minimum by itself."""
    if reaches(sum(one.given for one in batch), len(batch), minimum):
        return batch
    imported = [one for one in batch if not one.given]
    return imported if len(imported) >= minimum else []


def _smallest_other(joined: dict[str, list[Waiting]], pool: Sequence[Waiting]) -> list[Waiting]:
    """The smallest line that makes the pool large enough; it has no line of its own then."""
    needs_given = any(one.given for one in pool)
    able = {
        line: sum(one.given for one in batch) if needs_given else len(batch)
        for line, batch in joined.items()
        if line not in EXEMPT and (not needs_given or any(one.given for one in batch))
    }
    return joined.pop(min(able, key=lambda line: able[line])) if able else []
