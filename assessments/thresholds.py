"""How many answers reports of an assessment need: kept from the server's answers, and used by all that counts.

Of a server that tells nothing holds what holds everywhere: three, and five for spread.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Max, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from assessments.fence import about_others, others
from assessments.models import Assessment, Editions, Evaluation, Subject, Thresholds
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member, Organisation
from qxportal.threesixty.calls.thresholds import GetThresholds
from qxportal.threesixty.records.thresholds import ThresholdsRecord
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD, SELF

COLUMNS = ("min_group", "min_comments", "min_spread")
MOST = 1_000  # more is not believed
# What a group needs; for queries of evaluations that are grouped by subject.
NEEDED = Max(Coalesce("assessment__thresholds__min_group", Value(MINIMUM)))


@dataclass(frozen=True)
class Minimums:
    """How many answers figures, comments and spread need."""

    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    min_spread: int = MINIMUM_FOR_SPREAD


def mirror_thresholds(
    org: Organisation, records: Iterable[ThresholdsRecord], *, as_of: datetime, only: Assessment | None = None
) -> None:
    """Keep what was told of all assessments, or of one; of which nothing was told, nothing is kept."""
    told = {record.assessment_id: _believed(record) for record in records}
    known = Assessment.objects.filter(org=org, vendor_id__in=told)
    kept = Thresholds.objects.filter(org=org)
    if only is not None:
        known, kept = known.filter(pk=only.pk), kept.filter(assessment=only)
    there = {row.assessment_id: row for row in kept}
    rows = [
        Thresholds(org=org, assessment_id=pk, seen_at=as_of, **asdict(told[vendor_id]))
        for pk, vendor_id in known.values_list("pk", "vendor_id")
        if pk not in there or (there[pk].seen_at <= as_of and _minimums(there[pk]) != told[vendor_id])
    ]
    with transaction.atomic():
        if rows:
            Thresholds.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["assessment"], update_fields=["seen_at", *COLUMNS]
            )
        kept.filter(seen_at__lt=as_of).exclude(assessment__vendor_id__in=told).delete()


def _believed(record: ThresholdsRecord) -> Minimums:
    return Minimums(min(MOST, record.min_group), min(MOST, record.min_comments), min(MOST, record.min_spread))


def _minimums(row: Thresholds) -> Minimums:
    return Minimums(row.min_group, row.min_comments, row.min_spread)


def forget_thresholds(org: Organisation) -> None:
    """The server tells nothing of them (any more)."""
    Thresholds.objects.filter(org=org).delete()


def told_minimums(assessment: Assessment) -> Minimums | None:
    """What the server told; None where it told nothing."""
    row = Thresholds.objects.filter(assessment=assessment).first()
    return _minimums(row) if row else None


def minimums_of(assessment: Assessment) -> Minimums:
    """What reports of an assessment need."""
    return told_minimums(assessment) or Minimums()


@dataclass(frozen=True)
class Raised:
    """What a larger minimum does to assessments that run."""

    assessments: tuple[str, ...]  # their names
    groups: int  # that have enough answers now, and would have too few


def raised_by(member: Member, wanted: Minimums) -> Raised:
    """What the brand's new minimums would raise; of groups about the member nothing is told."""
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
    """Lines that editions show with fewer answers than wanted; who is shown alone is none of them."""
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
    counted = rows.values("subject_id", "relationship").annotate(
        done=Count("pk", filter=Q(status=Evaluation.Status.COMPLETED)), needed=NEEDED
    )
    return counted.filter(done__gte=F("needed"), done__lt=wanted.min_group).order_by().count()


def server_thresholds(org: Organisation) -> bool:
    """Whether the server may know them: it has not said lately that it does not."""
    return may_ask(org, GetThresholds)
