"""Our own calls about minimum numbers and groups in reports; other servers answer that there is no such request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, RetryPolicy, param
from qxportal.threesixty.records.thresholds import ReportGroupRecord, ThresholdsRecord
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetThresholds(Call[tuple[ThresholdsRecord, ...]]):
    """Minimums and groups of one assessment, or of all that the caller runs (qxGetThresholds)."""

    request = "qxGetThresholds"

    assessment_id: str | None = param("ThreeSixtyID", default=None)

    def read(self, answer: Any) -> tuple[ThresholdsRecord, ...]:
        """One record per assessment."""
        return tuple(ThresholdsRecord.read(row) for row in listed(answer, "Thresholds"))


@dataclass(frozen=True, kw_only=True)
class SetReportGroups(Call[None]):
    """Set the relationships that reports show as one group (qxSetReportGroups)."""

    request = "qxSetReportGroups"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    groups: tuple[Mapping[str, Any], ...] = param("Groups", how=As.JSON)  # each with Name, Relationships, Translations
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The groups of the assessment."""
        return GetThresholds(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the groups are the given ones."""
        record = thresholds_of(self.assessment_id, found)
        if record is None:
            return None
        return [one.as_json() for one in record.groups] == [
            ReportGroupRecord(
                name=one["Name"], relationships=tuple(one["Relationships"]), translations=one.get("Translations", {})
            ).as_json()
            for one in self.groups
        ]


def thresholds_of(assessment_id: str, found: Any) -> ThresholdsRecord | None:
    """The record of one assessment in a read-back; None if it is not listed."""
    records: tuple[ThresholdsRecord, ...] = found if isinstance(found, tuple) else ()
    return next((one for one in records if one.assessment_id == assessment_id), None)
