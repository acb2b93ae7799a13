"""The log of received calls."""

import hashlib
import json
from collections.abc import Mapping

from qxportal.engine.models import Call

KEEP = 5_000
SECRETS = frozenset({"Token", "Password", "NewPassword"})
UPLOAD = "FileContents"
LONGEST = 2_000  # of one value


def record(
    *,
    request_name: str,
    user_name: str,
    mutates: bool,
    values: Mapping[str, object],
    file: bytes | None,
    code: int,
    error: str,
    executed: bool,
) -> Call:
    """Note one call and forget the oldest."""
    kept = {_plain(name): _short(value) for name, value in values.items() if name not in SECRETS}
    if file or UPLOAD in kept:
        kept[UPLOAD] = _mark(values[UPLOAD] if file is None else file)
    call = Call.objects.create(
        request=request_name[:60],
        user_name=user_name[:254],
        mutates=mutates,
        parameters=kept,
        code=code,
        error=error[:120],
        executed=executed,
    )
    if call.pk % 500 == 0:
        Call.objects.filter(pk__lte=call.pk - KEEP).delete()
    return call


def _mark(file: object) -> str:
    """What is kept of an upload, which is confidential: its size, and what tells whether two were the same."""
    content = file if isinstance(file, bytes) else str(file).encode("utf-8", "replace")
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"


def _short(value: object) -> object:
    """The value itself where PostgreSQL can store it, else a text of it."""
    if isinstance(value, str):
        return _plain(value[:LONGEST])
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return _plain(repr(value)[:LONGEST])
    return value if len(text) <= LONGEST and "\\u0000" not in text and _plain(text) == text else _plain(text[:LONGEST])


def _plain(text: str) -> str:
    """Text that PostgreSQL can store whatever was sent."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
