"""Calls of our own beside the API's 50, about editions; other servers answer that there is no such request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records.editions import EditionRecord, TakenOut
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetEditions(Call[tuple[EditionRecord, ...]]):
    """What was shown of one subject, or of all of an assessment, and what waits (qxGetEditions)."""

    request = "qxGetEditions"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str | None = param("SubjectID", default=None)

    def read(self, answer: Any) -> tuple[EditionRecord, ...]:
        """One record per subject."""
        return tuple(EditionRecord.read(row) for row in listed(answer, "Editions"))


@dataclass(frozen=True, kw_only=True)
class ConfirmManager(Call[None]):
    """Confirm the one who stands as Manager, where the directory names none (qxConfirmManager)."""

    request = "qxConfirmManager"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """What is known of the subject's manager."""
        return GetEditions(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether he is confirmed."""
        record = _record(found, self.subject_id)
        return None if record is None else (record.manager_state, record.manager_id) == ("confirmed", self.person_id)


@dataclass(frozen=True, kw_only=True)
class HideReportLine(Call[None]):
    """Hide one line of a subject's report for good (qxHideReportLine)."""

    request = "qxHideReportLine"
    retry_policy = RetryPolicy.DESTRUCTIVE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    line: str = param("Line")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's lines."""
        return GetEditions(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is hidden; a line that is not listed tells nothing."""
        record = _record(found, self.subject_id)
        line = record.line(self.line) if record else None
        return None if line is None else line.hidden


@dataclass(frozen=True, kw_only=True)
class TakeOutAnswers(Call[TakenOut]):
    """Take one evaluator's answers out of a subject's report, with all answers of their classes (qxTakeOutAnswers).

    No reading tells whether it was carried out: a person decides.
    """

    request = "qxTakeOutAnswers"
    retry_policy = RetryPolicy.DESTRUCTIVE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> TakenOut:
        """How much left."""
        return TakenOut.read(answer)

    def read_back(self) -> Call[Any]:
        """The subject's lines, for whoever decides."""
        return GetEditions(assessment_id=self.assessment_id, subject_id=self.subject_id)


def _record(found: Any, subject_id: str) -> EditionRecord | None:
    if isinstance(found, Rejected) or not isinstance(found, Iterable):
        return None
    return next((one for one in found if isinstance(one, EditionRecord) and one.subject_id == subject_id), None)
