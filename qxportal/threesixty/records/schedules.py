"""An assessment's dates, as our own server reports them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_list, as_map, flag, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class ExtensionRecord:
    """A person who may answer for longer."""

    person_id: str
    until: datetime | None

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one of a schedule's extensions."""
        row = as_map(row, "an extension")
        return cls(person_id=needed(row, "PersonID"), until=moment(row.get("Until")))


@dataclass(frozen=True, kw_only=True)
class ScheduleRecord:
    """One assessment's dates and what was carried out (qxGetSchedule)."""

    assessment_id: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    remind_at: tuple[datetime, ...] = ()
    report_at: datetime | None = None
    close_sessions: bool = False
    delete_mailings: bool = False
    ready_reports: bool = False
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    reported_at: datetime | None = None
    problem: str = ""
    time_zone: str = ""
    extensions: tuple[ExtensionRecord, ...] = ()
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a schedule")
        return cls(
            assessment_id=needed(row, "ThreeSixtyID"),
            opens_at=moment(row.get("OpensAt")),
            closes_at=moment(row.get("ClosesAt")),
            remind_at=tuple(at for one in as_list(row.get("RemindAt")) if (at := moment(one))),
            report_at=moment(row.get("ReportAt")),
            close_sessions=flag(row.get("CloseSessions")),
            delete_mailings=flag(row.get("DeleteMailings")),
            ready_reports=flag(row.get("ReadyReports")),
            opened_at=moment(row.get("Opened")),
            closed_at=moment(row.get("Closed")),
            reported_at=moment(row.get("Reported")),
            problem=text(row, "Problem"),
            time_zone=text(row, "TimeZone"),
            extensions=tuple(ExtensionRecord.read(one) for one in as_list(row.get("Extensions"))),
            raw=row,
        )
