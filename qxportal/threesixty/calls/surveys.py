"""Calls about surveys."""

from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.records import SurveyRecord
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetSurveys(Call[tuple[SurveyRecord, ...]]):
    """The caller's surveys (getSurveys, since 2.0)."""

    request = "getSurveys"

    def read(self, answer: Any) -> tuple[SurveyRecord, ...]:
        """One record per survey."""
        return tuple(SurveyRecord.read(row) for row in listed(answer, "Surveys"))
