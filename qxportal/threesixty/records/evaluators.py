"""The evaluators of a subject, as our own server reports them."""

from dataclasses import dataclass, field
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_map, flag, needed, text


@dataclass(frozen=True, kw_only=True)
class EvaluatorRecord:
    """One evaluation (qxGetEvaluators)."""

    subject_id: str
    person_id: str
    relationship: str = ""
    state: str = "NotStarted"
    declined_because: str = ""
    unsolicited: bool = False
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "an evaluator")
        return cls(
            subject_id=needed(row, "SubjectID"),
            person_id=needed(row, "PersonID"),
            relationship=text(row, "Relationship"),
            state=text(row, "State") or "NotStarted",
            declined_because=text(row, "DeclinedBecause"),
            unsolicited=flag(row.get("Unsolicited")),
            raw=row,
        )
