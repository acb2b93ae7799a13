"""Base of all list pages: keyset pages that stay fast and stable, and filters kept in the URL."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Subquery, Value
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qxportal.core.searching import SORTED, first_matches, matching, search_words

R = TypeVar("R")
SIZE = 50
COUNTED = 10_000  # maximum number of rows counted for a page
BELIEVED = 2_000  # sync statistics are only used above this number, as below it an error would be noticed
COUNT_MAX = 10**12


class Count(NamedTuple):
    """The number of matching rows; with `more`, there are more than that."""

    number: int
    more: bool = False

    def __str__(self) -> str:
        words = number_format(self.number, use_l10n=True, force_grouping=True)
        return _("more than %(n)s") % {"n": words} if self.more else words


NONE = Count(0)


class _Place(NamedTuple):
    """A decoded cursor: direction, the first page's row count, and the sort values to continue from."""

    backwards: bool
    counted: Count
    values: list[Any]


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of rows, the cursors of its neighbours, and the total number of matches."""

    rows: list[R] = field(default_factory=list)
    counted: Count = NONE
    previous: str = ""
    next: str = ""

    @property
    def count(self) -> int:
        """Total number of matching rows, or the number counted."""
        return self.counted.number


@dataclass(frozen=True)
class Filter:
    """A filter of a list, as set by the URL."""

    name: str
    label: str
    choices: Mapping[str, Any]
    value: str = ""
    blank: str = ""  # label of the state without this filter
    without: str = ""  # the URL's query without this filter, if it is set

    @property
    def selected(self) -> str:
        """Label of the selected choice."""
        return str(self.choices.get(self.value, ""))


@dataclass(frozen=True)
class Sorting:
    """The order of a list, as set by the URL."""

    name: str  # of the column
    down: bool
    by: tuple[str, ...]  # the columns, unique together, all ascending or all descending
    usual: bool  # whether this is the list's default order
    names: frozenset[str]  # names of all sortable columns

    @property
    def value(self) -> str:
        """The URL's value; empty for the default order."""
        return "" if self.usual else f"{'-' if self.down else ''}{self.name}"


@dataclass(frozen=True)
class ListFilters:
    """Search words, filters and order of a list."""

    search: str = ""
    filters: tuple[Filter, ...] = field(default=())
    day: str | None = None  # the day shown, empty for today; None if the list has no such choice
    sorting: Sorting | None = None  # None if the order is fixed
    file: bool = False  # whether the list can be exported as a file

    def __getitem__(self, name: str) -> str:
        """A filter's value, empty if it is not set."""
        return {filter.name: filter.value for filter in self.filters}[name]

    def apply(self, rows: QuerySet[Any, R], **columns: str) -> QuerySet[Any, R]:
        """Rows that match the set filters; `columns` maps filter names to columns."""
        return rows.filter(**{column: self[name] for name, column in columns.items() if self[name]})

    @property
    def active(self) -> list[Filter]:
        """The filters that are set."""
        return [filter for filter in self.filters if filter.value]

    @property
    def narrowed(self) -> bool:
        """Whether search words, filters or a day narrow the list."""
        return bool(self.search or self.active)


def read_filters(
    query: QueryDict, **filters: tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str]
) -> ListFilters:
    """Search words and filters from a URL; unknown values are ignored. A filter: label, choices, label for none."""
    read = []
    for name, (label, choices, *blank) in filters.items():
        value = query.get(name, "")
        value = value if value in choices else ""
        blank_words = blank[0] if blank else _("All")
        read.append(Filter(name, label, choices, value, blank_words, _without(query, name) if value else ""))
    return ListFilters(search_words(query.get("q", "")), tuple(read))


def _without(query: QueryDict, name: str) -> str:
    """The URL's query without one filter, starting from the first page."""
    rest = query.copy()
    for key in (name, "cursor"):
        rest.pop(key, None)
    return f"?{rest.urlencode()}"


def read_sorting(query: QueryDict, usual: str, **columns: tuple[str, ...]) -> Sorting:
    """The order that a URL asks for (`sort=name`, or `sort=-name` for descending), or the default order.

    Each name stands for the columns to sort by, all ascending, unique together.
    """
    wanted = query.get("sort", "")
    chosen = wanted if wanted.removeprefix("-") in columns else usual
    name, down = chosen.removeprefix("-"), chosen.startswith("-")
    by = tuple(f"-{column}" if down else column for column in columns[name])
    return Sorting(name, down, by, chosen == usual, frozenset(columns))


