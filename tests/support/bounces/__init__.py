"""Delivery reports in the formats of real mail servers, about any mail; every name in them is made up."""

from collections.abc import Callable

from tests.support.bounces.mail import Bounced
from tests.support.bounces.plain import exchange_2003, exim, qmail
from tests.support.bounces.replies import answer, out_of_office
from tests.support.bounces.with_status import (
    delayed,
    exchange_online,
    exim_expired,
    expired,
    in_utf8,
    of_a_group,
    postfix,
)

__all__ = [
    "FAILURES",
    "Bounced",
    "answer",
    "delayed",
    "exchange_2003",
    "exchange_online",
    "exim",
    "exim_expired",
    "expired",
    "in_utf8",
    "of_a_group",
    "out_of_office",
    "postfix",
    "qmail",
]

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
