"""Our own calls about report editions, besides the API's 50; other servers answer that there is no such request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records.editions import EditionRecord, TakenOut
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetEditions(Call[tuple[EditionRecord, ...]]):
    """Editions shown and waiting, for one subject or a whole assessment (qxGetEditions)."""

    request = "qxGetEditions"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str | None = param("SubjectID", default=None)

    def read(self, answer: Any) -> tuple[EditionRecord, ...]:
        """One record per subject."""
        return tuple(EditionRecord.read(row) for row in listed(answer, "Editions"))


@dataclass(frozen=True, kw_only=True)
class ConfirmManager(Call[None]):
    """Confirm the person in the Manager relationship if the directory names no manager (qxConfirmManager)."""

    request = "qxConfirmManager"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's manager."""
        return GetEditions(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the manager is confirmed."""
        record = _record(found, self.subject_id)
        return None if record is None else (record.manager_state, record.manager_id) == ("confirmed", self.person_id)


@dataclass(frozen=True, kw_only=True)
class HideReportLine(Call[None]):
    """Hide one line of a subject's report permanently (qxHideReportLine)."""

    request = "qxHideReportLine"
    retry_policy = RetryPolicy.DESTRUCTIVE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    line: str = param("Line")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's report lines."""
        return GetEditions(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the line is hidden; None if the line is not listed."""
        record = _record(found, self.subject_id)
        line = record.line(self.line) if record else None
        return None if line is None else line.hidden


@dataclass(frozen=True, kw_only=True)
class TakeOutAnswers(Call[TakenOut]):
    """Remove one evaluator's answers from a subject's report, with all answers of their classes (qxTakeOutAnswers).

    No read-back shows whether it was carried out: a person decides.
    """

    request = "qxTakeOutAnswers"
    retry_policy = RetryPolicy.DESTRUCTIVE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> TakenOut:
        """How much was removed."""
        return TakenOut.read(answer)

    def read_back(self) -> Call[Any]:
        """The subject's report lines, as a basis for the decision."""
        return GetEditions(assessment_id=self.assessment_id, subject_id=self.subject_id)


def _record(found: Any, subject_id: str) -> EditionRecord | None:
    if isinstance(found, Rejected) or not isinstance(found, Iterable):
        return None
    return next((one for one in found if isinstance(one, EditionRecord) and one.subject_id == subject_id), None)
