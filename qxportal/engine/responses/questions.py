"""The questions of an export, and the cells of a chunk of evaluations."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Answer, Question, Survey
from qxportal.engine.responses.values import plain, writer

Kind = Question.Kind
BLANK = ""


def questions(survey: Survey, wanted: Collection[str] = ()) -> list[Question]:
    """A survey's questions, or those with the given ids of questions or stems."""
    found = list(survey.questions.select_related("stem").order_by("position", "pk"))
    if not wanted:
        return found
    known = {question.public_id for question in found} | {one.stem.public_id for one in found if one.stem}
    unknown = set(wanted) - known
    if unknown:
        raise Invalid("Questions", f"The form has no question {min(unknown)[:40]}.")
    return [one for one in found if one.public_id in wanted or (one.stem and one.stem.public_id in wanted)]


class Answers:
    """Reads the cells of whole chunks of evaluations, with one query per chunk."""

    def __init__(self, columns: Sequence[Question], *, labels: bool = False, unanswered: str = "") -> None:
        self.width = len(columns)
        self.unanswered = plain(unanswered)
        read = columns if self.unanswered == BLANK else [*columns, *_siblings(columns)]
        self.place = {question.pk: number for number, question in enumerate(read)}
        self.write = [writer(question, labels=labels) for question in read]
        self.together = _together(read)

    def of(self, evaluations: Collection[int]) -> dict[int, list[object]]:
        """Cells by the evaluation's primary key; unanswered ones are blank, or the recode if the question was seen."""
        cells: dict[int, list[object]] = {pk: [BLANK] * len(self.place) for pk in evaluations}
        seen: defaultdict[int, list[int]] = defaultdict(list)
        if not self.place:
            return cells
        found = Answer.objects.filter(evaluation__in=evaluations, question__in=self.place)
        for pk, question, value, text in found.values_list("evaluation", "question", "value", "text"):
            number = self.place[question]
            cell = self.write[number](value, text)
            if cell is None:
                seen[pk].append(number)
            else:
                cells[pk][number] = cell
        if self.unanswered != BLANK:
            for pk, numbers in seen.items():
                self._recode(cells[pk], numbers)
        return {pk: row[: self.width] for pk, row in cells.items()} if len(self.place) > self.width else cells

    def _recode(self, row: list[object], seen: Sequence[int]) -> None:
        """Fill in the recode for questions seen and left blank; for a box only if no box of its question is ticked."""
        answered = {number for number, cell in enumerate(row) if cell != BLANK}
        for number in seen:
            if answered.isdisjoint(self.together.get(number, ())):
                row[number] = self.unanswered


def _siblings(columns: Sequence[Question]) -> list[Question]:
    """The other parts of these questions, which decide whether an unticked box counts as left blank."""
    stems = {question.stem_id for question in columns if question.stem_id}
    return list(Question.objects.filter(stem__in=stems).exclude(pk__in=[question.pk for question in columns]))


def _together(columns: Sequence[Question]) -> dict[int, list[int]]:
    """For each box and each text of a multi-part question: all parts, one of which is a sufficient answer."""
    stems: defaultdict[int, list[int]] = defaultdict(list)
    for number, question in enumerate(columns):
        if question.stem_id:
            stems[question.stem_id].append(number)
    return {
        number: stems[question.stem_id]
        for number, question in enumerate(columns)
        if question.stem_id and question.kind in (Kind.MARK, Kind.TEXT)
    }
