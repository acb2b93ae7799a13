"""Enhanced status codes (RFC 3463), reduced to a few causes with labels on the screens."""

import re
from enum import StrEnum

CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)
REPLY = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])", re.ASCII)  # SMTP reply, if no enhanced code follows
DOMAIN = frozenset({"1.2", "4.4", "4.310", "4.312"})  # the last two are Exchange's own
NO_MAILBOX = frozenset({"1.0", "1.1", "1.3", "1.4", "1.6", "1.10", "4.1"})  # the last two as Exchange uses them
SENDER = frozenset({"1.7", "1.8", "1.9"})  # the server refused our own address
EXPIRED = frozenset({"4.7", "4.300", "4.316", "4.317"})
TOO_LARGE = frozenset({"2.3", "3.4"})


class Cause(StrEnum):
    """The cause of a returned mail."""

    NO_ADDRESS = "no-such-address"
    NO_DOMAIN = "no-such-domain"
    DISABLED = "mailbox-disabled"
    FULL = "mailbox-full"
    NOT_ACCEPTED = "not-accepted"  # by rules of the receiving server: contents, size, sender
    EXPIRED = "expired"  # given up after temporary failures
    RETURNED = "returned"  # permanent, with no further detail


OF_ADDRESS = frozenset({Cause.NO_ADDRESS, Cause.NO_DOMAIN, Cause.DISABLED, Cause.RETURNED})  # HR can correct it


def status_in(text: str) -> str:
    """The first enhanced status code in a text, else the class of an SMTP reply; empty if it has neither.

    >>> status_in("smtp; 550 5.1.1 <ben@halden.example>: no such user")
    '5.1.1'
    >>> status_in("Remote host said: 550 no mailbox here")
    '5.0.0'
    """
    if found := CODE.search(text):
        return found[0]
    reply = REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else ""


def cause_of(status: str) -> Cause:
    """The cause behind a failure with this status.

    >>> cause_of("5.2.2").value
    'mailbox-full'
    """
    kind, _dot, detail = status.partition(".")
    subject = detail.partition(".")[0]
    if kind == "4" or detail in EXPIRED:
        return Cause.EXPIRED
    if detail in DOMAIN:
        return Cause.NO_DOMAIN
    if detail in NO_MAILBOX:
        return Cause.NO_ADDRESS
    if detail == "2.1":
        return Cause.DISABLED
    if detail == "2.2":
        return Cause.FULL
    if detail in SENDER | TOO_LARGE or subject in ("6", "7"):
        return Cause.NOT_ACCEPTED
    return Cause.RETURNED
