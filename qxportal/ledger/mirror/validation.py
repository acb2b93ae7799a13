"""What PostgreSQL can keep of a row, told before it is asked."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
from django.db import models

from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.mirror.rows import Row, Unstorable

UNBOUNDED = 2**30
COUNTS = range(2**31)  # what PostgreSQL keeps in an integer column


class Shape:
    """A mirrored table's columns, as far as they bound what fits in."""

    def __init__(self, model: type[Mirrored]) -> None:
        fields = model._meta.concrete_fields
        self.longest = {str(f.column): getattr(f, "max_length", None) or UNBOUNDED for f in fields}
        self.counts = frozenset(str(f.column) for f in fields if isinstance(f, models.PositiveIntegerField))
        self.json = frozenset(str(f.column) for f in fields if isinstance(f, models.JSONField))


@cache
def shape_of(model: type[Mirrored]) -> Shape:
    """The shape of a mirrored table."""
    return Shape(model)


def values_of(shape: Shape, row: Row) -> list[Any]:
    """The row's columns in their order and then `raw`, as COPY takes them; raises Unstorable."""
    texts = [row.key]
    values: list[Any] = []
    if len(row.key) > shape.longest["vendor_id"]:
        raise Unstorable(f"vendor_id is longer than {shape.longest['vendor_id']} characters")
    for name, value in row.columns.items():
        if type(value) is str:
            if len(value) > shape.longest[name]:
                raise Unstorable(f"{name} is longer than {shape.longest[name]} characters")
            texts.append(value)
        elif name in shape.json:
            value = _json(value)
        elif name in shape.counts and value not in COUNTS:
            raise Unstorable(f"{name} is no number that can be kept")
        values.append(value)
    _check_text("".join(texts))
    values.append(_json(row.raw))
    return values


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise Unstorable("holds a NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Unstorable("holds half a character (a lone surrogate)") from None


def _json(value: Any) -> str:
    try:
        said = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        raise Unstorable("holds half a character (a lone surrogate)") from None
    if "\\u0000" in said:  # perhaps; it may be a backslash and what follows
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
