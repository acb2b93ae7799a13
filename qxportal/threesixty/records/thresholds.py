"""Minimum numbers of answers in reports, and combined relationships, as our own server reports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from qxportal.threesixty.records.comparisons import ComparisonRecord
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD
from qxportal.threesixty.strict_json import Json
from qxportal.threesixty.values import Raw, as_map, count, flag, listed, needed


@dataclass(frozen=True, kw_only=True)
class ReportGroupRecord:
    """A group of reports with the relationships that stand in it."""

    name: str
    relationships: tuple[str, ...]
    translations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a group of reports")
        said = row.get("Translations")
        return cls(
            name=needed(row, "Name"),
            relationships=tuple(str(name) for name in listed(row, "Relationships")),
            translations={str(code): str(text) for code, text in said.items()} if isinstance(said, dict) else {},
        )

    def as_json(self) -> dict[str, Json]:
        """As qxSetReportGroups takes it."""
        return {"Name": self.name, "Relationships": list(self.relationships), "Translations": dict(self.translations)}


@dataclass(frozen=True, kw_only=True)
class ThresholdsRecord:
    """The minimums and groups of one assessment (qxGetThresholds)."""

    assessment_id: str
    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    min_spread: int = MINIMUM_FOR_SPREAD
    fixed: bool = True  # False: a draft, which takes those of the brand when it is activated
    groups: tuple[ReportGroupRecord, ...] = ()
    groups_fixed: bool = False  # True: a report was given
    comparison: ComparisonRecord | None = None
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer; less than what always holds is not believed."""
        row = as_map(row, "an assessment's minimums")
        group = max(MINIMUM, count(row.get("MinimumGroup")))
        return cls(
            assessment_id=needed(row, "ThreeSixtyID"),
            min_group=group,
            min_comments=max(group, count(row.get("MinimumComments"))),
            min_spread=max(group, count(row.get("MinimumForSpread")) or MINIMUM_FOR_SPREAD),
            fixed=flag(row.get("Fixed")),
            groups=tuple(ReportGroupRecord.read(one) for one in listed(row, "Groups")) if "Groups" in row else (),
            groups_fixed=flag(row.get("GroupsFixed")),
            comparison=ComparisonRecord.read(row["Comparison"]) if row.get("Comparison") else None,
            raw=row,
        )
