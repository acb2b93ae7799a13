"""A subject's editions, as our own server reports them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_list, as_map, count, flag, moment, needed, text, words_of


@dataclass(frozen=True, kw_only=True)
class LineRecord:
    """One line of a report: how many answered, and how many of them the last edition shows."""

    line: str
    label: str = ""
    kind: str = "group"  # self, manager, group or others
    answered: int = 0
    shown: int = 0
    waiting: int = 0
    below: int = 0  # shown by an earlier edition, and too few since more are needed
    hidden: bool = False

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one of a subject's lines."""
        row = as_map(row, "a line")
        return cls(
            line=needed(row, "Line"),
            label=text(row, "Label"),
            kind=text(row, "Kind") or "group",
            answered=count(row.get("Answered")),
            shown=count(row.get("Shown")),
            waiting=count(row.get("Waiting")),
            below=count(row.get("Below")),
            hidden=flag(row.get("Hidden")),
        )


@dataclass(frozen=True, kw_only=True)
class EditionRecord:
    """One subject's editions (qxGetEditions)."""

    subject_id: str
    status: str = "Waiting"
    edition: int = 0  # 0: none given so far
    made_at: datetime | None = None
    minimum: int = 0
    pending: bool = False
    open: int = 0
    in_progress: int = 0
    lines: tuple[LineRecord, ...] = ()
    merge_for_good: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    manager_state: str = "none"  # directory, confirmed, unconfirmed, several or none
    manager_id: str = ""
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a subject's editions")
        manager = as_map(row.get("Manager") or {}, "a manager")
        return cls(
            subject_id=needed(row, "SubjectID"),
            status=text(row, "Status") or "Waiting",
            edition=count(row.get("Edition")),
            made_at=moment(row.get("MadeAt")),
            minimum=count(row.get("Minimum")),
            pending=flag(row.get("Pending")),
            open=count(row.get("Open")),
            in_progress=count(row.get("InProgress")),
            lines=tuple(LineRecord.read(line) for line in as_list(row.get("Lines"))),
            merge_for_good=tuple(words_of(line) for line in as_list(row.get("MergeForGood"))),
            withheld=tuple(words_of(line) for line in as_list(row.get("Withheld"))),
            manager_state=text(manager, "State") or "none",
            manager_id=text(manager, "PersonID"),
            raw=row,
        )

    def line(self, name: str) -> LineRecord | None:
        """The line of that name."""
        return next((line for line in self.lines if line.line == name), None)


@dataclass(frozen=True, kw_only=True)
class TakenOut:
    """How much left with one evaluator's answers (qxTakeOutAnswers)."""

    classes: int = 0
    answers: int = 0

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the answer."""
        row = as_map(answer, "counts")
        return cls(classes=count(row.get("Classes")), answers=count(row.get("Answers")))
