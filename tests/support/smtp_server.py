"""A real mail server that keeps accepted mail, and refuses the configured recipients."""

import email
import email.policy
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any


@dataclass
class Received:
    """A mail as it came over the wire."""

    sender: str
    to: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, read."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def text(self) -> str:
        """Its plain part."""
        part = self.message.get_body(("plain",))
        return part.get_content().replace("\r\n", "\n") if part else ""

    @property
    def html(self) -> str:
        """Its other part."""
        part = self.message.get_body(("html",))
        return part.get_content().replace("\r\n", "\n") if part else ""


@dataclass
class MailServer:
    """What came in, and how to answer."""

    port: int
    received: list[Received] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)  # address -> reply to RCPT
    after_data: str = ""  # reply to DATA, instead of taking the mail

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        """Take a recipient, or not."""
        if reply := self.refuse.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take a mail, or not."""
        if self.after_data:
            return self.after_data
        self.received += [Received(envelope.mail_from, to, envelope.original_content) for to in envelope.rcpt_tos]
        return f"250 queued as {len(self.received)}"

    def to(self, address: str) -> Received:
        """The only mail to an address."""
        (found,) = [one for one in self.received if one.to == address]
        return found

    @property
    def recipients(self) -> list[str]:
        """Who got mail, in order."""
        return [one.to for one in self.received]
