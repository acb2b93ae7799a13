"""Delivery reports with a delivery status (RFC 3464, RFC 6533)."""

import base64
from textwrap import dedent

from tests.support.bounces.mail import Bounced, as_delivered


def postfix(
    mail: Bounced,
    *,
    status: str = "5.1.1",
    action: str = "failed",
    said: str = "smtp; 550 5.1.1 <ben.castle@halden.example>: Recipient address rejected: User unknown",
    to: str = "",
) -> bytes:
    """Postfix: three parts, the returned headers last."""
    words = "could not be delivered to one or more recipients" if action == "failed" else "is delayed"
    subject = "Undelivered Mail Returned to Sender" if action == "failed" else "Delayed Mail (still being retried)"
    return as_delivered(
        f"""\
        Return-Path: <>
        X-Original-To: {to or mail.return_path}
        Delivered-To: {to or mail.return_path}
        Date: Mon, 30 Nov 2026 09:14:05 +0000 (UTC)
        From: MAILER-DAEMON@out.halden.example (Mail Delivery System)
        Subject: {subject}
        To: {to or mail.return_path}
        Auto-Submitted: auto-replied
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status;
        \tboundary="4X7QmN0h9Bz9t.1796030045/out.halden.example"
        Message-Id: <20261130091405.4X7QmN1lM5zB0@out.halden.example>
        """,
        f"""\
        This is a MIME-encapsulated message.

        --4X7QmN0h9Bz9t.1796030045/out.halden.example
        Content-Description: Notification
        Content-Type: text/plain; charset=us-ascii

        This is the mail system at host out.halden.example.

        I'm sorry to have to inform you that your message {words}.

        --4X7QmN0h9Bz9t.1796030045/out.halden.example
        Content-Description: Delivery report
        Content-Type: message/delivery-status

        Reporting-MTA: dns; out.halden.example
        X-Postfix-Queue-ID: 4X7QmN0h9Bz9t
        X-Postfix-Sender: rfc822; {mail.return_path}
        Arrival-Date: Mon, 30 Nov 2026 09:14:02 +0000 (UTC)

        Final-Recipient: rfc822; {mail.to}
        Original-Recipient: rfc822;{mail.to}
        Action: {action}
        Status: {status}
        Remote-MTA: dns; mx1.halden.example
        Diagnostic-Code: {said}

        --4X7QmN0h9Bz9t.1796030045/out.halden.example
        Content-Description: Undelivered Message Headers
        Content-Type: text/rfc822-headers

        """,
        mail.headers,
        "--4X7QmN0h9Bz9t.1796030045/out.halden.example--\n",
    )


def delayed(mail: Bounced) -> bytes:
    """Postfix, which keeps trying."""
    said = "X-Postfix; connect to mx1.halden.example[192.0.2.25]:25: Connection timed out"
    return postfix(mail, status="4.4.1", action="delayed", said=said)


def expired(mail: Bounced) -> bytes:
    """Postfix after five days of attempts."""
    return postfix(mail, status="4.4.1", said="X-Postfix; connect to mx1.halden.example[192.0.2.25]:25: timed out")


def exchange_online(mail: Bounced) -> bytes:
    """Microsoft 365: words in HTML first, the returned headers as a message; our address in capitals."""
    return as_delivered(
        f"""\
        Received: from AM9PR06MB7300.eurprd06.prod.outlook.com ([2603:10a6:20b:2c1::18]) by outlook.com
        Content-Type: multipart/report; report-type=delivery-status;
        \tboundary="b4c1c1d2-6a0e-4d7d-9b1f-7d0a6f3f2a11"
        From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@halden.example>
        To: <{mail.return_path.upper()}>
        Date: Mon, 30 Nov 2026 09:14:09 +0000
        Message-ID: <5e8f1a0c-7c0b-4d5c-8f7a-9a8b1c2d3e4f@AM9PR06MB7300.eurprd06.prod.outlook.com>
        In-Reply-To: <{mail.message_id}>
        Subject: Undeliverable: Halden Group asks for your feedback
        Auto-Submitted: auto-replied
        X-MS-Exchange-Message-Is-Ndr:
        MIME-Version: 1.0
        """,
        f"""\
        --b4c1c1d2-6a0e-4d7d-9b1f-7d0a6f3f2a11
        Content-Type: multipart/alternative; differences=Content-Type;
        \tboundary="0d1b7c33-9f0e-4e4a-a1ad-0b7b0a5a7f77"

        --0d1b7c33-9f0e-4e4a-a1ad-0b7b0a5a7f77
        Content-Type: text/plain; charset="us-ascii"
        Content-Transfer-Encoding: quoted-printable

        Your message to {mail.to} couldn't be delivered.

        --0d1b7c33-9f0e-4e4a-a1ad-0b7b0a5a7f77
        Content-Type: text/html; charset="us-ascii"
        Content-Transfer-Encoding: quoted-printable

        <html><body><p>Your message to <b>{mail.to}</b> couldn't be delivered.</p></body></html>

        --0d1b7c33-9f0e-4e4a-a1ad-0b7b0a5a7f77--

        --b4c1c1d2-6a0e-4d7d-9b1f-7d0a6f3f2a11
        Content-Type: message/delivery-status

        Reporting-MTA: dns;AM9PR06MB7300.eurprd06.prod.outlook.com
        Received-From-MTA: dns;out.halden.example
        Arrival-Date: Mon, 30 Nov 2026 09:14:08 +0000

        Final-Recipient: rfc822;{mail.to}
        Action: failed
        Status: 5.1.10
        Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {mail.to}
         not found by SMTP address lookup

        --b4c1c1d2-6a0e-4d7d-9b1f-7d0a6f3f2a11
        Content-Type: message/rfc822

        """,
        mail.headers,
        "\n\n--b4c1c1d2-6a0e-4d7d-9b1f-7d0a6f3f2a11--\n",
    )


