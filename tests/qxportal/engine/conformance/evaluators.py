"""Our own requests beside the catalogue's: group `evaluators`."""

from typing import Any
from uuid import uuid4

from qxportal.engine.models import Evaluation
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _subject(sample: SampleReview) -> Parameters:
    return {**named(sample), "SubjectID": sample.subject.person.public_id}


def _pair(sample: SampleReview, number: int) -> Parameters:
    return {**_subject(sample), "PersonID": sample.people[number].public_id}


def _fresh(sample: SampleReview) -> Parameters:
    person = sample.engine.people(1)[0]
    return {**_subject(sample), "PersonID": person.public_id, "Relationship": "Customer"}


def _key(sample: SampleReview) -> Parameters:
    return {"IdempotencyKey": uuid4().hex}


def _rows(sample: SampleReview, sent: Parameters) -> list[Any]:
    found = Evaluation.objects.filter(subject=sample.subject, evaluator__public_id=sent["PersonID"])
    return sample.run(lambda: list(found.values_list("relationship", "status")))  # type: ignore[no-any-return]


def _is_asked(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _rows(sample, sent) == [("Customer", "NotStarted")]


def _is_customer(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _rows(sample, sent) == [("Customer", "InProgress")]


def _is_gone(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _rows(sample, sent) == []


def _is_open(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _rows(sample, sent) == [("Manager", "InProgress")]


def _is_fresh(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert _rows(sample, sent) == [("Manager", "NotStarted")]


CASES = {
    "qxAddEvaluator": Case(required=_fresh, full=_key, state=_is_asked),
    "qxChangeRelationship": Case(
        required=lambda sample: {**_pair(sample, 2), "Relationship": "Customer"}, full=_key, state=_is_customer
    ),
    "qxGetEvaluators": Case(required=named, full=lambda sample: {"SubjectID": sample.people[0].public_id}),
    "qxRemoveEvaluator": Case(
        required=lambda sample: {**_pair(sample, 1), "RemoveAnswers": "1"}, full=_key, state=_is_gone
    ),
    "qxReopenEvaluation": Case(required=lambda sample: _pair(sample, 1), full=_key, state=_is_open),
    "qxResetEvaluation": Case(required=lambda sample: _pair(sample, 1), full=_key, state=_is_fresh),
}
