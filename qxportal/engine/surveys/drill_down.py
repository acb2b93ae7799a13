"""Drill-down: several lists, each of which but the first offers what stands below the answer in the list before it.

In a file the lists are Choices and the answers of all lists are Answers. AnswerMap names for each answer the one that
it stands below, and nothing for those of the first list. Without AnswerMap nothing is known of this: then each list
offers all answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.engine.surveys.choices import Choice
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.php_values import NOTHING, as_map

LOST = -1


@dataclass(frozen=True)
class Tree:
    """The answers of each list, and below which answer each of them stands."""

    lists: Sequence[Sequence[Choice]]
    parents: Mapping[str, str] = field(default_factory=dict)  # id of an answer -> id of the one in the list before it
    lost: int = 0  # answers that no list can offer

    @property
    def values_above(self) -> list[list[int]]:
        """For each answer of each list the place, from 1, of the answer that it stands below; 0: it goes with any."""
        found: list[list[int]] = []
        places: Mapping[str, int] = {}
        for listed in self.lists:
            found.append([places.get(self.parents.get(one.id, ""), 0) for one in listed])
            places = {one.id: place for place, one in enumerate(listed, start=1)}
        return found


def tree(payload: Payload, place: str, lists: int, answers: Sequence[Choice]) -> Tree:
    """The answers of a question with so many lists."""
    above = as_map(payload.get("AnswerMap"), f"{place} AnswerMap")
    if not above:
        return Tree([list(answers)] * lists)
    known = {one.id for one in answers}
    named = {one.id: _parent(above.get(one.id)) for one in answers}
    parents = {id: parent for id, parent in named.items() if parent and (parent in known or parent != "0")}
    depths = _depths(parents, [one.id for one in answers])
    offered: list[list[Choice]] = [[] for _list in range(lists)]
    for one in answers:
        if 0 <= depths[one.id] < lists:
            offered[depths[one.id]].append(one)
    return Tree(offered, parents, len(answers) - sum(map(len, offered)))


def _parent(given: object) -> str:
    """The id of the answer that another one stands below; empty for an answer of the first list."""
    if isinstance(given, list | dict):
        inside = list(given.values()) if isinstance(given, dict) else given
        given = inside[0] if inside else None
    if given is None or isinstance(given, bool | list | dict | float):
        return ""
    text = str(given)
    return "" if text in NOTHING else text


def _depths(parents: Mapping[str, str], ids: Sequence[str]) -> dict[str, int]:
    """In which list, from 0, each answer stands; LOST below answers that do not exist or in a ring."""
    found: dict[str, int] = {}
    known = set(ids)
    for start in ids:
        path: list[str] = []
        at = start
        while at in known and at not in found:
            found[at] = LOST  # until its place is known: a ring comes back to it
            path.append(at)
            at = parents.get(at, "")
        above = found.get(at, LOST) if at else -1
        if at and above == LOST:
            continue
        for id in reversed(path):
            above += 1
            found[id] = above
    return found
