"""Checks whether PostgreSQL can store a row, before it is tried."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
from django.db import models

from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.mirror.rows import MirrorRow, Unstorable
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored

UNBOUNDED = 2**30
COUNTS = range(2**31)  # range of PostgreSQL's integer columns


class ColumnLimits:
    """A mirrored table's columns with the limits of their values."""

    def __init__(self, model: type[Mirrored]) -> None:
        fields = model._meta.concrete_fields
        self.longest = {str(f.column): getattr(f, "max_length", None) or UNBOUNDED for f in fields}
        self.counts = frozenset(str(f.column) for f in fields if isinstance(f, models.PositiveIntegerField))
        self.json = frozenset(str(f.column) for f in fields if isinstance(f, models.JSONField))


@cache
def limits_of(model: type[Mirrored]) -> ColumnLimits:
    """The limits of a mirrored table."""
    return ColumnLimits(model)


def values_of(limits: ColumnLimits, row: MirrorRow) -> list[Any]:
    """The row's column values in order, then `raw`, as COPY takes them; raises Unstorable."""
    texts = [row.key]
    values: list[Any] = []
    if len(row.key) > limits.longest["vendor_id"]:
        raise _too_long("vendor_id", limits.longest["vendor_id"])
    for name, value in row.columns.items():
        if type(value) is str:
            if len(value) > limits.longest[name]:
                raise _too_long(name, limits.longest[name])
            texts.append(value)
        elif name in limits.json:
            value = _json(value)
        elif name in limits.counts and value not in COUNTS:
            raise Unstorable(gettext_stored("A number is out of range.", details=name))
        values.append(value)
    _check_text("".join(texts))
    values.append(_json(row.raw))
    return values


def _too_long(column: str, most: int) -> Unstorable:
    return Unstorable(
        ngettext_stored(
            "A value is longer than %(n)s character.", "A value is longer than %(n)s characters.", most, details=column
        )
    )


def _half_a_character() -> Unstorable:
    return Unstorable(gettext_stored("It contains a character that cannot be stored.", details="lone surrogate"))


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise Unstorable(gettext_stored("It contains a character that cannot be stored.", details="NUL"))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _half_a_character() from None


def _json(value: Any) -> str:
    try:
        said = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise _half_a_character() from None
    if "\\u0000" in said:  # perhaps: it may be a backslash and the text after it
        for text in _texts(value):
            _check_text(text)
    return said


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
