"""A mailbox over IMAP, always by TLS, read in byte ranges, so that no message costs more than another."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from imapclient import DELETED, IMAPClient
from imapclient.exceptions import IMAPClientError

from qxportal.mail.mailbox_address import MailboxAddress
from qxportal.mail.mailboxes import MailboxError, Waiting, words_of

TIMEOUT = 10.0  # time limit of each step in seconds
AT_ONCE = 20  # messages per command


class ImapMailbox:
    """An open folder. A UID identifies a message for good, as long as the folder keeps its UIDVALIDITY."""

    def __init__(self, client: IMAPClient, address: MailboxAddress) -> None:
        self._client, self._folder = client, address.folder
        opened = client.select_folder(address.folder)
        self._messages = int(opened[b"EXISTS"])
        self.name = f"{address.host}/{address.user}/{address.folder}"[:160] + f":{opened.get(b'UIDVALIDITY', 0)}"

    def waiting(self, after: int, *, most: int) -> Sequence[Waiting]:
        """The UIDs after the given one; servers answer an empty range with the last message, which is filtered out."""
        if not self._messages:
            return []
        found = self._client.search(["UID", f"{after + 1}:*"])
        return [Waiting(str(uid), uid) for uid in sorted(uid for uid in found if uid > after)[:most]]

    def latest(self, most: int) -> Sequence[Waiting]:
        """The highest UIDs."""
        return [Waiting(str(uid), uid) for uid in sorted(self._client.search("ALL"))[-most:]] if self._messages else []

    def read(self, messages: Sequence[Waiting], *, longest: int) -> Iterator[tuple[Waiting, bytes]]:
        """The first bytes of each message."""
        for at in range(0, len(messages), AT_ONCE):
            chunk = messages[at : at + AT_ONCE]
            found = self._client.fetch([one.number for one in chunk], [f"BODY.PEEK[]<0.{longest}>"])
            for one in chunk:
                told = found.get(one.number, {})
                content = next((value for item, value in told.items() if item.startswith(b"BODY[]")), None)
                if content is not None:
                    yield one, content[:longest]

    def settle(self, *, handled: Sequence[Waiting], others: Sequence[Waiting]) -> None:
        """Delete handled messages; without UIDPLUS this also expunges messages that others marked for deletion."""
        uids = [one.number for one in handled]
        for at in range(0, len(uids), AT_ONCE):
            chunk = uids[at : at + AT_ONCE]
            self._client.add_flags(chunk, [DELETED], silent=True)
            self._client.expunge(chunk if self._client.has_capability("UIDPLUS") else None)

    def count(self) -> int:
        """Number of messages in the folder."""
        return int(self._client.folder_status(self._folder, ["MESSAGES"])[b"MESSAGES"])


@contextmanager
def imap_mailbox(address: MailboxAddress, *, ca: str = "", token_file: str = "") -> Iterator[ImapMailbox]:
    """Open a folder; `token_file` contains an OAuth access token that another program renews."""
    secret = address.password
    try:
        if token_file:
            secret = Path(token_file).read_text().strip()
        trusted = ssl.create_default_context(cafile=ca or None)
        with IMAPClient(
            address.host, address.port, ssl=address.scheme == "imaps", ssl_context=trusted, timeout=TIMEOUT
        ) as client:
            if address.scheme != "imaps":
                client.starttls(trusted)
            if token_file:
                client.oauth2_login(address.user, secret)
            else:
                client.login(address.user, secret)
            yield ImapMailbox(client, address)
    except (IMAPClientError, OSError, ValueError, LookupError) as problem:  # the last two: replies against the protocol
        raise MailboxError(words_of(problem, without=secret)) from None
