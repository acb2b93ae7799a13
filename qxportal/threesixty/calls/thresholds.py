"""A call of our own about how many answers reports need; other servers answer that there is no such request."""

from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call, param
from qxportal.threesixty.records.thresholds import ThresholdsRecord
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetThresholds(Call[tuple[ThresholdsRecord, ...]]):
    """The minimums of one assessment, or of all that the caller runs (qxGetThresholds)."""

    request = "qxGetThresholds"

    assessment_id: str | None = param("ThreeSixtyID", default=None)

    def read(self, answer: Any) -> tuple[ThresholdsRecord, ...]:
        """One record per assessment."""
        return tuple(ThresholdsRecord.read(row) for row in listed(answer, "Thresholds"))
