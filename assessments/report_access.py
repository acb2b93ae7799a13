"""Access to reports on the server's site: stored from the server's responses, and read by the pages.

For a server without a site nothing is stored, and the pages leave these parts out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from assessments.models import Assessment, ReportAccess, Subject
from qxportal.core.stored_times import read_time, stored_time
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.records.report_access import ReportAccessRecord

TIMES = ("from_at", "until_at", "opened_at", "downloaded_at", "decided_at")


UNOPENED = timedelta(days=7)  # after which readers can be reminded


@dataclass(frozen=True)
class SiteReader:
    """A person with present or possible access to a subject's report on the site."""

    key: str
    name: str
    viewer: str  # Subject, Manager or Other
    state: str  # Planned, Open, Ended, WaitsForApproval or SentBack
    left: bool
    from_at: datetime | None
    until_at: datetime | None
    edition: int
    opened_at: datetime | None
    opened_edition: int
    approver: str
    decided_at: datetime | None
    reason: str
    downloaded_at: datetime | None = None  # unknown for rows stored before this column existed
    approver_key: str = ""  # empty for rows stored before this column existed

    @property
    def shown_state(self) -> str:
        """The present state: times may have passed since it was reported."""
        now = timezone.now()
        if self.until_at is not None and self.until_at <= now:
            return "Ended"
        if self.state == "Planned" and self.from_at is not None and self.from_at <= now:
            return "Open"
        return self.state

    @property
    def last_day(self) -> datetime | None:
        """The last moment at which it opens the report."""
        return self.until_at - timedelta(seconds=1) if self.until_at else None

    @property
    def never_began(self) -> bool:
        """Whether it ended before its first moment: held, or withdrawn."""
        return self.until_at is not None and self.from_at is not None and self.until_at <= self.from_at

    @property
    def ended(self) -> bool:
        """Whether it opens nothing any more."""
        return self.shown_state == "Ended"


def mirror_access(assessment: Assessment, records: Iterable[ReportAccessRecord], *, as_of: datetime) -> None:
    """Store the accesses that the server told of an assessment's subjects, and delete all others."""
    told: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        told[record.subject_id].append(_kept(record))
    subjects = {one.vendor_id: one for one in Subject.objects.filter(assessment=assessment, vendor_id__in=list(told))}
    with transaction.atomic():
        known = ReportAccess.objects.select_for_update().filter(assessment=assessment)
        rows = {row.subject_id: row for row in known}
        for key, readers in told.items():
            subject = subjects.get(key)
            row = rows.get(subject.pk) if subject else None
            if subject is None or (row is not None and (row.seen_at > as_of or row.readers == readers)):
                continue
            ReportAccess.objects.update_or_create(
                subject=subject,
                defaults={"org": assessment.org, "assessment": assessment, "readers": readers, "seen_at": as_of},
            )
        known.filter(seen_at__lte=as_of).exclude(subject__vendor_id__in=list(told)).delete()
        ResourceSync.objects.update_or_create(
            org=assessment.org,
            resource=_resource(assessment),
            defaults={"seen_at": as_of, "tried_at": timezone.now(), "rows": sum(map(len, told.values()))},
        )


def forget_access(assessment: Assessment) -> None:
    """Delete stored access, as the server does not report it (any more)."""
    ReportAccess.objects.filter(assessment=assessment).delete()
    ResourceSync.objects.filter(org=assessment.org, resource=_resource(assessment)).delete()


def has_site(assessment: Assessment) -> bool:
    """Whether the server reported its site at the assessment's last sync."""
    return ResourceSync.objects.filter(org=assessment.org_id, resource=_resource(assessment)).exists()


def site_readers(subject: Subject) -> list[SiteReader]:
    """Readers of the subject's report on the site; those whose time is over come last."""
    row = ReportAccess.objects.filter(subject=subject).first()
    return sorted_readers(reader_of(kept) for kept in row.readers) if row else []


def sorted_readers(found: Iterable[SiteReader]) -> list[SiteReader]:
    """The subject, managers and others; those whose time is over come last."""
    return sorted(found, key=lambda one: (one.ended, ("Subject", "Manager", "Other").index(one.viewer), one.name))


def readers_of(subjects: Iterable[Subject]) -> dict[int, list[SiteReader]]:
    """Readers of several subjects' reports on the site, by subject."""
    rows = ReportAccess.objects.filter(subject__in=list(subjects))
    return {row.subject_id: [reader_of(kept) for kept in row.readers] for row in rows}


def open_readers(assessment: Assessment) -> dict[str, SiteReader]:
    """Present readers of the assessment's reports on the site, by the person's vendor id."""
    rows = ReportAccess.objects.filter(assessment=assessment, subject__gone_at=None).order_by("pk")
    found = (reader_of(kept) for row in rows for kept in row.readers)
    return {one.key: one for one in found if one.shown_state == "Open" and not one.left}


def unopened_readers(assessment: Assessment) -> dict[str, SiteReader]:
    """Readers who could open a report for a week and did not, by the person's vendor id."""
    rows = ReportAccess.objects.filter(assessment=assessment, subject__gone_at=None).order_by("pk")
    since = timezone.now() - UNOPENED
    found = (reader_of(kept) for row in rows for kept in row.readers)
    return {
        one.key: one
        for one in found
        if one.shown_state == "Open"
        and not one.left
        and one.opened_at is None
        and one.from_at is not None
        and one.from_at <= since
    }


def waiting_readers(assessment: Assessment) -> list[SiteReader]:
    """Subjects whose report is ready and waits for a manager's approval."""
    rows = ReportAccess.objects.filter(assessment=assessment, subject__gone_at=None).order_by("pk")
    if assessment.status != Assessment.Status.CLOSED:
        rows = rows.filter(subject__status=Subject.Status.DONE)
    found = (reader_of(kept) for row in rows for kept in row.readers)
    return [one for one in found if one.shown_state == "WaitsForApproval" and not one.left]


def _resource(assessment: Assessment) -> str:
    return f"report-access:{assessment.vendor_id}"


def _kept(record: ReportAccessRecord) -> dict[str, Any]:
    approval = record.approval
    return {
        "key": record.person_id,
        "name": f"{record.first_name} {record.last_name}".strip(),
        "viewer": record.viewer if record.viewer in ("Subject", "Manager") else "Other",
        "state": record.state,
        "left": record.left,
        "from_at": stored_time(record.from_at),
        "until_at": stored_time(record.until_at),
        "edition": record.edition,
        "opened_at": stored_time(record.opened_at),
        "opened_edition": record.opened_edition,
        "downloaded_at": stored_time(record.downloaded_at),
        "approver": approval.name if approval else "",
        "approver_key": approval.person_id if approval else "",
        "decided_at": stored_time(approval.decided_at) if approval else None,
        "reason": approval.reason if approval else "",
    }


def reader_of(kept: Mapping[str, Any]) -> SiteReader:
    """A reader as the database keeps one."""
    times = {name: read_time(kept.get(name)) for name in TIMES}
    return SiteReader(**{**kept, **times})
