"""Data migration of ratings and answers to the present rule for scales."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Case, F, IntegerField, Value, When

from qxportal.engine.http.errors import Problem
from qxportal.engine.surveys.answer_columns import parts
from qxportal.engine.surveys.parsed_survey import AnswerColumn, ParsedQuestion
from qxportal.engine.surveys.store import kept_others, words


def rescale(stems: Iterable[Any], questions: Any, answers: Any) -> int:
    """Convert ratings whose points differ today; returns their number. Takes rows and managers of a migration."""
    changed = 0
    for row in stems:
        stem = ParsedQuestion(id=row.public_id, payload=row.payload, translations=row.translations)
        try:
            found, spoken = {part.public_id: part for part in parts(stem)}, words(stem)
        except Problem:  # can no longer be parsed: its rows stay as they are
            continue
        for question in questions.filter(stem=row.pk, kind="Rating", others=[]):
            part = found.get(question.public_id)
            if part is None or not part.others or part.kind != "Rating":
                continue
            moved = _moved(question, part)
            if moved is not None:
                _change(question, part, spoken[part.public_id], moved, answers)
                changed += 1
    return changed


def _moved(question: Any, part: AnswerColumn) -> Mapping[int, int] | None:
    """Old point -> present value; None if a point has no counterpart."""
    left = [(number, label, recode) for number, (label, recode) in enumerate(_said(part.choices, part.recodes), 1)]
    left += [(-number, other.label, other.recode) for number, other in enumerate(part.others, start=1)]
    moved: dict[int, int] = {}
    for before, said in enumerate(_said(question.choices, question.recodes), start=1):
        now = next((one for one in left if one[1:] == said), None)
        if now is None:
            return None
        left.remove(now)
        moved[before] = now[0]
    return moved


def _said(labels: Iterable[str], recodes: Any) -> list[tuple[str, str]]:
    said = list(labels)
    return list(zip(said, recodes or [str(number) for number in range(1, len(said) + 1)], strict=False))


def _change(question: Any, part: AnswerColumn, spoken: Any, moved: Mapping[int, int], answers: Any) -> None:
    question.choices, question.recodes = list(part.choices), list(part.recodes)
    question.others, question.translations = kept_others(part), spoken
    question.save(update_fields=["choices", "recodes", "others", "translations"])
    others = {before: now for before, now in moved.items() if before != now}
    if others:
        cases = [When(value=before, then=Value(now)) for before, now in others.items()]
        rows = answers.filter(question=question.pk, value__in=list(others))
        rows.update(value=Case(*cases, default=F("value"), output_field=IntegerField()))