def words_of(choices: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """A model's choices as a map from value to label."""
    return {value: str(words) for value, words in choices}


def paged(
    rows: QuerySet[Any, R],
    query: QueryDict,
    *,
    by: tuple[str, ...],
    words: str = "",
    columns: Sequence[str] = (),
    known: Subquery | Value | None = None,
    size: int = SIZE,
) -> Page[R]:
    """The page of the URL's cursor. `by` are the sort columns, unique together, all ascending or all descending ("-").

    `words` are searched by the trigram index of a long table. The first page counts the rows, and the cursors carry
    the number on; `known` is an expression for it, or None, if it can be known without counting; it is read with the
    first page. With `columns` the rows are named tuples of these.
    """
    names = [name.removeprefix("-") for name in by]
    at = _read(query.get("cursor", ""), len(names))
    ordered, at = _continued(rows.order_by(*by), by, at)
    asks = known is not None and at is None
    if asks:
        ordered = ordered.annotate(known_rows=known)
    if columns:
        ordered = ordered.values_list(*columns, *(["known_rows"] if asks else []), named=True)
    found, total = _found(ordered, words, size + 1)
    known_count = found[0].known_rows if asks and found else None
    count = at.counted if at else _count(rows, words, len(found), size, total, known_count)
    if query.get("count") == "all" and count.more:
        count = Count(matching(rows, words).count())
    more, found = len(found) > size, found[:size]
    if not found:
        return Page([], count)
    has_previous, has_next = at is not None, more
    if at and at.backwards:
        found.reverse()
        has_previous, has_next = more, True
    return Page(
        found,
        count,
        previous=_cursor("b", found[0], names, count) if has_previous else "",
        next=_cursor("a", found[-1], names, count) if has_next else "",
    )


def _continued(
    ordered: QuerySet[Any, Any], by: tuple[str, ...], at: _Place | None
) -> tuple[QuerySet[Any, Any], _Place | None]:
    """The rows after a cursor, nearest first, and the cursor; all rows if the cursor is invalid."""
    if at is None:
        return ordered, None
    names, down = [name.removeprefix("-") for name in by], by[0].startswith("-")
    try:
        ordered = ordered.filter(_beyond(names, at.values, down=down != at.backwards))
    except (ValueError, TypeError, ValidationError):
        return ordered, None
    return (ordered.order_by(*_turned(by)) if at.backwards else ordered), at


def how_many(rows: QuerySet[Any, Any], *, known: int | None = None) -> Count:
    """The number of rows: `known` if it is above BELIEVED, otherwise counted, up to COUNTED."""
    if known and known > BELIEVED:
        return Count(known)
    number = rows.order_by()[: COUNTED + 1].count()
    return Count(min(number, COUNTED), more=number > COUNTED)


def first_of(ordered: QuerySet[Any, R], words: str, size: int) -> list[R]:
    """The first rows that hold every word."""
    return _found(ordered, words, size)[0]


def _found(ordered: QuerySet[Any, R], words: str, size: int) -> tuple[list[R], int | None]:
    if not words:
        return list(ordered[:size]), None
    found = first_matches(ordered, words, size)
    return (list(ordered.filter(pk__in=found.keys)) if found.keys else []), found.total


def _count(
    rows: QuerySet[Any, Any],
    words: str,
    shown: int,
    size: int,
    total: int | None,
    known: int | None,
) -> Count:
    """Number of rows of a list whose first page shows `shown` of them."""
    if total is not None or shown <= size:
        return Count(shown if total is None else total)
    return Count(SORTED, more=True) if words else how_many(rows, known=known)


def _beyond(names: list[str], values: list[Any], *, down: bool) -> Q:
    """Rows after those values in the sort order: (a, b) > (x, y), written so that each database can use its index."""
    sign = "lt" if down else "gt"
    condition = Q()
    for place, name in enumerate(names):
        same = reduce(and_, (Q(**{names[i]: values[i]}) for i in range(place)), Q())
        condition |= same & Q(**{f"{name}__{sign}": values[place]})
    return Q(**{f"{names[0]}__{sign}e": values[0]}) & condition


def _turned(by: tuple[str, ...]) -> list[str]:
    return [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in by]


def _cursor(direction: str, row: object, names: list[str], count: Count) -> str:
    values = [getattr(row, name) for name in names]
    plain = [_plain(value) for value in values]
    fields = [direction, count.number, int(count.more), *plain]
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


def _plain(value: Any) -> Any:
    """A sort value in a cursor."""
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value


def _read(cursor: str, length: int) -> _Place | None:
    """The decoded cursor; None if invalid."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        return None
    sound = isinstance(raw, list) and len(raw) == length + 3 and all(type(value) in (str, int) for value in raw)
    if not sound or raw[0] not in ("a", "b") or not all(_storable(value) for value in raw if isinstance(value, str)):
        return None
    if type(raw[1]) is not int or not 0 <= raw[1] < COUNT_MAX:
        return None
    return _Place(raw[0] == "b", Count(raw[1], more=bool(raw[2])), raw[3:])


def _storable(text: str) -> bool:
    """Whether the database can store the text: no NUL, no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
