"""What every list page stands on: keyset pages that stay quick and steady, and filters kept in the URL."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

M = TypeVar("M", bound=Model)
SIZE = 50
WORDS_MAX = 200


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of rows, the cursors of its neighbours, and how many rows match in all."""

    rows: list[M]
    count: int
    previous: str = ""
    next: str = ""


@dataclass(frozen=True)
class Filter:
    """One choice above a list, as the URL has it."""

    name: str
    label: str
    choices: Mapping[str, Any]
    value: str = ""
    blank: str = ""  # what the list shows without it
    without: str = ""  # the URL's query with this filter dropped

    @property
    def selected(self) -> str:
        """The words of the choice in force."""
        return str(self.choices.get(self.value, ""))


@dataclass(frozen=True)
class Listing:
    """The search words and filters in force."""

    words: str = ""
    filters: tuple[Filter, ...] = field(default=())

    def __getitem__(self, name: str) -> str:
        """The value of a filter, empty when it is off."""
        return {filter.name: filter.value for filter in self.filters}[name]

    @property
    def active(self) -> list[Filter]:
        """The filters that narrow the list."""
        return [filter for filter in self.filters if filter.value]

    @property
    def narrowed(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.words or self.active)


def read_listing(
    query: QueryDict, **filters: tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str]
) -> Listing:
    """Search words and filters from a URL; unknown values count as absent. A filter: label, choices, words for none."""
    read = []
    for name, (label, choices, *blank) in filters.items():
        value = query.get(name, "")
        without = query.copy()
        for key in (name, "cursor"):
            without.pop(key, None)
        read.append(
            Filter(
                name,
                label,
                choices,
                value if value in choices else "",
                blank[0] if blank else _("all"),
                f"?{without.urlencode()}",
            )
        )
    return Listing(search_words(query.get("q", "")), tuple(read))


def words_of(choices: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """A model's choices as value and words."""
    return {value: str(words) for value, words in choices}


def search_words(text: str) -> str:
    """What somebody typed into a search box, cleaned."""
    return " ".join(text.replace("\x00", "").split())[:WORDS_MAX]


def matching(rows: QuerySet[M], words: str) -> QuerySet[M]:
    """The rows whose `search` column holds every word."""
    return reduce(lambda found, word: found.filter(search__contains=word), words.lower().split(), rows)


def paged(rows: QuerySet[M], query: QueryDict, *, by: tuple[str, ...], size: int = SIZE) -> Page[M]:
    """The page that the URL's cursor names. `by` are the sort columns, unique together, all up or all down ("-")."""
    down = by[0].startswith("-")
    names = [name.removeprefix("-") for name in by]
    count = rows.count()
    backwards, values = _read(query.get("cursor", ""), len(names))
    ordered = rows.order_by(*by)
    if values:
        try:
            ordered = ordered.filter(_beyond(names, values, down=down != backwards))
        except (ValueError, TypeError, ValidationError):  # somebody made it up
            backwards, values = False, []
    if backwards:
        ordered = ordered.reverse()
    found = list(ordered[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], count)
    first, last = _cursor("b", found[0], names), _cursor("a", found[-1], names)
    return Page(
        found, count, previous=first if (more if backwards else values) else "", next=last if backwards or more else ""
    )


def _beyond(names: list[str], values: list[Any], *, down: bool) -> Q:
    """Rows after those values in the sort order: (a, b) > (x, y), written so that each database can use its index."""
    sign = "lt" if down else "gt"
    condition = Q()
    for place, name in enumerate(names):
        same = reduce(and_, (Q(**{names[i]: values[i]}) for i in range(place)), Q())
        condition |= same & Q(**{f"{name}__{sign}": values[place]})
    return Q(**{f"{names[0]}__{sign}e": values[0]}) & condition


def _cursor(direction: str, row: Model, names: list[str]) -> str:
    values = [getattr(row, name) for name in names]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps([direction, *plain]).encode()).decode().rstrip("=")


def _read(cursor: str, length: int) -> tuple[bool, list[Any]]:
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return False, []
    sound = isinstance(raw, list) and len(raw) == length + 1 and all(type(value) in (str, int) for value in raw)
    if not sound or raw[0] not in ("a", "b") or not all(_storable(value) for value in raw if isinstance(value, str)):
        return False, []
    return raw[0] == "b", raw[1:]


def _storable(text: str) -> bool:
    """Whether the database takes it: no NUL, no half of a character."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
