"""Drill-downs: several lists; each after the first offers the answers below the one chosen in the list before.

In a file the lists are Choices and the answers of all lists are Answers. AnswerMap names the parent of each answer,
except in the first list; or it has a list or map of the answers below. Without any parent in AnswerMap, each list
offers all answers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qxportal.engine.surveys.choices import Choice
from qxportal.engine.surveys.parsed_survey import Payload
from qxportal.engine.surveys.php_values import NOTHING, as_map

LOST = -1


@dataclass(frozen=True)
class Tree:
    """The answers of each list, and the parent of each answer."""

    lists: Sequence[Sequence[Choice]]
    parents: Mapping[str, str] = field(default_factory=dict)  # answer id -> parent's id
    lost: int = 0  # answers that no list can offer

    @property
    def values_above(self) -> list[list[int]]:
        """By list, the number (from 1) of each answer's parent in the list before; 0: fits any."""
        found: list[list[int]] = []
        places: Mapping[str, int] = {}
        for listed in self.lists:
            found.append([places.get(self.parents.get(one.id, ""), 0) for one in listed])
            places = {one.id: place for place, one in enumerate(listed, start=1)}
        return found


def tree(payload: Payload, place: str, lists: int, answers: Sequence[Choice]) -> Tree:
    """The answers of a question with a given number of lists."""
    parents = dict(_parents(as_map(payload.get("AnswerMap"), f"{place} AnswerMap")))
    known = {one.id for one in answers}
    parents = {id: above for id, above in parents.items() if id in known and (above in known or above != "0")}
    if not parents:
        return Tree([list(answers)] * lists)
    depths = _depths(parents, [one.id for one in answers])
    offered: list[list[Choice]] = [[] for _list in range(lists)]
    for one in answers:
        if 0 <= depths[one.id] < lists:
            offered[depths[one.id]].append(one)
    return Tree(offered, parents, len(answers) - sum(map(len, offered)))


def _parents(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of answer id and parent id."""
    for id, value in given.items():
        if isinstance(value, dict) and any(inner is None or isinstance(inner, dict | list) for inner in value.values()):
            yield from ((below, id) for below in value)
            yield from _parents(value)
        elif isinstance(value, dict | list):
            inside = value.values() if isinstance(value, dict) else value
            yield from ((text, id) for below in inside if (text := _id(below)))
        elif text := _id(value):
            yield id, text


def _id(given: object) -> str:
    if given is None or isinstance(given, bool | list | dict | float):
        return ""
    text = str(given)
    return "" if text in NOTHING else text


def _depths(parents: Mapping[str, str], ids: Sequence[str]) -> dict[str, int]:
    """The list (from 0) of each answer; LOST for missing parents and cycles."""
    found: dict[str, int] = {}
    known = set(ids)
    for start in ids:
        path: list[str] = []
        at = start
        while at in known and at not in found:
            found[at] = LOST  # until its depth is known, to detect cycles
            path.append(at)
            at = parents.get(at, "")
        above = found.get(at, LOST) if at else -1
        if at and above == LOST:
            continue
        for id in reversed(path):
            above += 1
            found[id] = above
    return found
