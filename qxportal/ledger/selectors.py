"""Queries for the pages of the ledger."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.core.postgresql.prepared import Prepared
from qxportal.ledger import fenced
from qxportal.ledger.job_kinds import JobKind
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.models import Change, Job, ResourceSync
from qxportal.ui.labels import REQUESTS

LATELY = timedelta(days=7)
A_MOMENT = timedelta(minutes=10)
MOST_NOTICES = 5
NEWEST_JOB = Prepared(
    lambda values: Job.objects.filter(org=values["org"], kind=values["kind"], target=values["target"]).order_by("-pk")[
        :1
    ],
    org=int,
    kind=str,
    target=str,
)
SYNCS = Prepared(
    lambda values: ResourceSync.objects.filter(org=values["org"], resource=values["resource"]), org=int, resource=str
)


def jobs(member: Member) -> QuerySet[Job]:
    """The organisation's jobs, newest first, without those about the member."""
    return fenced.jobs(member, Job.objects.filter(org=member.org))


def live_job(org: Organisation, kind: JobKind, target: str = "") -> Job | None:
    """The job of this kind and target that waits, runs or is paused."""
    return Job.objects.filter(org=org, kind=kind.name, target=target, state__in=Job.OPEN).first()


def refresh_of(org: Organisation, kind: JobKind, target: str = "") -> Job | None:
    """The open refresh; else the last one if it failed or left something out."""
    newest = NEWEST_JOB.first(org=org.pk, kind=kind.name, target=target)
    ended_well = newest is None or newest.shown_state in (Job.State.DONE, Job.State.CANCELLED)
    return None if ended_well else newest


def changes(member: Member) -> QuerySet[Change]:
    """The organisation's changes, newest first, without those about the member."""
    return fenced.changes(member, Change.objects.filter(org=member.org)).select_related("job")


def latest_changes(member: Member, *, assessment_id: str, requests: Iterable[str]) -> QuerySet[Change]:
    """Changes of an assessment that are open, or settled a moment ago; oldest first."""
    moment = timezone.now() - A_MOMENT
    rows = Change.objects.filter(
        Q(state__in=Change.OPEN) | Q(settled_at__gte=moment),
        org=member.org,
        assessment_id=assessment_id,
        request__in=list(requests),
    )
    return fenced.changes(member, rows).order_by("number")


def unsettled(rows: QuerySet[Change]) -> list[Change]:
    """Changes that a page reports: open ones, and those refused or done in part lately, until the same change succeeds.

    Once settled, lines of a bulk change are reported by its job.
    """
    later = Change.objects.filter(
        org=OuterRef("org"), target=OuterRef("target"), number__gt=OuterRef("number")
    ).exclude(state=Change.State.REFUSED)
    ended = Q(job=None) & (
        Q(state=Change.State.REFUSED, settled_at__gte=timezone.now() - LATELY) & ~Exists(later)
        | ~Q(attention_message="")
    )
    return list(rows.filter(Q(state__in=Change.OPEN) | ended).order_by("-number")[:MOST_NOTICES])


def changes_that_need_somebody(member: Member) -> QuerySet[Change]:
    """Changes whose outcome or consequence a person must check, and those refused lately."""
    return changes(member).filter(
        Q(state__in=(Change.State.PERSON, Change.State.UNKNOWN, Change.State.HELD))
        | ~Q(attention_message="")
        | Q(state=Change.State.REFUSED, settled_at__gte=timezone.now() - LATELY)
    )


def jobs_that_need_somebody(member: Member) -> QuerySet[Job]:
    """Jobs that failed or gave up lately, with no later success of the same kind and target."""
    alike = {"org": OuterRef("org"), "kind": OuterRef("kind"), "target": OuterRef("target")}
    later = Job.objects.filter(**alike, pk__gt=OuterRef("pk"), state=Job.State.DONE)
    failed = jobs(member).filter(
        state__in=(Job.State.FAILED, Job.State.PARKED), finished_at__gte=timezone.now() - LATELY
    )
    return failed.filter(~Exists(later))


def resource_syncs(org: Organisation) -> QuerySet[ResourceSync]:
    """How fresh each mirrored listing is."""
    return ResourceSync.objects.filter(org=org)


def missing_names(member: Member, sync: ResourceSync, *, most: int) -> list[str]:
    """Mirrored names of the rows that await confirmation, without those about the member."""
    kind, _colon, assessment = sync.resource.partition(":")
    model = mirrored_models()[kind.removesuffix("s")]
    keys = fenced.suspected_deletions(member, sync.suspected_deletions.all()).values_list("vendor_id", flat=True)[:most]
    rows = model.objects.filter(org=sync.org, vendor_id__in=list(keys))
    if assessment:
        rows = rows.filter(assessment__vendor_id=assessment)
    named = {row.vendor_id: str(row) for row in rows}
    return [named.get(key, key) for key in keys]


def resource_sync(org: Organisation, resource: str) -> ResourceSync | None:
    """How fresh one mirrored listing is."""
    return SYNCS.first(org=org.pk, resource=resource)


def rows_listed(sync: ResourceSync | None) -> int | None:
    """Number of rows in a listing's last sync, if it was consistent."""
    return None if sync is None or sync.problem or sync.held else sync.rows


def number_listed(org: Organisation, resource: str) -> Subquery:
    """`rows_listed` as a column of the query that reads the list."""
    consistent = ResourceSync.objects.filter(org=org, resource=resource, problem="", held=0)
    return Subquery(consistent.values("rows"))


def log(member: Member) -> QuerySet[AuditEntry]:
    """The audit log, newest first, without entries about the member."""
    return fenced.log(member, AuditEntry.objects.filter(org=member.org))


def makers(member: Member) -> dict[str, str]:
    """The members who made changes: id and name."""
    made = changes(member).filter(made_by__isnull=False).values_list("made_by", "made_by_name").distinct()
    return {str(pk): name for pk, name in made.order_by("made_by_name")[:200]}


def requests_made(member: Member) -> dict[str, str]:
    """Requests of the recorded changes, with their labels."""
    names = changes(member).values_list("request", flat=True).order_by("request").distinct()
    return dict(sorted(((name, str(REQUESTS.get(name, name))) for name in names), key=lambda pair: pair[1]))


def assessments_changed(member: Member) -> dict[str, str]:
    """Assessments changed lately: vendor's id and name."""
    changed = changes(member).exclude(assessment_id="").order_by("assessment_id", "-number")
    named = changed.distinct("assessment_id").values_list("number", "assessment_id", "assessment_name")
    newest = sorted(named, reverse=True)[:200]
    return dict(sorted(((vendor_id, name or vendor_id) for _n, vendor_id, name in newest), key=lambda pair: pair[1]))
