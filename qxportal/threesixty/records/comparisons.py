"""The earlier round with which reports are compared, as our own server gives it."""

from dataclasses import dataclass
from typing import Any, Self

from qxportal.threesixty.values import as_map, count, flag, listed, needed, text


@dataclass(frozen=True, kw_only=True)
class StatementRecord:
    """A rated statement, and of one that both rounds have the earlier one too."""

    question_id: str
    text: str = ""
    tag: str = ""
    earlier_id: str = ""
    earlier_text: str = ""
    by: str = ""  # Question, Words or Tag: what both have in common
    same_scale: bool = False
    compared: bool = False

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a statement")
        return cls(
            question_id=needed(row, "QuestionID"),
            text=text(row, "Text"),
            tag=text(row, "Tag"),
            earlier_id=text(row, "EarlierQuestionID"),
            earlier_text=text(row, "EarlierText"),
            by=text(row, "By"),
            same_scale=flag(row.get("SameScale")),
            compared=flag(row.get("Compared")),
        )


@dataclass(frozen=True, kw_only=True)
class ComparisonRecord:
    """The earlier assessment with which reports are compared, and the statements of both."""

    earlier_id: str
    earlier_name: str = ""
    not_compared: tuple[str, ...] = ()  # ids of questions
    subjects: int = 0
    subjects_before: int = 0  # those with an edition of the earlier report
    same: tuple[StatementRecord, ...] = ()
    new: tuple[StatementRecord, ...] = ()
    gone: tuple[StatementRecord, ...] = ()

    @classmethod
    def read(cls, row: Any) -> Self:
        """From what an assessment's minimums come with."""
        row = as_map(row, "a comparison")

        def statements(name: str) -> tuple[StatementRecord, ...]:
            return tuple(StatementRecord.read(one) for one in listed(row, name)) if name in row else ()

        return cls(
            earlier_id=needed(row, "EarlierID"),
            earlier_name=text(row, "EarlierName"),
            not_compared=tuple(str(one) for one in listed(row, "NotCompared")) if "NotCompared" in row else (),
            subjects=count(row.get("Subjects")),
            subjects_before=count(row.get("SubjectsBefore")),
            same=statements("Same"),
            new=statements("New"),
            gone=statements("Gone"),
        )
