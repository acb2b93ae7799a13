"""Our own call for the earlier round that reports compare with; other servers do not know it."""

from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, RetryPolicy, param
from qxportal.threesixty.calls.thresholds import GetThresholds, thresholds_of


@dataclass(frozen=True, kw_only=True)
class SetComparison(Call[None]):
    """Set the earlier assessment that reports compare with; empty for none (qxSetComparison)."""

    request = "qxSetComparison"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    earlier_id: str | None = param("EarlierID", default=None)
    not_compared: tuple[str, ...] = param("NotCompared", how=As.JSON, default=())  # ids of questions
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The comparison of the assessment."""
        return GetThresholds(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the comparison is the given one."""
        record = thresholds_of(self.assessment_id, found)
        if record is None:
            return None
        told = record.comparison
        if told is None:
            return not self.earlier_id
        return told.earlier_id == self.earlier_id and set(told.not_compared) == set(self.not_compared)
