"""Envelope senders of our mails: a separate address for each, so that a report's recipient identifies the mail."""

import re
from collections.abc import Iterable

MARK = r"[0-9a-z]{1,13}-[a-z2-7]{20}"
LONGEST_MARK = 34
LONGEST_LOCAL = 64  # octets before the @, by RFC 5321
WHOLE = re.compile(MARK)
PLAIN = re.compile(r"[a-z0-9._-]+@[a-z0-9.-]+\.[a-z0-9-]+", re.ASCII | re.IGNORECASE)


def is_base(address: str) -> bool:
    """Whether envelope senders can be derived from this address: a plus and a mark must fit before the @."""
    local = address.partition("@")[0]
    return PLAIN.fullmatch(address) is not None and len(local) + 1 + LONGEST_MARK <= LONGEST_LOCAL


def return_path(base: str, mark: str) -> str:
    """The envelope sender for a mark.

    >>> return_path("bounces@halden.example", "1-abcdefghijklmnopqrst")
    'bounces+1-abcdefghijklmnopqrst@halden.example'
    """
    local, _at, domain = base.rpartition("@")
    return f"{local}+{mark}@{domain}"


def marks_in(base: str, addresses: Iterable[str]) -> list[str]:
    """Marks in addresses derived from a base, each once; servers may have changed their case."""
    local, _at, domain = base.lower().rpartition("@")
    found = []
    for address in addresses:
        before, _at, after = address.strip().lower().rpartition("@")
        mark = before.removeprefix(f"{local}+")
        if after == domain and before != mark and WHOLE.fullmatch(mark):
            found.append(mark)
    return list(dict.fromkeys(found))
