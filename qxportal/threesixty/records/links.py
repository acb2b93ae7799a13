"""The state of a person's links at our own server; never a link."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_map, count, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class LinkRecord:
    """The state of a person's links (qxGetLink)."""

    person_id: str
    ended_at: datetime | None = None  # when all earlier ones were ended last; None: never
    printed_at: datetime | None = None  # when a letter was printed for the person last; None: never
    days: int = 0  # for which a fresh one counts
    key: str = ""  # with which qxEndLinks ended them last
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the answer."""
        row = as_map(answer, "a link")
        return cls(
            person_id=needed(row, "PersonID"),
            ended_at=moment(row.get("EndedAt")),
            printed_at=moment(row.get("PrintedAt")),
            days=count(row.get("Days")),
            key=text(row, "Key"),
            raw=row,
        )
