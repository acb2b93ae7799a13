"""Quotas and their counts of completed evaluations.

A full quota blocks nobody, because evaluators are asked by name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from qxportal.engine.models import Answer, Evaluation, Quota, Survey
from qxportal.engine.responses import metadata
from qxportal.engine.responses.chunks import chunks
from qxportal.engine.surveys.answer_columns import parts
from qxportal.engine.surveys.logic import Answered, AnsweredEvaluation, meets, named
from qxportal.engine.surveys.parsed_survey import ParsedQuestion

TURN = re.compile(r"^[A-Za-z0-9]{1,20}_(?=QID)")  # of repeated blocks
FIELDS = ("pk", "relationship", "of_evaluator")


def quotas(survey: Survey, readable: QuerySet[Evaluation]) -> list[dict[str, object]]:
    """One record per quota, in order; counts only the given evaluations, as conditions may reveal any answer."""
    listed = list(survey.quotas.all())
    filled = _counts(survey, listed, readable) if listed else Counter()
    return [
        {
            "ID": quota.public_id,
            "Name": quota.name,
            "Count": filled[quota.pk],
            "Quota": quota.limit,
            "LogicType": quota.logic_type,
        }
        for quota in listed
    ]


def _counts(survey: Survey, listed: Sequence[Quota], readable: QuerySet[Evaluation]) -> Counter[int]:
    """Number of completed evaluations that meet each quota's condition; partial ones do not count."""
    own = {str(field.get("Field", "")): str(field.get("Value") or "") for field in survey.embedded_data}
    asked = {TURN.sub("", id.partition("#")[0]) for quota in listed for id in named(quota.logic)}
    points = {
        part.public_id: part.chosen
        for row in survey.stems.filter(public_id__in=asked)
        for part in parts(ParsedQuestion(id=row.public_id, payload=row.payload))
    }
    finished = readable.filter(assessment__survey=survey, status=Evaluation.Status.COMPLETED, partial=False).order_by(
        "pk"
    )
    filled: Counter[int] = Counter()
    for rows in chunks(finished.annotate(of_evaluator=metadata.of_evaluator()), FIELDS):
        said = _answers([row.pk for row in rows], asked)
        for row in rows:
            form = AnsweredEvaluation(
                said[row.pk], {**own, **_texts(row.of_evaluator), "Relationship": row.relationship}, points
            )
            filled.update(quota.pk for quota in listed if meets(form, quota.logic))
    return filled


def _answers(evaluations: Collection[int], asked: Collection[str]) -> Mapping[int, dict[str, Answered]]:
    found: defaultdict[int, dict[str, Answered]] = defaultdict(dict)
    wanted = Answer.objects.filter(evaluation__in=evaluations, question__stem__public_id__in=asked)
    for pk, id, kind, value, text in wanted.values_list(
        "evaluation", "question__public_id", "question__kind", "value", "text"
    ):
        found[pk][id] = Answered(kind, value, text)
    return found


def _texts(details: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (details or {}).items()}