def exim_expired(mail: Bounced) -> bytes:
    """Exim with a delivery status after days of attempts: the text says more than the status."""
    boundary = "1796077098-eximdsn-951958208"
    mark = mail.message_id.partition("@")[0]
    return as_delivered(
        f"""\
        Return-path: <>
        Envelope-to: {mail.return_path}
        Received: from Debian-exim by relay.halden.example with local (Exim 4.96)
        \tid 1xY9hS-0002Jv-21
        \tfor {mail.return_path};
        \tMon, 30 Nov 2026 22:18:18 +0000
        X-Failed-Recipients: {mail.to}
        Auto-Submitted: auto-replied
        From: Mail Delivery System <Mailer-Daemon@relay.halden.example>
        To: {mail.return_path}
        References: <{mail.message_id}>
        Content-Type: multipart/report; report-type=delivery-status; boundary={boundary}
        MIME-Version: 1.0
        Subject: Mail delivery failed: returning message to sender
        Message-Id: <E1xY9hS-0002Jv-21@relay.halden.example>
        """,
        f"""\
        --{boundary}
        Content-type: text/plain; charset=us-ascii

        This message was created automatically by mail delivery software.

        A message that you sent could not be delivered to one or more of its
        recipients. This is a permanent error. The following address(es) failed:

          {mail.to}
            retry timeout exceeded

        --{boundary}
        Content-type: message/delivery-status

        Reporting-MTA: dns; relay.halden.example
        Original-Envelope-ID: {mark}

        Action: failed
        Final-Recipient: rfc822;{mail.to}
        Status: 5.0.0

        --{boundary}
        Content-type: text/rfc822-headers

        """,
        mail.headers,
        f"\n\n--{boundary}--\n",
    )


def in_utf8(mail: Bounced, *, encoded: bool = False, recipient: str = "") -> bytes:
    """A server with UTF-8 mail (RFC 6533): another type of status, optionally in Base64."""
    status = dedent(f"""\
        Reporting-MTA: dns; mx.halden.example
        Arrival-Date: Mon, 30 Nov 2026 09:14:08 +0000

        Original-Recipient: {recipient or f"utf-8; {mail.to}"}
        Final-Recipient: utf-8; {mail.to}
        Action: failed
        Status: 5.1.1
        Diagnostic-Code: smtp; 550 5.1.1 kein Postfach für {mail.to}
        """)
    body = base64.encodebytes(status.encode()).decode() if encoded else status
    return as_delivered(
        f"""\
        Return-Path: <>
        From: MAILER-DAEMON@mx.halden.example
        To: {mail.return_path}
        Subject: Delivery Status Notification (Failure)
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type="delivery-status"; boundary="=_utf8"
        """,
        f"""\
        --=_utf8
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: 8bit

        Delivery failed.

        --=_utf8
        Content-Type: message/global-delivery-status
        Content-Transfer-Encoding: {"base64" if encoded else "8bit"}

        """,
        f"{body}\n--=_utf8\nContent-Type: message/global-headers\n\n{mail.headers}",
        "\n--=_utf8--\n",
    )


def of_a_group(mail: Bounced, *, all_failed: bool) -> bytes:
    """A server that forwarded the mail to three members of a group address."""
    others = "".join(
        f"\nFinal-Recipient: rfc822;{name}@members.example\nAction: {action}\nStatus: {status}\n"
        for name, action, status in (
            ("mona.quist", "failed", "5.1.1"),
            ("emil.frost", "failed" if all_failed else "relayed", "5.1.1" if all_failed else "2.1.5"),
            ("dora.keel", "failed", "5.2.2"),
        )
    )
    return as_delivered(
        f"""\
        Return-Path: <>
        From: Mail Delivery Subsystem <MAILER-DAEMON@lists.halden.example>
        To: {mail.return_path}
        Subject: Returned mail: see transcript for details
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="3AUEE9ZZ012345.1796030049/lists"
        """,
        """\
        --3AUEE9ZZ012345.1796030049/lists

        The original message was received at Mon, 30 Nov 2026 09:14:02 GMT

        --3AUEE9ZZ012345.1796030049/lists
        Content-Type: message/delivery-status

        Reporting-MTA: dns; lists.halden.example
        Arrival-Date: Mon, 30 Nov 2026 09:14:02 GMT
        """,
        others,
        f"\n--3AUEE9ZZ012345.1796030049/lists\nContent-Type: text/rfc822-headers\n\n{mail.headers}"
        "\n--3AUEE9ZZ012345.1796030049/lists--\n",
    )
