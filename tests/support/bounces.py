"""Delivery reports in the formats of real mail servers, about any mail; every name in them is made up."""

import base64
from collections.abc import Callable
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
    return _mail(
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
    return _mail(
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


def exim(mail: Bounced) -> bytes:
    """Exim in its format from before delivery statuses, which some still configure."""
    return _mail(
        f"""\
        Return-path: <>
        Envelope-to: {mail.return_path}
        X-Failed-Recipients: {mail.to}
        Auto-Submitted: auto-replied
        From: Mail Delivery System <Mailer-Daemon@relay.halden.example>
        To: {mail.return_path}
        Subject: Mail delivery failed: returning message to sender
        Message-Id: <E1tHyQ9-0004Xb-2L@relay.halden.example>
        Date: Mon, 30 Nov 2026 09:14:09 +0000
        """,
        f"""\
        This message was created automatically by mail delivery software.

        A message that you sent could not be delivered to one or more of its
        recipients. This is a permanent error. The following address(es) failed:

          {mail.to}
            host mx1.halden.example [192.0.2.25]
            SMTP error from remote mail server after RCPT TO:<{mail.to}>:
            550 5.2.1 The account is disabled

        ------ This is a copy of the message, including all the headers. ------

        """,
        mail.headers,
        "\nHello Ben,\n\nyou have been asked for feedback.\n",
    )


def exim_expired(mail: Bounced) -> bytes:
    """Exim with a delivery status after days of attempts: the text says more than the status."""
    boundary = "1796077098-eximdsn-951958208"
    mark = mail.message_id.partition("@")[0]
    return _mail(
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


def qmail(mail: Bounced) -> bytes:
    """qmail in its own format (QSBMF)."""
    return _mail(
        f"""\
        Return-Path: <>
        Delivered-To: {mail.return_path}
        Date: 30 Nov 2026 09:14:09 -0000
        From: MAILER-DAEMON@mx.halden.example
        To: {mail.return_path}
        Subject: failure notice
        """,
        f"""\
        Hi. This is the qmail-send program at mx.halden.example.
        I'm afraid I wasn't able to deliver your message to the following addresses.
        This is a permanent error; I've given up. Sorry it didn't work out.

        <{mail.to}>:
        Sorry, no mailbox here by that name. (#5.1.1)

        --- Below this line is a copy of the message.

        """,
        mail.headers,
        "\nHello Ben,\n",
    )


def exchange_2003(mail: Bounced) -> bytes:
    """An old Exchange, in plain text only, through a gateway that removed the delivery status."""
    return _mail(
        f"""\
        Return-Path: <>
        From: System Administrator <postmaster@halden.example>
        To: {mail.return_path}
        Subject: Undeliverable: Halden Group asks for your feedback
        Date: Mon, 30 Nov 2026 10:14:09 +0100
        MIME-Version: 1.0
        Content-Type: text/plain; charset="iso-8859-1"
        """,
        f"""\
        Your message

          To:      {mail.to}
          Subject: Halden Group asks for your feedback
          Sent:    Mon, 30 Nov 2026 10:14:02 +0100

        did not reach the following recipient(s):

        {mail.to} on Mon, 30 Nov 2026 10:14:08 +0100
            The e-mail account does not exist at the organization this message was
        sent to.  Check the e-mail address, or contact the recipient directly to
        find out the correct address.
            <mail.halden.example #5.1.1>
            MSEXCH:MSExchangeIS:HALDEN:EX01
        """,
        "",
        "",
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
    return _mail(
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
    return _mail(
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


def out_of_office(mail: Bounced) -> bytes:
    """An automatic reply from a mailbox to the envelope sender, as RFC 3834 requires."""
    return _mail(
        f"""\
        Return-Path: <>
        Delivered-To: {mail.return_path}
        From: Ben Castle <{mail.to}>
        To: {mail.return_path}
        Subject: Out of office: Halden Group asks for your feedback
        In-Reply-To: <{mail.message_id}>
        Auto-Submitted: auto-replied (vacation)
        Content-Type: text/plain; charset=utf-8
        """,
        """\
        Thank you for your message. I am on leave until 14 December. My mailbox may be full:
        mails that could not be delivered are returned. 550 5.2.2 is not meant for you.
        """,
        "",
        "",
    )


def answer(mail: Bounced) -> bytes:
    """A person's answer, with the mail below it."""
    return _mail(
        f"""\
        Return-Path: <{mail.to}>
        From: Ben Castle <{mail.to}>
        To: {mail.return_path}
        Subject: Re: Halden Group asks for your feedback
        In-Reply-To: <{mail.message_id}>
        Content-Type: text/plain; charset=utf-8
        """,
        "Undeliverable? I got it. The following addresses failed last year:\n\n",
        mail.headers,
        "",
    )


FAILURES: dict[str, tuple[Callable[[Bounced], bytes], str, str]] = {  # format: report, its status, why the mail failed
    "postfix": (postfix, "5.1.1", "no-such-address"),
    "exchange-online": (exchange_online, "5.1.10", "no-such-address"),
    "exim": (exim, "5.2.1", "mailbox-disabled"),
    "qmail": (qmail, "5.1.1", "no-such-address"),
    "exchange-2003": (exchange_2003, "5.1.1", "no-such-address"),
    "utf-8": (in_utf8, "5.1.1", "no-such-address"),
    "utf-8-in-base64": (lambda mail: in_utf8(mail, encoded=True), "5.1.1", "no-such-address"),
    "expired": (expired, "4.4.1", "expired"),
    "exim-expired": (exim_expired, "4.4.7", "expired"),
}


def _mail(head: str, body: str, returned: str, end: str) -> bytes:
    """A message as it lies in a mailbox."""
    return (dedent(head) + "\n" + dedent(body) + returned + end).replace("\n", "\r\n").encode()
