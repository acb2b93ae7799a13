"""The mail that a report is about, and the form in which a report is delivered."""

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Bounced:
    """The mail that a report is about."""

    to: str = "ben.castle@halden.example"
    return_path: str = "bounces+1-abcdefghijklmnopqrst@halden.example"
    message_id: str = "1-abcdefghijklmnopqrst@answers.halden.example"

    @property
    def headers(self) -> str:
        """The mail's own headers, as reports return them."""
        return dedent(f"""\
            Return-Path: <{self.return_path}>
            Received: from app.halden.example (app.halden.example [192.0.2.10])
            \tby out.halden.example (Postfix) with ESMTPS id 4X7QmK2Zt1z9s;
            \tMon, 30 Nov 2026 09:14:02 +0000 (UTC)
            From: Halden Group <portal@halden.example>
            To: {self.to}
            Subject: Halden Group asks for your feedback
            Message-ID: <{self.message_id}>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset="utf-8"
            """)


def as_delivered(head: str, body: str, returned: str, end: str) -> bytes:
    """A message as it lies in a mailbox."""
    return (dedent(head) + "\n" + dedent(body) + returned + end).replace("\n", "\r\n").encode()
