"""Changes, jobs, versions and log entries without those about the viewing member (see accounts/fence.py)."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import BooleanField, Case, Model, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import AuditEntry, Member
from qxportal.ledger.job_kinds import APPLY, KINDS
from qxportal.ledger.models import Change, Job, JobItem, PlanLine, SuspectedDeletion, Version

M = TypeVar("M", bound=Model)
# What is written about a member of an assessment, or about all of them: see resource_paths.py.
WRITTEN = """EXISTS (SELECT 1 FROM unnest(ledger_change.writes) AS path
    WHERE split_part(path, '/member/', 2) = ANY(%s) OR path = ANY(%s))"""
DEEDS = ("report.", "change.", "job.")  # that are logged with the item's title


def changes(member: Member, rows: QuerySet[Change]) -> QuerySet[Change]:
    """Changes that are not about the member."""
    fence = fence_of(member)
    if not fence.keys:
        return rows
    members = [f"assessment/{vendor_id}/member" for vendor_id in fence.assessments]
    return rows.exclude(RawSQL(WRITTEN, [list(fence.keys), members], output_field=BooleanField()))  # noqa: S611


def jobs(member: Member, rows: QuerySet[Job]) -> QuerySet[Job]:
    """Jobs, except those that fetch the member's own report or that others started about the member's assessments."""
    fence = fence_of(member)
    fetching = [Q(target__startswith=f"{number}:") for number in fence.subjects]
    kinds = [kind.name for kind in KINDS.values() if kind.about_subject]
    rows = rows.exclude(reduce(or_, fetching), kind__in=kinds) if fetching else rows
    if not fence.assessments:
        return rows
    about = Q(parameters__about__has_any_keys=[*map(whole, fence.assessments)])
    return _without(rows, about & ~Q(started_by=member))


def items(member: Member, job: Job, rows: QuerySet[JobItem]) -> QuerySet[JobItem]:
    """Items of a job, without those about the member."""
    if job.kind != APPLY.name or not fence_of(member).keys:
        return rows
    mine = Change.objects.filter(job=job).exclude(pk__in=changes(member, Change.objects.filter(job=job)).values("pk"))
    return rows.exclude(label__in=[change.title for change in mine])


def whole(assessment_id: str) -> str:
    """The value of `about` that marks lines, jobs and log entries about all subjects of an assessment."""
    return f"assessment:{assessment_id}"


def own_lines(member: Member, rows: QuerySet[PlanLine]) -> QuerySet[PlanLine]:
    """Lines of plans about the member as a subject, or about all subjects of an assessment with the member."""
    fence = fence_of(member)
    return rows.filter(about__in=[*fence.keys, *map(whole, fence.assessments)]) if fence.keys else rows.none()


def plan_lines(member: Member, rows: QuerySet[PlanLine]) -> QuerySet[PlanLine]:
    """Lines of plans without those about the member as a subject."""
    fence = fence_of(member)
    return rows.exclude(about__in=[*fence.keys, *map(whole, fence.assessments)]) if fence.keys else rows


def silenced(member: Member, job: Job, shown: Iterable[JobItem]) -> list[JobItem]:
    """Job items, with counts blanked that would reveal the progress of the member's own evaluations."""
    names = fence_of(member).assessment_names if job.purpose.named_items else ()
    shown = list(shown)
    for item in shown:
        if item.label in names:
            item.message = ""
    return shown


def versions(member: Member, rows: QuerySet[Version]) -> QuerySet[Version]:
    """Versions that are not about the member as a subject; the member's directory entries stay."""
    keys = fence_of(member).keys
    if not keys:
        return rows
    evaluations = [Q(columns__subject_key__in=list(keys)), *(Q(vendor_id__startswith=f"{key}|") for key in keys)]
    own = Q(kind="subject", vendor_id__in=keys) | (Q(kind="evaluation") & reduce(or_, evaluations))
    return _without(rows, own)


def log(member: Member, rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """Log entries that are not about the member; entries in the old format are matched by name in their text."""
    fence = fence_of(member)
    if not fence.keys:
        return rows
    about = [*fence.keys, *map(whole, fence.assessments)]
    own = Q(details__about__has_any_keys=about) | Q(verb="mirror.alarm-acknowledged", target__in=fence.keys)
    deeds = reduce(or_, [Q(verb__startswith=deed) for deed in DEEDS])
    named = [Q(words__contains=name) for name in fence.names if name]
    return _without(rows, own | (deeds & reduce(or_, named)) if named else own)


def suspected_deletions(member: Member, rows: QuerySet[SuspectedDeletion]) -> QuerySet[SuspectedDeletion]:
    """Suspected deletions, without those about the member."""
    own = [Q(vendor_id=key) | Q(vendor_id__startswith=f"{key}|") for key in fence_of(member).keys]
    return rows.exclude(reduce(or_, own)) if own else rows


def others_rows(member: Member, rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Quarantined rows of a listing, without those about the member."""
    keys = fence_of(member).keys
    return [row for row in rows if str(row.get("id", "")).partition("|")[0] not in keys]


def keys_of(change: Change) -> list[str]:
    """Ids of the people that a change concerns, for the log."""
    return [path.partition("/member/")[2] for path in change.writes if "/member/" in path]


def _without(rows: QuerySet[M, M], own: Q) -> QuerySet[M, M]:
    """Exclude rows that match `own`; a condition on a missing JSON key counts as no match."""
    marked: QuerySet[Any, Any] = rows.alias(is_own=Case(When(own, then=Value(True)), default=Value(False)))
    return marked.filter(is_own=False)
