"""Turning a brand's mail on: only with the code of a test mail that arrived."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from qxportal.engine.mail.letters import test_code
from qxportal.engine.models import Brand, Mail
from qxportal.mail.queue import State

CODE_LASTS = timedelta(hours=24)
TESTS_TOLD = 5
TESTS_A_DAY = 20  # of a brand: they go to any address that somebody types, also while mail is off


class TooManyTestsError(Exception):
    """The brand has sent as many test mails as it may on one day."""


def queue_test(brand: Brand, address: str, *, key: str, now: datetime) -> Mail:
    """Queue a test mail to an address; raises TooManyTestsError. The caller holds the brand."""
    today = now.astimezone(brand.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if brand.mails.filter(kind=Mail.Kind.TEST, created_at__gte=today).count() >= TESTS_A_DAY:
        raise TooManyTestsError
    return Mail.objects.create(brand=brand, kind=Mail.Kind.TEST, address=address, key=_key(brand, key), not_before=now)


def tests(brand: Brand) -> Iterable[Mail]:
    """The latest test mails, the newest first."""
    return brand.mails.filter(kind=Mail.Kind.TEST).order_by("-pk")[:TESTS_TOLD]


def tested(brand: Brand, code: str, *, now: datetime) -> Mail | None:
    """The test mail that a code comes from, if it was sent within a day."""
    recent = brand.mails.filter(kind=Mail.Kind.TEST, state=State.SENT, created_at__gte=now - CODE_LASTS)
    return next((one for one in recent if hmac.compare_digest(_bare(test_code(one)), _bare(code))), None)


def key_of(mail: Mail) -> str:
    """The key with which a test mail was asked for."""
    return (mail.key or "").partition(":")[2].partition(":")[2]


def _bare(code: str) -> bytes:
    return "".join(char for char in code.upper() if char.isalnum()).encode()


def _key(brand: Brand, key: str) -> str | None:
    return f"test:{brand.pk}:{key}" if key else None
