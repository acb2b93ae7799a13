"""Progress of groups by relationship, with cells of few people hidden so that no hidden number can be computed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """The evaluations of a group of people in one relationship."""

    people: int = 0
    done: int = 0
    asked: int = 0
    hidden: bool = False

    def __add__(self, other: "Cell") -> "Cell":
        return Cell(self.people + other.people, self.done + other.done, self.asked + other.asked)


def hidden_cells(people: Sequence[Sequence[int]], minimum: int) -> set[tuple[int, int]]:
    """The positions of hidden cells: cells of fewer people than `minimum`, and further cells that protect them.

    The sums of rows and of columns are known. So in none of them one cell is hidden alone, nor some that have too few
    people together, unless it has no others. In a row the same people may stand in several cells, so only the largest
    of those that are hidden counts there; rows are of different people.
    """
    places = [(row, at) for row, cells in enumerate(people) for at, number in enumerate(cells) if number]
    hidden = {(row, at) for row, at in places if people[row][at] < minimum}
    rows = [[place for place in places if place[0] == row] for row in range(len(people))]
    columns = [[place for place in places if place[1] == at] for at in range(max(map(len, people), default=0))]
    more = True
    while more:
        more = False
        for number, line in enumerate([*rows, *columns]):
            closed = [people[row][at] for row, at in line if (row, at) in hidden]
            left = sorted((people[row][at], row, at) for row, at in line if (row, at) not in hidden)
            together = max(closed, default=0) if number < len(rows) else sum(closed)
            if closed and left and (len(closed) == 1 or together < minimum):
                hidden.add(left[0][1:])
                more = True
    return hidden
