"""Delivery reports from mail servers: the fate of mails that had been accepted.

Supports RFC 3464 with its form for UTF-8 addresses (RFC 6533), and the plain text of older servers. A report is not
trusted here: its reader decides by an unguessable mark whether it is about a mail of ours.
"""

import email
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

from flufl.bounce import all_failures

from qxportal.mail.recipients import known_forms
from qxportal.mail.statuses import status_in

LONGEST = 128 * 1024  # bytes of a message to read; reports precede the returned message
LONGEST_PLAIN = 64 * 1024
MOST_PARTS, DEEPEST, MOST_RECIPIENTS = 50, 5, 100
LONGEST_WORDS = 300  # characters kept of a server's words
ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to")
STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
RETURNED_MESSAGES = frozenset({"message/rfc822", "message/global", "message/global-headers", "message/rfc822-headers"})
RETURNED_HEADERS = frozenset({"text/rfc822-headers"})
MESSAGE_ID = re.compile(r"<[^<>\s]{3,250}>")
PLAIN_MESSAGE_ID = re.compile(r"^message-id:\s*(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)
DAEMONS = re.compile(r"mailer-daemon|postmaster|mail delivery|mdaemon", re.IGNORECASE)
COPY_BEGINS = re.compile(r"^-{2,}", re.MULTILINE)  # plain reports return the message below it
GIVEN_UP = re.compile(r"retry time(?:out exceeded| not reached)|in the queue too long", re.IGNORECASE)  # Exim; qmail
EXPIRED_STATUS = "4.4.7"
ACTIONS = {"fail": "failed", "error": "failed", "delay": "delayed"}  # some add comments; OpenSMTPD writes "error"
DONE = ("delivered", "relayed", "expanded")


@dataclass(frozen=True)
class Outcome:
    """The delivery result for one recipient."""

    action: str  # failed, delayed, delivered, relayed, expanded
    status: str = ""  # such as 5.1.1
    said: str = ""  # the other server's words, cut
    recipients: frozenset[str] = frozenset()  # every form of the address that the report may refer to


@dataclass(frozen=True)
class Report:
    """The results that a message reports, and what identifies the mail concerned."""

    outcomes: tuple[Outcome, ...]
    addressed_to: tuple[str, ...] = ()
    envelope_ids: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()  # of the returned message

    def about(self, address: str) -> Outcome | None:
        """The result for an address; for a group's members, only a result that holds for all of them."""
        forms = known_forms(address)
        ours = [one for one in self.outcomes if forms & one.recipients]
        told = ours or list(self.outcomes)
        failed = [one for one in told if one.action == "failed"]
        if failed and (ours or len(failed) == len(told)):
            return failed[0]
        return next((one for one in told if one.action != "failed"), None)


def read_report(content: bytes) -> Report | None:
    """The delivery report in a message; None if it is something else, such as an answer or an out-of-office reply."""
    try:
        return _standard(content[:LONGEST]) or _plain(content[:LONGEST_PLAIN])
    except (MessageError, RecursionError, LookupError, ValueError, TypeError, AttributeError):
        return None  # the standard library does not document what it raises on hostile input


def _standard(content: bytes) -> Report | None:
    """A report by RFC 3464 or RFC 6533."""
    message = email.message_from_bytes(content, policy=compat32)
    parts = list(_parts(message))
    blocks = [fields for part in parts if part.get_content_type() in STATUS_PARTS for fields in _blocks(part)]
    outcomes = tuple(one for fields in blocks if (one := _outcome(fields)) is not None)[:MOST_RECIPIENTS]
    if not outcomes:
        return None
    if GIVEN_UP.search(_own_words(parts)):
        outcomes = tuple(_expired(one) for one in outcomes)
    envelope_ids = tuple(fields["original-envelope-id"] for fields in blocks if "original-envelope-id" in fields)
    returned = [found for part in parts for found in _returned_ids(part)]
    return Report(outcomes, _addressed_to(message), envelope_ids, (*returned, *_answered_ids(message)))


def _plain(content: bytes) -> Report | None:
    """A report without a delivery status: qmail, Exim, Exchange and others."""
    message = email.message_from_bytes(content, policy=compat32)
    headers = _fields(message)
    daemon = DAEMONS.search(headers.get("from", "")) or "x-failed-recipients" in headers
    automatic = headers.get("auto-submitted", "").lower().startswith("auto-replied")
    if not daemon and (automatic or headers.get("return-path", "") != "<>"):
        return None  # a person's answer, or an out-of-office reply
    parts = list(_parts(message))
    own = _own_words(parts)
    words = _first_words(own)
    temporary, permanent = all_failures(message)
    outcomes = tuple(
        Outcome(action, status_in(words), _cut(words), known_forms(address.decode("ascii", "replace")))
        for action, addresses in (("failed", permanent), ("delayed", temporary - permanent))
        for address in sorted(addresses)[:MOST_RECIPIENTS]
    )
    if GIVEN_UP.search(own):
        outcomes = tuple(_expired(one) for one in outcomes)
    returned = [found for part in parts for found in _returned_ids(part)]
    ids = (*returned, *PLAIN_MESSAGE_ID.findall(_text(parts)), *_answered_ids(message))
    return Report(outcomes, _addressed_to(message), message_ids=ids) if outcomes else None


def _addressed_to(message: Message) -> tuple[str, ...]:
    """All addresses that received the report."""
    headers = [value for name, value in _items(message) if name in ADDRESSED]
    return tuple(address for _name, address in getaddresses(headers[:MOST_PARTS]))


def _answered_ids(message: Message) -> list[str]:
    return MESSAGE_ID.findall(_fields(message).get("in-reply-to", ""))


def _parts(message: Message, depth: int = 0) -> Iterator[Message]:
    """The parts of a message, without those of a returned message."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    inner = message.get_payload()
    if depth < DEEPEST and isinstance(inner, list):
        for part in inner[:MOST_PARTS]:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    """Field groups of a delivery status in any encoding: the first about the mail, then one per recipient.

    They are parsed from the part's bytes: the standard library takes `message/global-delivery-status` for one message,
    and both types for plain fields if they are in Base64.
    """
    whole = part.as_bytes(policy=compat32)
    head, _blank, body = whole.replace(b"\r\n", b"\n").partition(b"\n\n")
    if str(part.get("content-transfer-encoding", "")).strip().lower() in ("base64", "quoted-printable"):
        body = _decoded(head, body)
    for block in re.split(rb"\n(?:[ \t]*\n)+", body.strip())[: MOST_RECIPIENTS + 1]:
        fields = _fields(email.message_from_bytes(block, policy=compat32))
        if fields:
            yield fields


def _decoded(head: bytes, body: bytes) -> bytes:
    """The decoded body, parsed as a part of another type, which the library does not take apart."""
    encoding = re.search(rb"^content-transfer-encoding:.*$", head, re.IGNORECASE | re.MULTILINE)
    inner = b"Content-Type: text/plain\n" + (encoding[0] if encoding else b"") + b"\n\n" + body.lstrip(b"\n")
    content = email.message_from_bytes(inner, policy=compat32).get_payload(decode=True)
    return content.replace(b"\r\n", b"\n") if isinstance(content, bytes) else b""


def _items(message: Message) -> Iterator[tuple[str, str]]:
    """Header fields with lower-case names, unfolded, with raw non-ASCII bytes read as UTF-8."""
    for name, value in message.raw_items():
        text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield name.lower(), " ".join(text.split())


def _fields(message: Message) -> dict[str, str]:
    """The first value of each header field."""
    fields: dict[str, str] = {}
    for name, value in _items(message):
        fields.setdefault(name, value)
    return fields


def _outcome(fields: dict[str, str]) -> Outcome | None:
    """The result in one recipient's fields; None for the fields about the whole mail, and for invalid ones."""
    told = [fields[name] for name in ("final-recipient", "original-recipient", "x-actual-recipient") if name in fields]
    said = fields.get("action", "").lower()
    action = next((meant for word, meant in ACTIONS.items() if said.startswith(word)), "")
    action = action or next((one for one in DONE if said.startswith(one)), "")
    if not told or not action:
        return None
    words = fields.get("diagnostic-code", "")
    status = status_in(fields.get("status", ""))
    if status[1:] in ("", ".0.0"):  # a status without information; the other server's own words may have more
        status = status_in(words) or status
    return Outcome(action, status, _cut(words), frozenset().union(*(known_forms(one) for one in told)))


def _returned_ids(part: Message) -> Iterable[str]:
    """Message-IDs of the returned message or headers."""
    kind, inner = part.get_content_type(), part.get_payload()
    if kind in RETURNED_MESSAGES and isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return MESSAGE_ID.findall(_fields(inner[0]).get("message-id", ""))
    if kind in RETURNED_HEADERS:
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            headers = email.message_from_bytes(content, policy=compat32)
            return MESSAGE_ID.findall(_fields(headers).get("message-id", ""))
    return ()


def _text(parts: Iterable[Message]) -> str:
    """The first plain text of a message."""
    for part in parts:
        if part.get_content_maintype() == "text" and part.get_content_type() not in RETURNED_HEADERS:
            content = part.get_payload(decode=True)
            return content.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(content, bytes) else ""
    return ""


def _own_words(parts: Iterable[Message]) -> str:
    """The reporting server's own plain text, without the copy of the message below."""
    return COPY_BEGINS.split(_text(parts), maxsplit=1)[0]


def _expired(outcome: Outcome) -> Outcome:
    """The outcome with the status for expired mails, if it is a failure without a specific status."""
    says_nothing = outcome.action == "failed" and outcome.status[1:] in ("", ".0.0")
    return replace(outcome, status=EXPIRED_STATUS) if says_nothing else outcome


def _first_words(text: str) -> str:
    """The line with a status, without the rest."""
    return next((line.strip() for line in text.splitlines() if status_in(line)), "")


def _cut(words: str) -> str:
    """A server's words on one line, without invisible characters."""
    return "".join(char for char in " ".join(words.split()) if char.isprintable())[:LONGEST_WORDS]
