"""Means of units, as our own server gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.values import Raw, as_map, count, listed, needed, text


@dataclass(frozen=True, kw_only=True)
class GroupCellRecord:
    """One figure of a unit; without `mean` and with `withheld` where it may not be shown."""

    mean: float | None = None
    subjects: int = 0
    since: date | None = None  # of an earlier day, and given again
    statements: int = 0  # behind a competency's figure, where not all of its statements are shown
    withheld: str = ""  # TooFew, Difference, Readers

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one cell."""
        row = as_map(row, "a figure")
        return cls(
            mean=_number(row.get("Mean")),
            subjects=count(row.get("Count")),
            since=_day(text(row, "Since")),
            statements=count(row.get("Statements")),
            withheld=text(row, "Withheld"),
        )


@dataclass(frozen=True, kw_only=True)
class LeftOutRecord:
    """A subject who is not counted: Yourself, NotDone, NoReport or FewAnswers."""

    subject_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class UnitRecord:
    """One unit with its figures by statement and competency."""

    name: str = ""
    subjects: int = 0
    cells: Mapping[str, GroupCellRecord] = field(default_factory=dict)
    left_out: tuple[LeftOutRecord, ...] = ()

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one unit of the answer."""
        row = as_map(row, "a unit")
        left = (as_map(one, "a subject") for one in (listed(row, "LeftOut") if "LeftOut" in row else ()))
        return cls(
            name=text(row, "Name"),
            subjects=count(row.get("Subjects")),
            cells={str(key): GroupCellRecord.read(one) for key, one in as_map(row.get("Cells"), "figures").items()},
            left_out=tuple(
                LeftOutRecord(subject_id=needed(one, "SubjectID"), reason=text(one, "Reason")) for one in left
            ),
        )


@dataclass(frozen=True, kw_only=True)
class AskedRecord:
    """A competency with its statements, or one of these."""

    id: str
    text: str
    items: tuple["AskedRecord", ...] = ()


@dataclass(frozen=True, kw_only=True)
class GroupReportRecord:
    """Means of units (qxGetGroupReport)."""

    groups: tuple[UnitRecord, ...]
    competencies: tuple[AskedRecord, ...]
    scale: tuple[str, ...]
    minimum: int
    day: date | None = None
    language: str = "en"
    together: UnitRecord | None = None  # all that is shown of several units
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the whole answer."""
        row = as_map(answer, "a group report")
        scale = as_map(row.get("Scale"), "a scale")
        return cls(
            groups=tuple(UnitRecord.read(one) for one in listed(row, "Groups")),
            competencies=tuple(_competency(one) for one in listed(row, "Competencies")),
            scale=tuple(str(label) for _point, label in sorted(scale.items(), key=lambda pair: count(pair[0]))),
            minimum=count(row.get("MinimumSubjects")),
            day=_day(text(row, "DataDate")),
            language=text(row, "Language") or "en",
            together=UnitRecord.read(row["Together"]) if "Together" in row else None,
            raw=row,
        )


def _competency(row: Any) -> AskedRecord:
    row = as_map(row, "a competency")
    items = (as_map(one, "a statement") for one in listed(row, "Items"))
    return AskedRecord(
        id=needed(row, "ID"),
        text=text(row, "Name"),
        items=tuple(AskedRecord(id=needed(one, "ID"), text=text(one, "Text")) for one in items),
    )


def _number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    try:
        return float(str(value))
    except ValueError:
        raise MalformedResponse("A mean is no number.") from None


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
