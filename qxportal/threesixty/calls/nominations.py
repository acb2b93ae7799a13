"""Our own calls about lists of evaluators; other servers answer that there is no such request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, RetryPolicy, param
from qxportal.threesixty.records.nominations import NominationRecord
from qxportal.threesixty.values import listed

AFTER = {"Approve": ("Approved",), "SendBack": ("SentBack",), "Reopen": ("Open",), "Submit": ("Submitted", "Approved")}


@dataclass(frozen=True, kw_only=True)
class GetNominations(Call[tuple[NominationRecord, ...]]):
    """Each subject's list of evaluators, with who acts next (qxGetNominations)."""

    request = "qxGetNominations"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str | None = param("SubjectID", default=None)

    def read(self, answer: Any) -> tuple[NominationRecord, ...]:
        """One record per subject."""
        return tuple(NominationRecord.read(row) for row in listed(answer, "Nominations"))


@dataclass(frozen=True, kw_only=True)
class SetNominations(Call[None]):
    """Replace a subject's list of evaluators (qxSetNominations)."""

    request = "qxSetNominations"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    nominees: tuple[Mapping[str, str], ...] = param("Nominees", how=As.JSON)  # each with PersonID and Relationship
    # addresses of external people to remove from the list
    without_outside: tuple[str, ...] | None = param("WithoutOutside", how=As.JSON, default=None)
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's list."""
        return GetNominations(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the list has these people, and none of the removed external ones."""
        record = _record(found, self.subject_id)
        if record is None:
            return None
        wanted = {(one["PersonID"], one["Relationship"]) for one in self.nominees}
        if {one.email for one in record.outside} & {*(self.without_outside or ())}:
            return False
        return {(one.person_id, one.relationship) for one in record.nominees} == wanted


@dataclass(frozen=True, kw_only=True)
class DecideNominations(Call[None]):
    """Submit, approve, send back or reopen a list (qxDecideNominations)."""

    request = "qxDecideNominations"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    decision: str = param("Decision")  # Submit, Approve, SendBack or Reopen
    reason: str | None = param("Reason", default=None)
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's list."""
        return GetNominations(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the list is in the state that follows from the decision."""
        record = _record(found, self.subject_id)
        return None if record is None else record.state in AFTER.get(self.decision, ())


def _record(found: Any, subject_id: str) -> NominationRecord | None:
    if not isinstance(found, Iterable):
        return None
    return next((one for one in found if isinstance(one, NominationRecord) and one.subject_id == subject_id), None)
