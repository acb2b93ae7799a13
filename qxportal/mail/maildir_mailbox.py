"""A Maildir folder that a mail server on this machine delivers to.

Messages are read from `new`. Those that are not reports about our mails move to `cur`, marked as seen, as a mail
program would do. The standard library's `mailbox` would read each message whole, and rewrite it to move it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from qxportal.mail.mailbox_address import MailboxAddress
from qxportal.mail.mailboxes import MailboxError, Waiting, words_of

SEEN = ":2,S"


class MaildirMailbox:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._new, self._cur = folder, folder / "new", folder / "cur"
        self.name = str(folder)[-200:]
        for each in (self._new, self._cur):
            if not os.access(each, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(f"{each} is not there, or may not be read and written.")

    def waiting(self, after: int, *, most: int) -> Sequence[Waiting]:
        """Delivered messages, the oldest first: their names begin with the time of delivery."""
        return [Waiting(f"{self._new.name}/{name}") for name in _names(self._new)[:most]]

    def latest(self, most: int) -> Sequence[Waiting]:
        """The newest messages of both folders, by name."""
        found = [(name, each.name) for each in (self._new, self._cur) for name in _names(each)]
        return [Waiting(f"{folder}/{name}") for name, folder in sorted(found)[-most:]]

    def read(self, messages: Sequence[Waiting], *, longest: int) -> Iterator[tuple[Waiting, bytes]]:
        """The first bytes of each message."""
        for one in messages:
            with suppress(FileNotFoundError), (self._folder / one.key).open("rb") as file:
                yield one, file.read(longest)

    def settle(self, *, handled: Sequence[Waiting], others: Sequence[Waiting]) -> None:
        """Delete handled messages; mark the others as seen."""
        for one in handled:
            (self._folder / one.key).unlink(missing_ok=True)
        for one in others:
            with suppress(FileNotFoundError):
                delivered = self._folder / one.key
                delivered.rename(self._cur / f"{delivered.name.partition(':')[0]}{SEEN}")

    def count(self) -> int:
        """Number of messages in the folder."""
        return sum(1 for each in (self._new, self._cur) for _message in each.iterdir())


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(
            one.name for one in entries if one.is_file(follow_symlinks=False) and not one.name.startswith(".")
        )


@contextmanager
def maildir_mailbox(address: MailboxAddress) -> Iterator[MaildirMailbox]:
    """Open a folder."""
    try:
        yield MaildirMailbox(Path(address.folder))
    except OSError as problem:
        raise MailboxError(words_of(problem)) from None
