"""Requests with an idempotency key: executed once, and answered with the first result afterwards.

Keys are per user. A second call with the same key waits for the first one's transaction. Then it finds the result or,
if the first was rolled back, takes its place.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import KeptResult, User

PARAMETER = "IdempotencyKey"
LONGEST = 64
KEEP = timedelta(days=30)


@dataclass(frozen=True)
class ToldOnce:
    """A result with secrets, and the version without them that is stored and answered to repeated calls."""

    result: object
    kept: object


def once(user: User, request: str, arguments: Arguments, work: Callable[[], object]) -> object:
    """The result of `work`, or the stored one of the first call; call it in the change's transaction."""
    key = arguments.text(PARAMETER)
    if not key:
        return _told(work())
    if len(key) > LONGEST:
        raise Invalid(PARAMETER, f"At most {LONGEST} characters are possible.")
    digest = _digest(request, arguments)
    fresh = KeptResult(brand_id=user.brand_id, user=user, key=key, digest=digest)
    KeptResult.objects.bulk_create([fresh], ignore_conflicts=True)  # waits for a concurrent call with the same key
    kept = KeptResult.objects.select_for_update().get(user=user, key=key)
    if kept.digest != digest:
        raise Conflict("ETS13", "This idempotency key was used for another change.")
    if kept.result is not None:
        return kept.result
    done = work()
    kept.result = done.kept if isinstance(done, ToldOnce) else done
    kept.save(update_fields=["result"])
    return _told(done)


def forget(*, before: datetime) -> int:
    """Delete results stored before then; returns their number."""
    return KeptResult.objects.filter(at__lt=before).delete()[0]


def _told(done: object) -> object:
    return done.result if isinstance(done, ToldOnce) else done


def _digest(request: str, arguments: Arguments) -> str:
    values = {name: value for name, value in arguments.values.items() if name != PARAMETER}
    said = json.dumps([request, values], sort_keys=True, default=str).encode()
    return hashlib.sha256(said + (arguments.file or b"")).hexdigest()
