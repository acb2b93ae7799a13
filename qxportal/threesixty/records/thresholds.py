"""What our own server tells of how many answers reports need."""

from dataclasses import dataclass, field
from typing import Any, Self

from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD
from qxportal.threesixty.values import Raw, as_map, count, flag, needed


@dataclass(frozen=True, kw_only=True)
class ThresholdsRecord:
    """The minimums of one assessment (qxGetThresholds)."""

    assessment_id: str
    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    min_spread: int = MINIMUM_FOR_SPREAD
    fixed: bool = True  # False: a draft, which takes those of the brand when it is activated
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
            raw=row,
        )
