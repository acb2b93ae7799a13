"""Turning a brand's mail on, which needs the code of a test mail that arrived."""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from qxportal.engine.mail.letters import test_code
from qxportal.engine.models import Brand, Mail
from qxportal.mail.queue import State

CODE_LASTS = timedelta(hours=24)
TESTS_TOLD = 5
TESTS_A_DAY = 20  # per brand, because they go to any typed address, even while mail is off


class TooManyTestsError(Exception):
    """The brand has reached its daily limit of test mails."""


def queue_test(brand: Brand, address: str, *, key: str, now: datetime) -> Mail:
    """Queue a test mail to an address; raises TooManyTestsError. The caller has locked the brand."""
    today = now.astimezone(brand.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if brand.mails.filter(kind=Mail.Kind.TEST, created_at__gte=today).count() >= TESTS_A_DAY:
        raise TooManyTestsError
    return Mail.objects.create(brand=brand, kind=Mail.Kind.TEST, address=address, key=_key(brand, key), not_before=now)


def tests(brand: Brand) -> Iterable[Mail]:
    """The latest test mails, newest first."""
    return brand.mails.filter(kind=Mail.Kind.TEST).order_by("-pk")[:TESTS_TOLD]


def tested(brand: Brand, code: str, *, now: datetime) -> Mail | None:
    """The test mail with this code, if it was sent within a day."""
    recent = brand.mails.filter(kind=Mail.Kind.TEST, state=State.SENT, created_at__gte=now - CODE_LASTS)
    return next((one for one in recent if hmac.compare_digest(_bare(test_code(one)), _bare(code))), None)


def key_of(mail: Mail) -> str:
    """The idempotency key of the request for a test mail."""
    return (mail.key or "").partition(":")[2].partition(":")[2]


def _bare(code: str) -> bytes:
    return "".join(char for char in code.upper() if char.isalnum()).encode()


def _key(brand: Brand, key: str) -> str | None:
    return f"test:{brand.pk}:{key}" if key else None
