"""The mailbox for delivery reports, as configured in the environment: an IMAP mailbox or a Maildir folder."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

SCHEMES = {"imaps": 993, "imap+tls": 143, "maildir": 0}
FOLDER = "INBOX"


@dataclass(frozen=True)
class MailboxAddress:
    """Address of a mailbox to read. Its password is never printed."""

    scheme: str  # imaps, imap+tls (STARTTLS), maildir
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = FOLDER  # IMAP folder; path of a Maildir

    def __str__(self) -> str:
        return self.folder if self.scheme == "maildir" else f"{self.user} at {self.host}:{self.port}, {self.folder}"


def mailbox_address(url: str) -> MailboxAddress | None:
    """Parse a mailbox address; None if empty; raises ValueError, whose text does not contain the address.

    >>> print(mailbox_address("imaps://bounces%40halden.example:secret@imap.halden.example/Reports"))
    bounces@halden.example at imap.halden.example:993, Reports
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("The address of the mailbox cannot be read.") from None
    if parts.scheme not in SCHEMES:
        raise ValueError(f"The address of the mailbox begins with one of: {', '.join(f'{name}:' for name in SCHEMES)}.")
    if parts.scheme == "maildir":
        if parts.netloc or not Path(unquote(parts.path)).is_absolute():
            raise ValueError("The folder of the mailbox is an absolute path: maildir:///var/mail/bounces.")
        return MailboxAddress("maildir", folder=unquote(parts.path))
    if not (parts.hostname and parts.username):
        raise ValueError("The address of the mailbox names a user and a host: imaps://USER:PASSWORD@HOST/INBOX.")
    return MailboxAddress(
        parts.scheme,
        host=parts.hostname,
        port=port or SCHEMES[parts.scheme],
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or FOLDER,
    )
