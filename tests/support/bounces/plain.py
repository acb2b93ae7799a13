"""Delivery reports in plain text, without a delivery status."""

from tests.support.bounces.mail import Bounced, as_delivered


def exim(mail: Bounced) -> bytes:
    """Exim in its format from before delivery statuses, which some still configure."""
    return as_delivered(
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


def qmail(mail: Bounced) -> bytes:
    """qmail in its own format (QSBMF)."""
    return as_delivered(
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
    return as_delivered(
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
