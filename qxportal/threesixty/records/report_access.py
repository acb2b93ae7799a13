"""Who may open a subject's report on the site of our own server."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_map, count, flag, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class ApprovalRecord:
    """The manager's decision about a report before the subject opens it."""

    person_id: str = ""
    name: str = ""
    edition: int = 0  # the newest that the subject may open; 0: none so far
    decided_at: datetime | None = None
    reason: str = ""  # why it was sent back

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one access."""
        row = as_map(row, "an approval")
        return cls(
            person_id=text(row, "PersonID"),
            name=text(row, "Name"),
            edition=count(row.get("Edition")),
            decided_at=moment(row.get("DecidedAt")),
            reason=text(row, "Reason"),
        )


@dataclass(frozen=True, kw_only=True)
class ReportAccessRecord:
    """One person's access to one subject's report (qxGetReportAccess)."""

    subject_id: str
    person_id: str
    access_id: str = ""
    first_name: str = ""
    last_name: str = ""
    left: bool = False  # the reader left the directory
    viewer: str = "Other"  # Subject, Manager or Other
    from_at: datetime | None = None
    until_at: datetime | None = None  # None: open-ended
    edition: int = 0  # 0: the latest one
    state: str = "Open"  # Planned, Open, Ended, WaitsForApproval or SentBack
    opened_at: datetime | None = None  # for the last time, by the reader
    opened_edition: int = 0
    downloaded_at: datetime | None = None  # for the last time, as a PDF
    approval: ApprovalRecord | None = None
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "an access")
        return cls(
            subject_id=needed(row, "SubjectID"),
            person_id=needed(row, "PersonID"),
            access_id=text(row, "AccessID"),
            first_name=text(row, "FirstName"),
            last_name=text(row, "LastName"),
            left=flag(row.get("Left")),
            viewer=text(row, "Viewer") or "Other",
            from_at=moment(row.get("From")),
            until_at=moment(row.get("Until")),
            edition=count(row.get("Edition")),
            state=text(row, "State") or "Open",
            opened_at=moment(row.get("LastOpenedAt")),
            opened_edition=count(row.get("OpenedEdition")),
            downloaded_at=moment(row.get("LastDownloadedAt")),
            approval=ApprovalRecord.read(row["Approval"]) if row.get("Approval") else None,
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class AccessOutcome:
    """The result for one reader of several (qxSetReportAccesses)."""

    access_id: str = ""  # empty: refused
    code: str = ""
    message: str = ""

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "an outcome")
        return cls(access_id=text(row, "AccessID"), code=text(row, "Code"), message=text(row, "Message"))
