"""Delivery of one mail to one recipient, with the mail server's reply."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.utils import DNS_NAME

SMTP = "django.core.mail.backends.smtp.EmailBackend"
LONGEST_REPLY = 500  # characters
ABOUT_SENDER = re.compile(r"\b5\.(?:1\.[78]|7\.60)\b|SendAsDenied")  # RFC 3463; Exchange, which names no address


@dataclass(frozen=True)
class Delivery:
    """The result of one attempt."""

    accepted: bool
    temporary: bool = False  # refused or not reached in a way that a retry may resolve
    reply: str = ""  # the mail server's words, or why there are none


def deliver(mail: EmailMultiAlternatives, *, return_path: str = "", mark: str = "") -> Delivery:
    """Send a mail to its only recipient on its own connection.

    `return_path`: the envelope sender, which receives reports; `mark`: an identifier of the mail that they repeat.
    """
    if settings.EMAIL_BACKEND != SMTP:
        return _by_backend(mail)
    try:
        return _by_smtp(mail, return_path, mark)
    except smtplib.SMTPAuthenticationError as problem:
        return Delivery(False, temporary=True, reply=_said(problem.smtp_code, problem.smtp_error))
    except smtplib.SMTPResponseException as problem:
        return _refused(problem.smtp_code, problem.smtp_error)
    except smtplib.SMTPNotSupportedError:
        return Delivery(False, reply="The mail server takes no addresses with other letters than those of English.")
    except (smtplib.SMTPException, OSError, ssl.SSLError) as problem:
        return Delivery(False, temporary=True, reply=f"{type(problem).__name__}: {problem}"[:LONGEST_REPLY])


def _by_smtp(mail: EmailMultiAlternatives, return_path: str, mark: str) -> Delivery:
    kind = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    server = kind(
        settings.EMAIL_HOST, settings.EMAIL_PORT, local_hostname=DNS_NAME.get_fqdn(), timeout=settings.EMAIL_TIMEOUT
    )
    try:
        return _hand_over(server, mail, return_path, mark)
    finally:
        with suppress(smtplib.SMTPException):  # the reply to QUIT changes nothing about the mail
            server.quit()


def _hand_over(server: smtplib.SMTP, mail: EmailMultiAlternatives, return_path: str, mark: str) -> Delivery:
    sender, to = return_path or parseaddr(mail.from_email)[1], mail.to[0]
    server.ehlo_or_helo_if_needed()
    if settings.EMAIL_USE_TLS:
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    if settings.EMAIL_HOST_USER:
        server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    options = [] if to.isascii() else ["SMTPUTF8"]
    if options and not server.has_extn("smtputf8"):
        raise smtplib.SMTPNotSupportedError
    notify = []
    if mark and server.has_extn("dsn"):  # RFC 3461; a report without our text returns no personal link
        options += ["RET=HDRS", f"ENVID={mark}"]
        notify = ["NOTIFY=FAILURE,DELAY"]
    code, words = server.mail(sender, options)
    if code >= 400:
        return replace(_refused(code, words), temporary=True)  # for every recipient
    code, words = server.rcpt(to, notify)
    if code >= 400:
        return _refused(code, words, sender=return_path)
    code, words = server.data(re.sub(rb"\r?\n", b"\r\n", mail.message().as_bytes()))
    return Delivery(True, reply=_said(code, words)) if code < 400 else _refused(code, words, sender=return_path)


def _by_backend(mail: EmailMultiAlternatives) -> Delivery:
    """Deliver by Django's configured backend, such as a folder."""
    try:
        with get_connection() as connection:
            connection.send_messages([mail])
    except OSError as problem:
        return Delivery(False, temporary=True, reply=f"{type(problem).__name__}: {problem.strerror or problem}")
    return Delivery(True, reply="written")


def _refused(code: int, words: bytes | str, *, sender: str = "") -> Delivery:
    """The result for a refusal; one about our sender is temporary, as it is not the recipient's fault."""
    reply = _said(code, words)
    about_sender = (bool(sender) and sender.lower() in reply.lower()) or ABOUT_SENDER.search(reply) is not None
    return Delivery(False, temporary=code < 500 or about_sender, reply=reply)


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {text}".split())[:LONGEST_REPLY]
