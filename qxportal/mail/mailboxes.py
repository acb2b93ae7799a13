"""Common interface of mailboxes for delivery reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

LONGEST_WORDS = 300


class MailboxError(Exception):
    """The mailbox cannot be opened or read now; the text gives the reason without secrets."""


@dataclass(frozen=True)
class Waiting:
    """An unread message."""

    key: str
    number: int = 0  # grows with every message of the mailbox; 0 if the mailbox itself tracks what was read


class Mailbox(Protocol):
    """An open mailbox. Each method raises MailboxError if the mailbox fails."""

    name: str  # changes when the mailbox restarts its numbering

    def waiting(self, after: int, *, most: int) -> Sequence[Waiting]:
        """Unread messages after a number, the oldest first."""

    def latest(self, most: int) -> Sequence[Waiting]:
        """The newest messages, whether read or not."""

    def read(self, messages: Sequence[Waiting], *, longest: int) -> Iterator[tuple[Waiting, bytes]]:
        """The first bytes of messages, without marking them as seen; messages that are gone are left out."""

    def settle(self, *, handled: Sequence[Waiting], others: Sequence[Waiting]) -> None:
        """Delete messages whose reports are committed; keep the others."""

    def count(self) -> int:
        """Number of messages."""


def words_of(problem: BaseException, *, without: str = "") -> str:
    """An error's text on one line, without a secret that a server may have repeated."""
    said = problem.reason if isinstance(problem, UnicodeEncodeError) else str(problem)  # its text has a character
    quoted = without.replace("\\", "\\\\").replace('"', '\\"')
    printed = [repr(one.encode())[2:-1] for one in (quoted, without)]  # libraries print replies as bytes
    for secret in [*printed, quoted, without] if without else ():
        said = said.replace(secret, "…")
    return " ".join(f"{type(problem).__name__}: {said}".split())[:LONGEST_WORDS]
