"""The log of received calls: bounded in rows, and in what one row may hold."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.db import connections
from django.db.models import Q
from psycopg.types.json import Jsonb

from qxportal.core.postgresql.prepared import preparing
from qxportal.engine.http.arguments import COMMON
from qxportal.engine.models import LoggedCall
from qxportal.threesixty.catalogue import RequestSpec

KEEP = 5_000  # of calls that signed in
KEEP_STRANGERS = 1_000  # of all others, kept apart so that strangers cannot displace calls that signed in
SECRET = re.compile(r"token|passw|pwd|secret|credential", re.IGNORECASE)  # in names of parameters that are never logged
SHORTEST_SECRET = 8  # of secrets that are searched in other values
UPLOAD = "FileContents"
LONGEST = 2_000  # of one value
LONGEST_ROW = 16_000  # of all values together
DEPTH = 50
NOTE = f"""
INSERT INTO {LoggedCall._meta.db_table} (at, user_name, request, mutates, parameters, code, error, executed)
VALUES (%(at)s, %(user_name)s, %(request)s, %(mutates)s, %(parameters)s, %(code)s, %(error)s, %(executed)s)
RETURNING id
"""  # noqa: S608  # the name of our own table


def record(
    *,
    spec: RequestSpec | None,
    user_name: str,
    values: Mapping[str, object],
    file: bytes | None,
    code: int,
    error: str,
    executed: bool,
) -> LoggedCall:
    """Log a call that signed in: the request's known parameters without secrets."""
    known = COMMON | {param.name for param in spec.params} if spec else COMMON
    hidden = [value for name, value in values.items() if SECRET.search(name) and isinstance(value, str)]
    hidden = [value for value in hidden if len(value) >= SHORTEST_SECRET]
    kept: dict[str, object] = {}
    left = LONGEST_ROW
    for name, value in values.items():
        if name == UPLOAD or name not in known or SECRET.search(name):
            continue
        short = _short(_without_secrets(value, hidden))
        left -= len(str(short))
        kept[name] = short if left > 0 else ""
    if file or UPLOAD in values:
        kept[UPLOAD] = _mark(values[UPLOAD] if file is None else file)
    return _noted(
        LoggedCall(
            request=(spec.name if spec else "")[:60],
            user_name=user_name[:254],
            mutates=bool(spec and spec.mutates),
            parameters=kept,
            code=code,
            error=str(_without_secrets(error, hidden))[:120],
            executed=executed,
        )
    )


def record_stranger(*, request_name: str, user_name: str, code: int, error: str) -> LoggedCall:
    """Log a call that did not sign in: request name, claimed user name and response."""
    return _noted(
        LoggedCall(
            request=_plain(request_name)[:60],
            mutates=False,
            parameters={"User": _plain(user_name[:60])} if user_name else {},
            code=code,
            error=_plain(error)[:120],
        )
    )


def _noted(call: LoggedCall) -> LoggedCall:
    names = [field.attname for field in LoggedCall._meta.concrete_fields]
    values: dict[str, Any] = {name: getattr(call, name) for name in names}
    values["parameters"] = Jsonb(call.parameters)
    with preparing(connections["engine"]) as cursor:
        found = cursor.execute(NOTE, values).fetchone()
    (call.pk,) = found or (None,)
    _forget_old(call)
    return call


def _forget_old(call: LoggedCall) -> None:
    if call.pk % 200:
        return
    strangers = Q(user_name="")
    for whose, most in ((~strangers, KEEP), (strangers, KEEP_STRANGERS)):
        calls = LoggedCall.objects.filter(whose)
        oldest = calls.order_by("-pk").values_list("pk", flat=True)[most : most + 1].first()
        if oldest is not None:
            calls.filter(pk__lte=oldest).delete()


def _mark(file: object) -> str:
    """The logged trace of a confidential upload: size and SHA-256."""
    content = file if isinstance(file, bytes) else str(file).encode("utf-8", "replace")
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"


def _without_secrets(value: object, hidden: list[str], depth: int = DEPTH) -> object:
    """The value without entries named like secrets, at any depth, and without the caller's secrets in any text."""
    if isinstance(value, str):
        for secret in hidden:
            value = value.replace(secret, "…")
        if value.lstrip()[:1] in ("{", "[") and (SECRET.search(value) or "\\u" in value):
            return _structure_without_secrets(value, hidden, depth)
        return value
    if not depth:
        return "…"
    if isinstance(value, dict):
        inner = {name: one for name, one in value.items() if not SECRET.search(str(name))}
        return {name: _without_secrets(one, hidden, depth - 1) for name, one in inner.items()}
    if isinstance(value, list):
        return [_without_secrets(one, hidden, depth - 1) for one in value]
    return value


def _structure_without_secrets(text: str, hidden: list[str], depth: int) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "…"  # invalid JSON with a name of a secret in it
    return _without_secrets(value, hidden, depth) if depth else "…"


def _short(value: object) -> object:
    """The value if PostgreSQL can store it, else a text of it."""
    if isinstance(value, str):
        return _plain(value[:LONGEST])
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return _plain(repr(value)[:LONGEST])
    return value if len(text) <= LONGEST and "\\u0000" not in text and _plain(text) == text else _plain(text[:LONGEST])


def _plain(text: str) -> str:
    """The text with unstorable characters replaced."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
