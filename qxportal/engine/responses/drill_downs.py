"""Drill-downs in tables of responses: the cells of all lists together give the chosen answer.

The same label may occur below different answers, so a label means the one that fits the lists before it. A list missing
in a table follows from the answers in later lists.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.relationships import squeeze
from qxportal.engine.models import Question
from qxportal.engine.responses.values import LEFT_OPEN, WITHOUT_CENTS, UnreadableError, shown_cell

BETWEEN = " ~ "  # a label with those of the lists before it: Austria ~ Tyrol


class Lists:
    """The lists of one drill-down, in order."""

    def __init__(self, columns: Sequence[Question]) -> None:
        self.columns = columns
        self.above = [column.above or [0] * len(column.choices) for column in columns]
        self.meaning: list[Mapping[str, list[int]]] = []  # by list: word -> numbers of possible answers
        whole: list[str] = []
        for column, parents in zip(columns, self.above, strict=True):
            whole = [
                f"{whole[parent - 1]}{BETWEEN}{label}" if parent else label
                for label, parent in zip(column.choices, parents, strict=True)
            ]
            recodes = column.recodes or [str(number) for number in range(1, len(column.choices) + 1)]
            self.meaning.append(_meaning(recodes, column.choices, whole))

    def read(self, cells: Sequence[str]) -> list[Given | None]:
        """The answer in each list for a row's cells, None for no answer; raises UnreadableError."""
        open_ones = [cell.strip() == LEFT_OPEN and not self._places(number, cell) for number, cell in enumerate(cells)]
        said = [
            self._places(number, cell) if cell.strip() and not left_open else None
            for number, (cell, left_open) in enumerate(zip(cells, open_ones, strict=True))
        ]
        for cell, places in zip(cells, said, strict=True):
            if places == []:
                raise UnreadableError(f"{shown_cell(cell)} is no answer of this list.")
        last = max((number for number, places in enumerate(said) if places), default=None)
        path = [0] * len(cells) if last is None else self._path(last, said, cells)
        return [
            Given(value=place) if place else Given() if left_open else None
            for place, left_open in zip(path, open_ones, strict=True)
        ]

    def _places(self, number: int, cell: str) -> list[int]:
        text, meaning = cell.strip(), self.meaning[number]
        if WITHOUT_CENTS.fullmatch(text):  # 2.0, as data frames write 2
            text = text.partition(".")[0]
        return meaning.get(text) or meaning.get(squeeze(text)) or []

    def _path(self, last: int, said: Sequence[list[int] | None], cells: Sequence[str]) -> list[int]:
        """The number of the answer in each list, 0 for none; raises UnreadableError."""
        paths = [path for place in said[last] or () if (path := self._upwards(last, place, said, cells))]
        if not paths:
            raise UnreadableError(f"{shown_cell(cells[last])} does not belong to the answers in the lists before it.")
        if len(paths) > 1:
            raise UnreadableError(f"{shown_cell(cells[last])} may mean several answers: fill in the lists before it.")
        return paths[0]

    def _upwards(
        self, last: int, place: int, said: Sequence[list[int] | None], cells: Sequence[str]
    ) -> list[int] | None:
        path = [0] * len(said)
        for number in range(last, -1, -1):
            possible = said[number]
            if place and possible is not None and place not in possible:
                return None
            if not place and possible:  # it goes with any answer in the list after it
                if len(possible) > 1:
                    raise UnreadableError(f"{shown_cell(cells[number])} may mean several answers.")
                place = possible[0]
            path[number] = place
            place = self.above[number][place - 1] if place else 0
        return path


def _meaning(recodes: Sequence[str], labels: Sequence[str], whole: Sequence[str]) -> Mapping[str, list[int]]:
    """Word -> numbers of possible answers; recodes take precedence over equal labels."""
    by_label: defaultdict[str, list[int]] = defaultdict(list)
    for place, words in enumerate(zip(labels, whole, strict=True), start=1):
        for word in dict.fromkeys(map(squeeze, words)):
            by_label[word].append(place)
    by_recode: defaultdict[str, list[int]] = defaultdict(list)
    for place, recode in enumerate(recodes, start=1):
        by_recode[recode].append(place)
    return {**by_label, **by_recode}


def lists_of(questions: Iterable[Question]) -> list[Lists]:
    """The drill-downs among the questions of a survey."""
    found: defaultdict[str, list[Question]] = defaultdict(list)
    for question in questions:
        if question.stem is not None and question.stem.type == "DD" and question.kind == Question.Kind.CHOICE:
            found[question.public_id.rpartition("_")[0]].append(question)
    return [Lists(columns) for columns in found.values()]
