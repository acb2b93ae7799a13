"""The anonymity rule: which answers to one question may join which line, depending only on who answered what.

    the first time      thin lines  -> merged into "All others"
                        still thin  -> the smallest other line joins (one hidden line could be guessed from a total)
                        still thin  -> they wait
    from then on        shown answers stay in their line; waiting ones join their line when there are enough of them,
                        or All others when those of several lines are enough together

Answers that join a line together are a class, which is always shown or removed as a whole. Self and the one known
manager need no minimum and never count for others. The importer of answers has the file, so imported ones do not count
if raters gave some themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

SELF, MANAGER, ALL_OTHERS = "self", "manager", "all_others"
EXEMPT = (SELF, MANAGER)


def group_line(relationship: str) -> str:
    """The line key of a relationship or report group that needs the minimum."""
    return f"group:{relationship}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One answer that no edition has shown yet."""

    key: int  # unique
    line: str  # of its relationship or group
    given: bool = True  # by the rater; False: imported


Batches = Mapping[str, Sequence[Waiting]]


def place(
    waiting: Iterable[Waiting], minimum: int, *, first: bool, closed: frozenset[str] = frozenset()
) -> dict[str, list[Waiting]]:
    """Line -> answers to one question that join it now; none joins a `closed` line."""
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
    """Whether `size` answers, `given` of them not imported, reach the minimum."""
    return (given or size) >= minimum


def _by_line(waiting: Iterable[Waiting], closed: frozenset[str]) -> dict[str, list[Waiting]]:
    lines: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.line not in closed:
            lines[one.line].append(one)
    return lines


def _enough(batch: list[Waiting], minimum: int) -> list[Waiting]:
    """All answers of the batch, the imported ones only, or none: whichever reaches the minimum."""
    if reaches(sum(one.given for one in batch), len(batch), minimum):
        return batch
    imported = [one for one in batch if not one.given]
    return imported if len(imported) >= minimum else []


def _smallest_other(joined: dict[str, list[Waiting]], pool: Sequence[Waiting]) -> list[Waiting]:
    """The smallest joined line, removed from `joined` to enlarge the pool; empty if there is none."""
    needs_given = any(one.given for one in pool)
    able = {
        line: sum(one.given for one in batch) if needs_given else len(batch)
        for line, batch in joined.items()
        if line not in EXEMPT and (not needs_given or any(one.given for one in batch))
    }
    return joined.pop(min(able, key=lambda line: able[line])) if able else []
