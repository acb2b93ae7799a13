"""What follows from sums of answers, exactly: who is the only one that some combination of them leaves."""

from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def isolated(sums: Iterable[frozenset[T]]) -> set[T]:
    """The unknowns whose value follows from the sums over these sets, over the rationals."""
    distinct = list(dict.fromkeys(one for one in sums if one))
    unknowns = sorted({one for each in distinct for one in each}, key=repr)
    place = {one: at for at, one in enumerate(unknowns)}
    rows = _reduced([[Fraction(one in each) for one in unknowns] for each in distinct], len(unknowns))
    found = ([at for at, factor in enumerate(row) if factor] for row in rows)
    return {unknowns[places[0]] for places in found if len(places) == 1} & set(place)


def _reduced(rows: Sequence[list[Fraction]], width: int) -> list[list[Fraction]]:
    """The reduced row echelon form; a single unknown follows if, and only if, it is a row of its own there."""
    left = [list(row) for row in rows]
    done: list[list[Fraction]] = []
    for column in range(width):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        factor = pivot[column]
        pivot = [each / factor for each in pivot]
        left = [_without(row, pivot, column) for row in left]
        done = [_without(row, pivot, column) for row in done]
        done.append(pivot)
    return done


def _without(row: list[Fraction], pivot: list[Fraction], column: int) -> list[Fraction]:
    times = row[column]
    return [each - times * other for each, other in zip(row, pivot, strict=True)] if times else row
