"""Data migration of drill-downs stored as texts to lists answered by choices."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from qxportal.engine.http.errors import Problem
from qxportal.engine.responses.drill_downs import Lists
from qxportal.engine.responses.values import UnreadableError
from qxportal.engine.surveys.answer_columns import parts
from qxportal.engine.surveys.parsed_survey import ParsedQuestion
from qxportal.engine.surveys.store import words

BATCH = 2_000


def list_answers(stems: Iterable[Any], questions: Any, answers: Any) -> int:
    """Change lists that were texts; gives how many. Takes rows and managers of a migration.

    An answer not in the list keeps its text, which exports contain.
    """
    changed = 0
    for row in stems:
        stem = ParsedQuestion(id=row.public_id, payload=row.payload, translations=row.translations)
        try:
            found, spoken = parts(stem), words(stem)
        except Problem:  # can no longer be parsed: its rows stay as they are
            continue
        known = {one.public_id: one for one in questions.filter(stem=row.pk, kind="Text")}
        turns: defaultdict[str, list[Any]] = defaultdict(list)
        for part in found:
            question = known.get(part.public_id)
            if question is None:
                continue
            question.kind, question.above = "Choice", list(part.above)
            question.choices, question.recodes = list(part.choices), list(part.recodes)
            question.translations = spoken[part.public_id]
            question.save(update_fields=["kind", "choices", "recodes", "above", "translations"])
            turns[part.public_id.rpartition("_")[0]].append(question)
            changed += 1
        for columns in turns.values():
            _answers(columns, answers)
    return changed


def _answers(columns: list[Any], answers: Any) -> None:
    """Convert the stored texts into values, one evaluation at a time."""
    lists, place = Lists(columns), {one.pk: number for number, one in enumerate(columns)}
    said: defaultdict[int, list[Any]] = defaultdict(lambda: [None] * len(columns))
    for answer in answers.filter(question__in=list(place)).exclude(text="").iterator():
        said[answer.evaluation_id][place[answer.question_id]] = answer
    moved = []
    for row in said.values():
        try:
            read = lists.read([answer.text if answer else "" for answer in row])
        except UnreadableError:
            continue
        for answer, given in zip(row, read, strict=True):
            if answer is not None and given is not None:
                answer.value, answer.text = given.value, given.text
                moved.append(answer)
    answers.bulk_update(moved, ["value", "text"], batch_size=BATCH)
