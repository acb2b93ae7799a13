"""Compare a listing on two days: rows added, rows gone, and rows whose visible columns differ.

Reads only rows first seen, or with a version that ended, between the two moments.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import CharField, Count, Max, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import JSONField
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.ledger.history.as_of import end_of, first_reading, read_day, start_of, unknown_before
from qxportal.ledger.mirror.mirrored import kind_of
from qxportal.ledger.models import Version

MOST = 10_000  # rows that may have changed between the two days
WEEK = timedelta(days=7)
LONGEST_FIRST = timedelta(days=1)  # that the first reading of a listing may have taken


@dataclass(frozen=True)
class Span:
    """From the start of one day to the end of another; `known_from` is later if the first sync was."""

    first: str
    last: str
    since: datetime | None = None
    until: datetime | None = None
    known_from: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Comparison:
    """Rows that differ, each with `what`, `before` and `after`, and their number by kind."""

    rows: QuerySet[Any]
    counts: dict[str, int] = field(default_factory=dict)
    cut: bool = False  # more than MOST rows were touched, so nothing is compared


def read_span(first: str, last: str, everything: QuerySet[Any], versions: QuerySet[Version]) -> Span:
    """The two days in the URL; by default from a week ago until now."""
    today = timezone.localdate()
    first, last = first or str(today - WEEK), last or str(today)
    (from_day, problem), (to_day, other) = read_day(first), read_day(last)
    if problem or other or not from_day or not to_day:
        return Span(first[:20], last[:20], problem=problem or other)
    if from_day > to_day or from_day > today:
        return Span(first, last, problem=_("The first day must not be after the last one, nor after today."))
    since, until = start_of(from_day), end_of(min(to_day, today))
    began = first_reading(everything)
    if began is None or until < began:
        return Span(first, last, problem=unknown_before(began))
    if since < began + LONGEST_FIRST:
        ended = max(since, _end_of_first_reading(everything, versions))
        return Span(first, last, ended, max(until, ended), ended if ended > since else None)
    return Span(first, last, since, until)


def compare(
    everything: QuerySet[Any], versions: QuerySet[Version], since: datetime, until: datetime, visible: Iterable[str]
) -> Comparison:
    """Rows that differ between the two moments in the `visible` columns."""
    new = everything.filter(first_seen_at__gt=since, first_seen_at__lte=until).order_by().values("pk")
    ended = versions.filter(valid_to__gt=since, valid_to__lte=until).order_by().values("row_id")
    touched = [next(iter(row.values())) for row in new.union(ended)[: MOST + 1]]
    if len(touched) > MOST:
        return Comparison(everything.none(), cut=True)
    before, values = _said(everything, since, visible)
    after, more = _said(everything, until, visible)
    both = [*values, *more]
    rows = everything.filter(pk__in=touched).annotate(
        what=RawSQL(  # noqa: S611
            f"""(SELECT CASE WHEN before IS NULL AND after IS NULL THEN '' WHEN before IS NULL THEN 'added'
                             WHEN after IS NULL THEN 'gone' WHEN before <> after THEN 'changed' ELSE '' END
                 FROM (SELECT {before} AS before, {after} AS after) AS said)""",  # noqa: S608
            both,
            output_field=CharField(),
        ),
        before=RawSQL(before, values, output_field=JSONField()),  # noqa: S611
        after=RawSQL(after, more, output_field=JSONField()),  # noqa: S611
    )
    rows = rows.exclude(what="")
    counted = rows.order_by().values_list("what").annotate(n=Count("pk"))
    return Comparison(rows, dict(counted))


def _said(everything: QuerySet[Any], at: datetime, visible: Iterable[str]) -> tuple[str, list[Any]]:
    """SQL for a row's visible columns at a moment; NULL if the vendor did not list the row then."""
    model = everything.model
    table = connection.ops.quote_name(model._meta.db_table)
    shown = set(visible)
    hidden = [str(column.column) for column in model._meta.concrete_fields if column.column not in shown]
    sql = f"""(CASE WHEN {table}.first_seen_at <= %s THEN NULLIF(COALESCE(
        (SELECT CASE WHEN v.gone THEN 'null'::jsonb ELSE v.columns END FROM ledger_version v
         WHERE v.kind = %s AND v.row_id = {table}.id AND v.valid_to > %s ORDER BY v.valid_to LIMIT 1),
        CASE WHEN {table}.gone_at IS NULL THEN to_jsonb({table}) ELSE 'null'::jsonb END
    ), 'null'::jsonb) - %s::text[] END)"""  # noqa: S608
    return sql, [at, kind_of(model), at, hidden]


def _end_of_first_reading(everything: QuerySet[Any], versions: QuerySet[Version]) -> datetime:
    """When the first sync saw its last row; later rows are recorded as added."""
    later = versions.filter(event=Version.Event.ADDED).order_by("valid_to").values_list("valid_to", flat=True).first()
    rows = everything.filter(first_seen_at__lt=later) if later else everything
    ended: datetime | None = rows.order_by().aggregate(ended=Max("first_seen_at"))["ended"]
    return ended or timezone.now()
