"""Calls of our own about single evaluators; other servers answer that there is no such request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records.evaluators import EvaluatorRecord
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetEvaluators(Call[tuple[EvaluatorRecord, ...]]):
    """Evaluators of one subject, or of a whole assessment, with reasons for declining (qxGetEvaluators)."""

    request = "qxGetEvaluators"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str | None = param("SubjectID", default=None)

    def read(self, answer: Any) -> tuple[EvaluatorRecord, ...]:
        """One record per evaluation."""
        return tuple(EvaluatorRecord.read(row) for row in listed(answer, "Evaluators"))


@dataclass(frozen=True, kw_only=True)
class OneEvaluation(Call[None]):
    """Base of calls about one evaluation: its identifying parameters, and the read-back of its state."""

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's evaluators."""
        return GetEvaluators(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def found(self, answer: Any) -> EvaluatorRecord | None:
        """The evaluation in a read-back; None if it is not listed."""
        if isinstance(answer, Rejected) or not isinstance(answer, Iterable):
            return None
        rows = (one for one in answer if isinstance(one, EvaluatorRecord))
        pair = (self.subject_id, self.person_id)
        return next((one for one in rows if (one.subject_id, one.person_id) == pair), None)


@dataclass(frozen=True, kw_only=True)
class AddEvaluator(OneEvaluation):
    """Ask one person to evaluate a subject (qxAddEvaluator)."""

    request = "qxAddEvaluator"
    retry_policy = RetryPolicy.NATURAL_KEY

    relationship: str = param("Relationship")

    def shows(self, found: Any) -> bool | None:
        """Whether this person evaluates the subject in this relationship."""
        if isinstance(found, Rejected):
            return None
        record = self.found(found)
        return record is not None and record.relationship == self.relationship


@dataclass(frozen=True, kw_only=True)
class ChangeRelationship(OneEvaluation):
    """Give one evaluation another relationship (qxChangeRelationship)."""

    request = "qxChangeRelationship"
    retry_policy = RetryPolicy.STATE

    relationship: str = param("Relationship")

    def shows(self, found: Any) -> bool | None:
        """Whether the evaluation has this relationship."""
        record = self.found(found)
        return None if record is None else record.relationship == self.relationship


@dataclass(frozen=True, kw_only=True)
class RemoveEvaluator(OneEvaluation):
    """Remove one evaluation, with its answers if requested (qxRemoveEvaluator)."""

    request = "qxRemoveEvaluator"
    retry_policy = RetryPolicy.DESTRUCTIVE
    shown_by_absence = True

    remove_answers: bool = param("RemoveAnswers")

    def shows(self, found: Any) -> bool | None:
        """Whether this person no longer evaluates the subject."""
        return None if isinstance(found, Rejected) else self.found(found) is None


@dataclass(frozen=True, kw_only=True)
class ReopenEvaluation(OneEvaluation):
    """Let an evaluator continue a submitted or declined evaluation (qxReopenEvaluation)."""

    request = "qxReopenEvaluation"
    retry_policy = RetryPolicy.STATE

    def shows(self, found: Any) -> bool | None:
        """Whether the evaluation is open."""
        record = self.found(found)
        return None if record is None else record.state in ("NotStarted", "InProgress")


@dataclass(frozen=True, kw_only=True)
class ResetEvaluation(OneEvaluation):
    """Delete an evaluation's answers, so that the evaluator starts again (qxResetEvaluation)."""

    request = "qxResetEvaluation"
    retry_policy = RetryPolicy.DESTRUCTIVE

    def shows(self, found: Any) -> bool | None:
        """Whether the evaluation is in its initial state."""
        record = self.found(found)
        return None if record is None else record.state == "NotStarted"
