"""Our own calls about an assessment's dates; other servers answer that there is no such request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records.schedules import ScheduleRecord
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetSchedule(Call[tuple[ScheduleRecord, ...]]):
    """Dates of one assessment, or of all that have some (qxGetSchedule)."""

    request = "qxGetSchedule"

    assessment_id: str | None = param("ThreeSixtyID", default=None)

    def read(self, answer: Any) -> tuple[ScheduleRecord, ...]:
        """One record per assessment with dates."""
        return tuple(ScheduleRecord.read(row) for row in listed(answer, "Schedules"))


@dataclass(frozen=True, kw_only=True)
class SetSchedule(Call[None]):
    """Replace all dates of an assessment, and the effects of closing (qxSetSchedule)."""

    request = "qxSetSchedule"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    opens_at: datetime | None = param("OpensAt", default=None)
    closes_at: datetime | None = param("ClosesAt", default=None)
    remind_at: tuple[datetime, ...] = param("RemindAt", default=())
    report_at: datetime | None = param("ReportAt", default=None)
    close_sessions: bool = param("CloseSessions")
    delete_mailings: bool = param("DeleteMailings")
    ready_reports: bool = param("ReadyReports")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The assessment's dates."""
        return GetSchedule(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the dates are the given ones."""
        if isinstance(found, Rejected):
            return None
        record = _record(found, self.assessment_id)
        return record is not None and _said(record) == _said(self)


@dataclass(frozen=True, kw_only=True)
class SetExtension(Call[None]):
    """Give one person a longer deadline than others, or end it (qxSetExtension)."""

    request = "qxSetExtension"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    person_id: str = param("PersonID")
    until: datetime | None = param("Until", default=None)
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The assessment's dates, with the people who have an extension."""
        return GetSchedule(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the person has time until then; without a time, whether the person has no extension."""
        if isinstance(found, Rejected):
            return None
        record = _record(found, self.assessment_id)
        until = {one.person_id: one.until for one in record.extensions} if record else {}
        return until.get(self.person_id) == _second(self.until)


def _record(found: Any, assessment_id: str) -> ScheduleRecord | None:
    rows = found if isinstance(found, Iterable) else ()
    return next((one for one in rows if isinstance(one, ScheduleRecord) and one.assessment_id == assessment_id), None)


def _said(one: SetSchedule | ScheduleRecord) -> tuple[object, ...]:
    dates = [_second(at) for at in (one.opens_at, one.closes_at, one.report_at)]
    reminders = sorted({_second(at) for at in one.remind_at}, key=str)
    return (*dates, reminders, one.close_sessions, one.delete_mailings, one.ready_reports)


def _second(at: datetime | None) -> datetime | None:
    """A time in wire format: in UTC, to the second."""
    return at.astimezone(UTC).replace(microsecond=0) if at else None
