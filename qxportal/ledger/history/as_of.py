"""The mirror as of an earlier day.

A version holds from `valid_from` until just before `valid_to`; a row's current values hold since its last version.
Versions that ended before HISTORY_KEEP are deleted; there is no history from before a listing's first sync.
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
    """The requested day and its last moment; without a moment or a problem, the page shows today."""

    text: str = ""
    day: date | None = None
    at: datetime | None = None
    problem: str = ""

    @property
    def shown(self) -> bool:
        """Whether the page shows that day, even if it has no history."""
        return bool(self.at or self.problem)

    @property
    def following(self) -> str:
        """The next day: later differences start with it."""
        return str(self.day + timedelta(days=1)) if self.day else ""


def read_past(text: str, everything: Callable[[], QuerySet[Any]]) -> Past:
    """The day in the URL, in the member's time zone, if every listing has history for it."""
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
    """A day as the URL gives it, or the reason why it cannot be shown."""
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
    """First moment of a day in the member's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """Last moment of a day in the member's time zone, or now if that is earlier."""
    return min(start_of(day + timedelta(days=1)) - timedelta(microseconds=1), timezone.now())


def first_reading(everything: QuerySet[Any]) -> datetime | None:
    """When a listing's first rows were seen."""
    began: datetime | None = everything.order_by().aggregate(began=Min("first_seen_at"))["began"]
    return began


def unknown_before(began: datetime | None) -> str:
    """The reason why a day before the first sync cannot be shown."""
    if began is None:
        return _("There has been no sync yet, so there are no data of that day.")
    words = {"time": date_time(began)}
    return _("There are no data of that day: the first sync of this list was on %(time)s.") % words


def listed_then(everything: QuerySet[M], at: datetime, *, gone: bool = False) -> QuerySet[M]:
    """Rows that the vendor listed on that day, or no longer listed. Columns hold today's values, see `as_they_were`."""
    then = _version_then(everything, at).values("gone")[:1]
    gone_now = ExpressionWrapper(Q(gone_at__isnull=False), output_field=BooleanField())
    known: QuerySet[Any] = everything.filter(first_seen_at__lte=at).alias(gone_then=Coalesce(Subquery(then), gone_now))
    return known.filter(gone_then=gone)


def narrowed_then(
    rows: QuerySet[M], versions: QuerySet[Version], at: datetime, words: str, wanted: Mapping[str, str | bool]
) -> QuerySet[M]:
    """Rows that matched the search words and column values on that day.

    Candidates come from the indexes first: rows that match today, and rows whose later ended `versions` match.
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
    """A column's value on that day, as text."""
    text = _version_then(rows, at).annotate(text=KT(f"columns__{name}")).values("text")[:1]
    return Coalesce(Subquery(text, output_field=TextField()), Cast(F(name), TextField()))


def versions_of(model: type[Mirrored], org: Organisation, *, assessment: int | None = None) -> QuerySet[Version]:
    """Earlier versions of a listing's rows; `assessment` is the primary key of the assessment that contains them."""
    rows = Version.objects.filter(org=org, kind=kind_of(model))
    return rows.filter(assessment_id=assessment) if assessment else rows


def as_they_were(rows: Iterable[M], at: datetime) -> list[M]:
    """The rows with their columns as of that day; one query for any number of rows."""
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
