"""Users of the vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_map, count, listed, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class UserRecord:
    """One user; the counts are None where they were not asked for (getUserIDs)."""

    vendor_id: str
    user_name: str = ""
    surveys: int | None = None
    active_surveys: int | None = None
    last_response_at: datetime | None = None
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From a bare id or a map."""
        if isinstance(row, str) and row:
            return cls(vendor_id=row)
        row = as_map(row, "a user")
        return cls(
            vendor_id=needed(row, "UserID"),
            user_name=text(row, "UserName"),
            surveys=count(row["TotalSurveys"]) if "TotalSurveys" in row else None,
            active_surveys=count(row["ActiveSurveys"]) if "ActiveSurveys" in row else None,
            last_response_at=moment(row.get("LastResponseDate")),
            raw=row,
        )


def read_users(result: Any) -> tuple[UserRecord, ...]:
    """A list of ids or of maps, under a key or bare; or a map from id to a map."""
    if isinstance(result, Mapping):
        for key in ("UserIDs", "Users"):
            if key in result:
                return read_users(result[key])
        return tuple(UserRecord.read({"UserID": key, **as_map(row, "a user")}) for key, row in result.items())
    return tuple(UserRecord.read(row) for row in listed(result, "UserIDs"))
