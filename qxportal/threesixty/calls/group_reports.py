"""Our own call about means of units; other servers answer that there is no such request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import As, Call, param
from qxportal.threesixty.records.group_reports import GroupReportRecord


@dataclass(frozen=True, kw_only=True)
class GetGroupReport(Call[GroupReportRecord]):
    """Means of units by statement and competency (qxGetGroupReport); each result limits later ones."""

    request = "qxGetGroupReport"

    assessment_id: str = param("ThreeSixtyID")
    groups: tuple[Mapping[str, Any], ...] = param("Groups", how=As.JSON)  # each with Name and SubjectIDs
    readers: tuple[tuple[str, ...], ...] | None = param("Readers", how=As.JSON, default=None)  # subjects' ids of each
    language: str | None = param("Language", default=None)
    preview: bool | None = param("Preview", default=None)  # preview without figures

    def read(self, answer: Any) -> GroupReportRecord:
        """The whole report."""
        return GroupReportRecord.read(answer)
