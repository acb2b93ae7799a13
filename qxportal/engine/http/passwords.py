"""Checks passwords: with the slow hash the first time, then from a cache.

The oldest protocol sends the password with every call. After a right one, each process caches a digest for a while,
keyed with a secret of its own. A new password has another stored hash, so the cached digest no longer applies.
"""

import hmac
import secrets
import time
from collections import OrderedDict
from threading import Lock

from django.contrib.auth.hashers import check_password

MOST = 1_000  # passwords that a process remembers
SECONDS = 600.0
KEY = secrets.token_bytes(32)

_right: OrderedDict[str, tuple[bytes, float]] = OrderedDict()  # stored hash -> digest, expiry
_lock = Lock()


def is_right(password: str, stored: str) -> bool:
    """Whether the password matches the stored hash; takes as long without a stored hash."""
    digest = hmac.digest(KEY, password.encode("utf-8", "replace"), "sha256")
    known = _remembered(stored)
    if known is not None and hmac.compare_digest(known, digest):
        return True
    if not check_password(password, stored):
        return False
    _remember(stored, digest)
    return True


def _remembered(stored: str) -> bytes | None:
    with _lock:
        digest, until = _right.get(stored, (None, 0.0))
    return digest if time.monotonic() < until else None


def _remember(stored: str, digest: bytes) -> None:
    with _lock:
        _right[stored] = digest, time.monotonic() + SECONDS
        _right.move_to_end(stored)
        if len(_right) > MOST:
            _right.popitem(last=False)
