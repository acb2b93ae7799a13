"""Messages in the mailbox that are no delivery reports."""

from tests.support.bounces.mail import Bounced, as_delivered


def out_of_office(mail: Bounced) -> bytes:
    """An automatic reply from a mailbox to the envelope sender, as RFC 3834 requires."""
    return as_delivered(
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
    return as_delivered(
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
