"""Our own calls about letters with a code; other servers answer that there is no such request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from qxportal.threesixty.calls.base import Call, RetryPolicy, param
from qxportal.threesixty.records.letters import LetterRecord, PrintedLetters
from qxportal.threesixty.values import listed


@dataclass(frozen=True, kw_only=True)
class GetLetters(Call[tuple[LetterRecord, ...]]):
    """Letters printed for people of an assessment, without their codes (qxGetLetters)."""

    request = "qxGetLetters"

    assessment_id: str = param("ThreeSixtyID")
    person_id: str | None = param("PersonID", default=None)

    def read(self, answer: Any) -> tuple[LetterRecord, ...]:
        """One record per letter."""
        return tuple(LetterRecord.read(row) for row in listed(answer, "Letters"))


@dataclass(frozen=True, kw_only=True)
class PrintLetters(Call[PrintedLetters]):
    """Create a code for each person, shown only once; ends earlier links and codes (qxPrintLetters)."""

    request = "qxPrintLetters"
    retry_policy = RetryPolicy.CREATE  # a second response would have no codes

    assessment_id: str = param("ThreeSixtyID")
    person_ids: tuple[str, ...] = param("PersonIDs")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> PrintedLetters:
        """The letters with their codes."""
        return PrintedLetters.read(answer)

    def read_back(self) -> Call[Any]:
        """The assessment's letters."""
        return GetLetters(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether letters with this key exist."""
        if not isinstance(found, Iterable) or not self.idempotency_key:
            return None
        return any(isinstance(one, LetterRecord) and one.key == self.idempotency_key for one in found)
