"""What the mirror said on an earlier day.

A version holds from `valid_from` until just before `valid_to`; what a row says now holds since its last version ended.
Versions that ended before HISTORY_KEEP are gone, and nothing is known from before a listing was first read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, F, Min, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.accounts.models import Organisation
from qxportal.core.searching import matching
from qxportal.ledger.mirror.mirrored import Mirrored, kind_of
from qxportal.ledger.models import Version
from qxportal.ui.dates import date_time, long_date

M = TypeVar("M", bound=Mirrored)


@dataclass(frozen=True)
class Past:
    """The day asked for and the moment at its end; with neither moment nor problem the page shows today."""

    text: str = ""
    day: date | None = None
    at: datetime | None = None
    problem: str = ""

    @property
    def shown(self) -> bool:
        """Whether the page is about that day, also where nothing is known of it."""
        return bool(self.at or self.problem)

    @property
    def following(self) -> str:
        """The next day: differences from its beginning on came later."""
        return str(self.day + timedelta(days=1)) if self.day else ""


def read_past(text: str, everything: Callable[[], QuerySet[Any]]) -> Past:
    """The day in the URL, in the member's zone, if all that was listed then is known."""
    day, problem = read_day(text)
    if not day or problem:
        return Past(text[:20], problem=problem)
    if day >= timezone.localdate():
        return Past()
    at, began = end_of(day), first_reading(everything())
    if began is None or at < began:
        return Past(text, problem=unknown_before(began))
    return Past(text, day, at)


def read_day(text: str) -> tuple[date | None, str]:
    """A day as the URL has it, or why nothing can be said of it."""
    if not text:
        return None, ""
    try:
        day = parse_date(text.strip()[:20])
    except ValueError:
        day = None
    if day is None:
        return None, _("Enter a date such as %(example)s.") % {"example": "2026-11-24"}
    kept = timezone.localdate(timezone.now() - settings.HISTORY_KEEP) + timedelta(days=1)
    if day < kept:
        days = settings.HISTORY_KEEP.days
        words = ngettext(
            "Earlier data are kept for %(days)s day, so there are none before %(day)s.",
            "Earlier data are kept for %(days)s days, so there are none before %(day)s.",
            days,
        )
        return None, words % {"days": days, "day": long_date(kept)}
    return day, ""


def start_of(day: date) -> datetime:
    """The first moment of a day in the member's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The last moment of a day in the member's zone, or now."""
    return min(start_of(day + timedelta(days=1)) - timedelta(microseconds=1), timezone.now())


def first_reading(everything: QuerySet[Any]) -> datetime | None:
    """When a listing's first rows were seen."""
    began: datetime | None = everything.order_by().aggregate(began=Min("first_seen_at"))["began"]
    return began


def unknown_before(began: datetime | None) -> str:
    """Why nothing is known of a day before the first reading."""
    if began is None:
        return _("There has been no sync yet, so there are no data of that day.")
    words = {"time": date_time(began)}
    return _("There are no data of that day: the first sync of this list was on %(time)s.") % words


def listed_then(everything: QuerySet[M], at: datetime, *, gone: bool = False) -> QuerySet[M]:
    """The rows that the vendor listed then, or no longer listed. Their columns are today's, see `as_they_were`."""
    then = _version_then(everything, at).values("gone")[:1]
    gone_now = ExpressionWrapper(Q(gone_at__isnull=False), output_field=BooleanField())
    known: QuerySet[Any] = everything.filter(first_seen_at__lte=at).alias(gone_then=Coalesce(Subquery(then), gone_now))
    return known.filter(gone_then=gone)


def narrowed_then(
    rows: QuerySet[M], versions: QuerySet[Version], at: datetime, words: str, wanted: Mapping[str, str | bool]
) -> QuerySet[M]:
    """The rows that matched the search words and the wanted column values on that day.

    Who could be meant is found by the indexes first: who matches today, and whose later ended `versions` match.
    """
    if not words and not wanted:
        return rows
    ended = versions.filter(valid_to__gt=at, **{f"columns__{name}": value for name, value in wanted.items()})
    earlier = matching(ended.annotate(search=KT("columns__search")), words)
    today = matching(rows.filter(**wanted), words)
    possible = today.order_by().values("pk").union(earlier.order_by().values("row_id"))
    rows = rows.filter(pk__in=possible).alias(
        **{f"{name}_then": column_then(rows, at, name) for name in ("search", *wanted)}
    )
    said = {f"{name}_then": str(value).lower() if isinstance(value, bool) else value for name, value in wanted.items()}
    return matching(rows.filter(**said), words, column="search_then")


def column_then(rows: QuerySet[Any], at: datetime, name: str) -> Coalesce:
    """What stood in a column then, as text."""
    text = _version_then(rows, at).annotate(text=KT(f"columns__{name}")).values("text")[:1]
    return Coalesce(Subquery(text, output_field=TextField()), Cast(F(name), TextField()))


def versions_of(model: type[Mirrored], org: Organisation, *, assessment: int | None = None) -> QuerySet[Version]:
    """What the rows of a listing said earlier; `assessment` is the number of the one that they are part of."""
    rows = Version.objects.filter(org=org, kind=kind_of(model))
    return rows.filter(assessment_id=assessment) if assessment else rows


def as_they_were(rows: Iterable[M], at: datetime) -> list[M]:
    """Those rows, each with the columns of then; one query whatever their number."""
    rows = list(rows)
    if not rows:
        return rows
    kind, numbers = kind_of(type(rows[0])), [row.pk for row in rows]
    found = Version.objects.filter(kind=kind, row_id__in=numbers, valid_to__gt=at).order_by("row_id", "valid_to")
    by_number = {row.pk: row for row in rows}
    for version in found.distinct("row_id"):
        row = by_number[version.row_id]
        for column, value in version.columns.items():
            setattr(row, column, value)
        row.gone_at = version.valid_from if version.gone else None
    return rows


def _version_then(rows: QuerySet[Any], at: datetime) -> QuerySet[Version]:
    return Version.objects.filter(kind=kind_of(rows.model), row_id=OuterRef("pk"), valid_to__gt=at).order_by("valid_to")
