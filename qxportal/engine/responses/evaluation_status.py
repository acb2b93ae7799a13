"""The evaluation status of an assessment: one line per evaluation in any state; importResponses can read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.models import Evaluation, Question
from qxportal.engine.responses import metadata
from qxportal.engine.responses.chunks import chunks
from qxportal.engine.responses.layouts import lines
from qxportal.engine.responses.questions import Answers

HEADER: Mapping[str, str] = {
    "SubjectFirstName": "subject__person__first_name",
    "SubjectLastName": "subject__person__last_name",
    "SubjectEmail": "subject__person__email",
    "SubjectUniqueIdentifier": "subject__person__public_id",
    "EvaluatorFirstName": "evaluator__first_name",
    "EvaluatorLastName": "evaluator__last_name",
    "EvaluatorEmail": "evaluator__email",
    "ParticipantUniqueIdentifier": "evaluator__public_id",
    "Relationship": "relationship",
    "Unsolicited": "unsolicited",
    "Status": "status",
    "StartDate": "started_at",
    "EndDate": "finished_at",
    "SubjectExternalDataReference": "subject__person__unique_identifier",
    "EvaluatorExternalDataReference": "evaluator__unique_identifier",
}
SIDES = {"Subject": metadata.of_subject, "Evaluator": metadata.of_evaluator}


@dataclass(frozen=True)
class Wishes:
    """Optional columns."""

    subject_metadata: bool = False
    evaluator_metadata: bool = False
    questions: Sequence[Question] = ()


def table(forms: QuerySet[Evaluation], wishes: Wishes) -> Iterator[bytes]:
    """The lines as CSV, piece by piece."""
    evaluations = forms.order_by("pk")
    sides = {"Subject": wishes.subject_metadata, "Evaluator": wishes.evaluator_metadata}
    known = {side: metadata.keys(evaluations, SIDES[side]()) for side, wanted in sides.items() if wanted}
    heads = [f"{side} {key}" for side, keys in known.items() for key in keys]
    yield lines([[*HEADER, *heads, *(question.public_id for question in wishes.questions)]])
    answers = Answers(wishes.questions)
    annotated = evaluations.annotate(**{f"of_{side.lower()}": SIDES[side]() for side in known})
    for chunk in chunks(annotated, ["pk", *HEADER.values(), *(f"of_{side.lower()}" for side in known)]):
        said = answers.of([row.pk for row in chunk])
        yield lines([[*_state(row), *_details(row, known), *said[row.pk]] for row in chunk])


def _state(row: Any) -> Iterator[object]:
    return (_cell(getattr(row, field)) for field in HEADER.values())


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, datetime):
        return stamp(value)
    return "" if value is None else value


def _details(row: Any, known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for side, keys in known.items():
        details = getattr(row, f"of_{side.lower()}")
        yield from (str(details.get(key, "")) for key in keys)
