"""Calls of our own beside the API's 50: who may open a subject's report on the site."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records.report_access import ReportAccessRecord
from qxportal.threesixty.values import as_map, listed, needed


class Reader(StrEnum):
    """The reader's relation to the subject."""

    SUBJECT = "Subject"
    MANAGER = "Manager"
    OTHER = "Other"


@dataclass(frozen=True, kw_only=True)
class GetReportAccess(Call[tuple[ReportAccessRecord, ...]]):
    """Who may open the report of one subject, or of all of an assessment, and who did (qxGetReportAccess)."""

    request = "qxGetReportAccess"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str | None = param("SubjectID", default=None)

    def read(self, answer: Any) -> tuple[ReportAccessRecord, ...]:
        """One record per reader."""
        return tuple(ReportAccessRecord.read(row) for row in listed(answer, "Accesses"))


@dataclass(frozen=True, kw_only=True)
class GetReportKey(Call[str]):
    """What the bytes of a report's PDF depend on, for one viewer; equal keys, equal PDFs (qxGetReportKey)."""

    request = "qxGetReportKey"

    assessment_id: str = param("ThreeSixtyID")
    person_id: str = param("PersonID")
    viewer: str = param("Viewer")

    def read(self, answer: Any) -> str:
        """The key."""
        return needed(as_map(answer, "a key"), "Key")


@dataclass(frozen=True, kw_only=True)
class SetReportAccess(Call[None]):
    """Let a person open a subject's report on the site; `until` now withdraws it (qxSetReportAccess)."""

    request = "qxSetReportAccess"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    viewer: Reader = param("Viewer")
    from_at: datetime | None = param("From", default=None)  # None: now, or as it was
    until_at: datetime | None = param("Until", default=None)  # None: open-ended
    edition: int | None = param("Edition", default=None)  # None: the latest one
    notify: bool | None = param("Notify", default=None)  # by mail: when it opens, or that it no longer does
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is needed here."""

    def read_back(self) -> Call[Any]:
        """The subject's readers."""
        return GetReportAccess(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the reader has the access as it was asked for."""
        if isinstance(found, Rejected) or not isinstance(found, Iterable):
            return None
        there = (
            one
            for one in found
            if isinstance(one, ReportAccessRecord)
            and (one.subject_id, one.person_id) == (self.subject_id, self.person_id)
        )
        record = next(there, None)
        if record is None:
            return False
        asked = (str(self.viewer), self.until_at, self.edition or 0)
        from_as_asked = self.from_at is None or record.from_at == self.from_at
        return from_as_asked and (record.viewer, record.until_at, record.edition) == asked
