"""Minimum numbers of answers in an assessment's reports, and combined relationships, as the server reported them.

All pages that count groups use these. If the server reports none, the minimums are three, and five for spread.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Count, F, Func, Max, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from assessments.fence import about_others, others
from assessments.models import Assessment, Editions, Evaluation, Subject, Thresholds
from assessments.report_group_versions import keep_version
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member, Organisation
from qxportal.threesixty.calls.thresholds import GetThresholds
from qxportal.threesixty.records.comparisons import ComparisonRecord
from qxportal.threesixty.records.thresholds import ThresholdsRecord
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD, SELF

COLUMNS = ("min_group", "min_comments", "min_spread")
GROUPS = ("groups", "group_of", "groups_fixed", "comparison")
MOST = 1_000  # more is not believed
# Minimum of a group; for queries of evaluations grouped by subject.
NEEDED = Max(Coalesce("assessment__thresholds__min_group", Value(MINIMUM)))
# Group of an evaluation in reports; for queries of evaluations.
REPORT_GROUP = Coalesce(
    Func(
        F("assessment__thresholds__group_of"),
        F("relationship"),
        function="jsonb_extract_path_text",
        output_field=TextField(),
    ),
    F("relationship"),
    output_field=TextField(),
)


@dataclass(frozen=True)
class Minimums:
    """Minimum numbers of answers for figures, comments and spread."""

    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    min_spread: int = MINIMUM_FOR_SPREAD


def mirror_thresholds(
    org: Organisation, records: Iterable[ThresholdsRecord], *, as_of: datetime, only: Assessment | None = None
) -> None:
    """Store the minimums of all assessments, or of one, and delete those that the server no longer tells."""
    told = {record.assessment_id: _kept(record) for record in records}
    known = Assessment.objects.filter(org=org, vendor_id__in=told)
    kept = Thresholds.objects.filter(org=org)
    if only is not None:
        known, kept = known.filter(pk=only.pk), kept.filter(assessment=only)
    there = {row.assessment_id: row for row in kept}
    rows = [
        Thresholds(org=org, assessment_id=pk, seen_at=as_of, **told[vendor_id])
        for pk, vendor_id in known.values_list("pk", "vendor_id")
        if pk not in there
        or (
            there[pk].seen_at <= as_of
            and {name: getattr(there[pk], name) for name in (*COLUMNS, *GROUPS)} != told[vendor_id]
        )
    ]
    with transaction.atomic():
        if rows:
            Thresholds.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["assessment"], update_fields=["seen_at", *COLUMNS, *GROUPS]
            )
        for row in rows:
            before = there[row.assessment_id].groups if row.assessment_id in there else None
            if row.groups != (before or []):
                keep_version(row.assessment, row.groups, at=as_of, before=before)
        kept.filter(seen_at__lt=as_of).exclude(assessment__vendor_id__in=told).delete()


def _kept(record: ThresholdsRecord) -> dict[str, Any]:
    """The stored columns of the reported minimums."""
    return {
        **asdict(_believed(record)),
        "groups": [group.as_json() for group in record.groups],
        "group_of": {name: group.name for group in record.groups for name in group.relationships},
        "groups_fixed": record.groups_fixed,
        "comparison": _as_kept(record.comparison) if record.comparison else {},
    }


def _as_kept(comparison: ComparisonRecord) -> dict[str, Any]:
    """The value as the database returns it."""
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(comparison))
    return kept


def _believed(record: ThresholdsRecord) -> Minimums:
    return Minimums(min(MOST, record.min_group), min(MOST, record.min_comments), min(MOST, record.min_spread))


def _minimums(row: Thresholds) -> Minimums:
    return Minimums(row.min_group, row.min_comments, row.min_spread)


def forget_thresholds(org: Organisation) -> None:
    """Delete the minimums of all assessments, as the server does not report them."""
    Thresholds.objects.filter(org=org).delete()


def told_minimums(assessment: Assessment) -> Minimums | None:
    """The minimums that the server reported; None if it reported none."""
    row = Thresholds.objects.filter(assessment=assessment).defer("comparison").first()
    return _minimums(row) if row else None


def minimums_of(assessment: Assessment) -> Minimums:
    """The minimums of an assessment; the defaults if the server reported none."""
    return told_minimums(assessment) or Minimums()


def report_groups_of(assessment: Assessment) -> dict[str, str]:
    """Relationship -> group, for all combined relationships in the assessment's reports."""
    found = Thresholds.objects.filter(assessment=assessment).values_list("group_of", flat=True).first()
    return dict(found or {})


@dataclass(frozen=True)
class Raised:
    """The active assessments and groups that a larger minimum affects."""

    assessments: tuple[str, ...]  # their names
    groups: int  # that have enough answers now, and would have too few


def raised_by(member: Member, wanted: Minimums) -> Raised:
    """Effects of raised minimums of the brand, without groups about the member."""
    org = member.org_id
    running = Assessment.objects.filter(org=org, status=Assessment.Status.ACTIVE, gone_at=None)
    usual = Minimums()
    kept = {name: Coalesce(f"thresholds__{name}", Value(getattr(usual, name))) for name in COLUMNS}
    known = running.annotate(**{f"now_{name}": value for name, value in kept.items()})
    smaller = Q()
    for name in COLUMNS:
        smaller |= Q(**{f"now_{name}__lt": getattr(wanted, name)})
    names = known.filter(smaller).order_by("name", "pk").values_list("name", flat=True)
    return Raised(tuple(names), _shown_lines(member, running, wanted) + _enough_groups(member, running, wanted))


def _shown_lines(member: Member, running: QuerySet[Assessment], wanted: Minimums) -> int:
    """Lines that editions show with fewer answers than wanted, without people who are shown alone."""
    subjects = others(member, Subject.objects.filter(assessment__in=running, gone_at=None))
    rows = Editions.objects.filter(subject__in=subjects, facts__edition__gt=0).values_list("facts__lines", flat=True)
    return sum(
        line["kind"] in ("group", "others") and not line["hidden"] and 0 < line["shown"] < wanted.min_group
        for lines in rows.iterator(500)
        for line in lines
    )


def _enough_groups(member: Member, running: QuerySet[Assessment], wanted: Minimums) -> int:
    """Groups of subjects without an edition that have enough answers now, and fewer than wanted."""
    given = Editions.objects.filter(facts__edition__gt=0).values("subject")
    rows = Evaluation.objects.filter(assessment__in=running, gone_at=None, subject__gone_at=None)
    rows = about_others(member, rows).exclude(subject__in=given).exclude(relationship=SELF)
    counted = rows.values("subject_id", report_group=REPORT_GROUP).annotate(
        done=Count("pk", filter=Q(status=Evaluation.Status.COMPLETED)), needed=NEEDED
    )
    return counted.filter(done__gte=F("needed"), done__lt=wanted.min_group).order_by().count()


def server_thresholds(org: Organisation) -> bool:
    """Whether the server may know minimums: it has not refused the request lately."""
    return may_ask(org, GetThresholds)
