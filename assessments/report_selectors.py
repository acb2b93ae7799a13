"""Queries for the pages of reports: fetched, opened and released ones."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.fence import reports_of_others
from assessments.job_kinds import FETCH_REPORT
from assessments.models import Release, Report, Subject
from assessments.receiving import ADMIN, SUBJECT, live, why_ended
from assessments.reports import may_open
from assessments.subject_selectors import SubjectRow
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.filenames import file_name
from qxportal.ledger.models import Job
from qxportal.ledger.selectors import A_MOMENT, LATELY, jobs

ORDERS = {"fetched": ("fetched_at", "pk"), "subject": ("subject_name", "fetched_at", "pk")}
RELEASED = ("member__user", "member__org", "report__assessment", "report__subject__person")  # decides about releases


@dataclass(frozen=True)
class ReportRow:
    """A fetched report as a list shows it."""

    report: Report
    opened: int  # how often
    open: bool  # whether the member may


@dataclass(frozen=True)
class SubjectReports:
    """A subject with the newest report per viewer, and how the last fetch went."""

    shown: SubjectRow
    kept: list[tuple[Report, bool]]  # with whether the member may open it
    job: Job | None

    @property
    def subject(self) -> Subject:
        """The subject."""
        return self.shown.subject


def every_report(org: Organisation) -> QuerySet[Report]:
    """Every fetched report, the member's own too: `may_open` decides about each."""
    return Report.objects.filter(org=org).select_related("subject__person", "assessment", "fetched_by__user")


def reports(member: Member) -> QuerySet[Report]:
    """The fetched reports, but those about the member."""
    return reports_of_others(member, every_report(member.org))


def with_order(rows: QuerySet[Report]) -> Any:
    """With the columns that the list is sorted by."""
    return rows.annotate(subject_name=F("subject__sort_name"))


def latest_reports(member: Member, page: Iterable[Subject]) -> dict[int, list[Report]]:
    """Each subject's newest report per viewer."""
    rows = (
        reports_of_others(member, Report.objects.filter(subject__in=list(page)))
        .select_related("subject")
        .order_by("subject_id", "viewer", "-version")
    )
    newest: dict[int, list[Report]] = defaultdict(list)
    for report in rows.distinct("subject_id", "viewer"):
        newest[report.subject_id].append(report)
    return newest


def openable(member: Member, page: Iterable[Report]) -> set[int]:
    """Which of those reports the member may open; at most one query."""
    page = list(page)
    if member.may(Role.EDITOR):
        return {report.pk for report in page if may_open(member, report)}
    rows = Release.objects.filter(member=member, report__in=page).select_related(*RELEASED)
    return {released.report_id for released in live(rows)}


def fetches_of(member: Member, page: Iterable[Subject], *, viewer: str | None = None) -> dict[int, list[Job]]:
    """The last fetch of each subject's report, per viewer or for one; successes only for a moment."""
    found: dict[int, list[Job]] = {subject.pk: [] for subject in page}
    viewers = {viewer} if viewer is not None else {ADMIN, SUBJECT}
    wanted = Q(target__in=[f"{pk}:{each}" for pk in found for each in viewers])
    if viewer is None:
        for pk in found:
            wanted |= Q(target__startswith=f"{pk}:")
    for job in jobs(member).filter(wanted, kind=FETCH_REPORT.name).order_by("target", "-pk").distinct("target"):
        age = timezone.now() - (job.finished_at or timezone.now())
        if job.open or age < (A_MOMENT if job.state == Job.State.DONE else LATELY):
            found[int(job.target.partition(":")[0])].append(job)
    return found


def report_file_name(report: Report) -> str:
    """File name of a report: subject, assessment and viewer, with a unique number."""
    seen_by = {ADMIN: _("as administrators see it"), SUBJECT: _("as the subject sees it")}.get(report.viewer)
    if seen_by is None:
        viewer = Person.objects.filter(org_id=report.org_id, vendor_id=report.viewer).first()
        seen_by = _("as %(viewer)s sees it") % {"viewer": viewer or report.viewer}
    number = _("version %(version)s, no %(number)s") % {"version": report.version, "number": report.pk}
    return file_name([report.subject, report.assessment.name, seen_by, number], "pdf")


def openings(org: Organisation, page: Iterable[Report]) -> dict[int, int]:
    """How often each report was opened."""
    numbers = [report.pk for report in page]
    rows = (
        AuditEntry.objects.filter(org=org, verb="report.opened", details__report__in=numbers)
        .values_list("details__report")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {int(number): count for number, count in rows}


def released_to(member: Member) -> list[Release]:
    """Reports that the member may open because of a release."""
    rows = Release.objects.filter(member=member, org=member.org).select_related(*RELEASED, "released_by__user")
    return live(rows.order_by("-released_at"))


def ended_releases(member: Member) -> list[tuple[Release, str]]:
    """The member's releases that no longer open a report, with the reason."""
    rows = Release.objects.filter(member=member, org=member.org).select_related(*RELEASED).order_by("-released_at")
    return [(released, why) for released in rows if (why := why_ended(released))]
