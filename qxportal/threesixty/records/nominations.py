"""Lists of evaluators that subjects and managers choose, as our own server reports them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_list, as_map, count, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class NomineeRecord:
    """One person on a list."""

    person_id: str
    relationship: str = ""
    added_by: str = ""  # a person's id; empty: HR

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one of a list's people."""
        row = as_map(row, "a nominee")
        return cls(
            person_id=needed(row, "PersonID"), relationship=text(row, "Relationship"), added_by=text(row, "AddedBy")
        )


@dataclass(frozen=True, kw_only=True)
class OutsideRecord:
    """A person on a list who is not in the directory until it is approved."""

    first_name: str
    last_name: str
    email: str
    relationship: str = ""
    added_by: str = ""  # a person's id

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one of a list's people from outside."""
        row = as_map(row, "a nominee from outside")
        return cls(
            first_name=text(row, "FirstName"),
            last_name=text(row, "LastName"),
            email=text(row, "Email"),
            relationship=text(row, "Relationship"),
            added_by=text(row, "AddedBy"),
        )


@dataclass(frozen=True, kw_only=True)
class NominationRecord:
    """One subject's list (qxGetNominations)."""

    subject_id: str
    state: str = "Open"  # Open, SentBack, Submitted or Approved
    turn: str = ""  # who acts next: Subject, Manager, HR, or nobody
    manager_id: str = ""
    reason: str = ""
    changed_at: datetime | None = None
    minimum: int = 0
    maximum: int = 0  # 0: no limit
    chosen: int = 0
    nominees: tuple[NomineeRecord, ...] = ()
    outside: tuple[OutsideRecord, ...] = ()
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a list of nominees")
        return cls(
            subject_id=needed(row, "SubjectID"),
            state=text(row, "State") or "Open",
            turn=text(row, "Turn"),
            manager_id=text(row, "ManagerID"),
            reason=text(row, "Reason"),
            changed_at=moment(row.get("ChangedAt")),
            minimum=count(row.get("Minimum")),
            maximum=count(row.get("Maximum")),
            chosen=count(row.get("Chosen")),
            nominees=tuple(NomineeRecord.read(one) for one in as_list(row.get("Nominees"))),
            outside=tuple(OutsideRecord.read(one) for one in as_list(row.get("Outside"))),
            raw=row,
        )
