"""What mailboxes in which delivery reports arrive have in common."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

LONGEST_WORDS = 300


class MailboxError(Exception):
    """The mailbox cannot be opened or read now; the words say why, and hold no secret."""


@dataclass(frozen=True)
class Waiting:
    """A message that was not looked at."""

    key: str
    number: int = 0  # grows with every message of the mailbox; 0 where the mailbox itself keeps what was looked at


class Mailbox(Protocol):
    """An open mailbox. Each of its functions raises MailboxError where the mailbox does not do it."""

    name: str  # another one where the numbers of its messages begin again

    def waiting(self, after: int, *, most: int) -> Sequence[Waiting]:
        """The messages behind a number that were not looked at, the oldest first."""

    def latest(self, most: int) -> Sequence[Waiting]:
        """The newest messages, whether they were looked at or not."""

    def read(self, messages: Sequence[Waiting], *, longest: int) -> Iterator[tuple[Waiting, bytes]]:
        """The first bytes of messages, which it does not mark as seen; messages that are gone are left out."""

    def settle(self, *, handled: Sequence[Waiting], others: Sequence[Waiting]) -> None:
        """Delete messages whose reports are committed; the others stay."""

    def count(self) -> int:
        """How many messages lie in it."""


def words_of(problem: BaseException, *, without: str = "") -> str:
    """What a problem says, on one line, without a secret that a server may have repeated."""
    said = str(problem)
    for secret in {without, without.replace("\\", "\\\\").replace('"', '\\"')} - {""}:
        said = said.replace(secret, "…")
    return " ".join(f"{type(problem).__name__}: {said}".split())[:LONGEST_WORDS]
