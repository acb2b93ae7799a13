"""Personal links to the reports of a batch: one for the reader of each version, mailed by one job, with its results."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.gate import why_not_released
from assessments.job_kinds import SEND_LINKS
from assessments.models import BatchFile, ReportBatch, ReportLink, Subject
from assessments.receiving import ADMIN
from assessments.report_access import has_site
from assessments.report_batches import files_for
from assessments.report_links import is_open, make_link, reader_of
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, report_progress, start
from qxportal.ledger.models import Job
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored


@dataclass(frozen=True)
class LinkLine:
    """A file of a batch, the reader of its version, and why no link is mailed; nothing in that names anybody."""

    file: BatchFile
    reader: Person | None = None
    open_link: ReportLink | None = None
    why: Message = ""
    needs_consent: bool = False  # the subject is not done, or does not meet the requirements


def linkable(member: Member, batch: ReportBatch) -> QuerySet[BatchFile]:
    """The fetched files of a batch that have a reader, without those about the member."""
    rows = files_for(member, batch).filter(state=BatchFile.State.FETCHED, report__isnull=False).exclude(viewer=ADMIN)
    return rows.select_related("report__subject__person", "report__assessment", "report__org", "subject__assessment")


def line_of(file: BatchFile) -> LinkLine:
    """The reader who would get a link to the report of a file, or the reason why no link is sent."""
    report = file.report
    if report is None:
        return LinkLine(file, why=gettext_stored("The report was not fetched."))
    if has_site(report.assessment):
        return LinkLine(file, why=gettext_stored("The server has a site of its own. Release the report there."))
    reader = reader_of(report)
    if reader is None:
        return LinkLine(file, why=gettext_stored("The directory has no reader for this version."))
    if not reader.email:
        return LinkLine(file, reader, why=gettext_stored("The directory has no e-mail address of this reader."))
    rows = report.links.filter(person=reader, ended_at=None, until__gt=timezone.now())
    known = rows.select_related("org", "person", "report__subject__person").first()
    if known is not None and is_open(known):
        return LinkLine(file, reader, known, gettext_stored("This reader has a link already."))
    unfinished = report.subject.status != Subject.Status.DONE or bool(why_not_released(report.subject))
    return LinkLine(file, reader, needs_consent=unfinished)


def start_links(batch: ReportBatch, *, by: Member, days: int, code: bool, unfinished: bool) -> Job:
    """Start the job that mails the links; raises ActionRefused for more than one admin alone may open reports to.

    The job mails links to the files that are fetched now, while others may still be fetched.
    """
    files = list(linkable(by, batch).order_by("position").values_list("position", flat=True))
    if not files:
        raise ActionRefused(_("This batch has no fetched report for a subject or a manager."))
    if len(files) > by.org.release_alone:
        raise ActionRefused(
            _("One admin alone can send at most %(most)s links at once. Owners change that number in the settings.")
            % {"most": by.org.release_alone}
        )
    parameters = {"days": days, "code": code, "unfinished": unfinished, "files": files}
    row = start(batch.org, SEND_LINKS, by=by, target=str(batch.pk), title=batch.title, parameters=parameters)
    if (row.started_by_id, row.parameters) != (by.pk, parameters):  # a job that runs has the choices of its start
        raise ActionRefused(_("Links to the reports of this batch are being sent already. Wait until they are sent."))
    note(batch.org, by=by, verb="report.links-started", words=batch.title, job=row.pk)
    return row


def latest_link_job(batch: ReportBatch) -> Job | None:
    """The job that mails, or mailed last, the links of a batch."""
    return Job.objects.filter(org=batch.org_id, kind=SEND_LINKS.name, target=str(batch.pk)).order_by("-pk").first()


@job(SEND_LINKS)
def send_links(row: Job) -> Message:
    """Mail a link to each reader of a batch's reports without one (a job); a rerun mails none twice."""
    batch, by = ReportBatch.objects.get(org=row.org, pk=row.target), row.started_by
    if by is None or not by.may(Role.ADMIN):
        return gettext_stored("Only admins can send links.")
    files = list(linkable(by, batch).filter(position__in=row.parameters["files"]).order_by("position"))
    expect(row, len(files))
    mailed = 0
    for file in files:
        line = line_of(file)
        problem = _send(line, by, row.parameters)
        mailed += not problem
        label = gettext_stored("File %(number)s", number=file.position)
        words = problem or gettext_stored("The link is being mailed.")
        report_progress(row, label, ok=not problem or line.open_link is not None, words=words)
    return ngettext_stored("%(n)s link was mailed", "%(n)s links were mailed", mailed)


def _send(line: LinkLine, by: Member, options: dict[str, Any]) -> Message:
    """Mail the link of one file; returns the reason if it was not mailed."""
    if line.why or line.file.report is None:
        return line.why
    if line.needs_consent and not options["unfinished"]:
        return gettext_stored("The subject is not done or does not meet the requirements.")
    try:
        make_link(
            line.file.report,
            days=int(options["days"]),
            by=by,
            unfinished=bool(options["unfinished"]),
            code=bool(options["code"]),
        )
    except ActionRefused:  # the text may name people, and all members read the items of jobs
        return gettext_stored("The link could not be made. The page of the report’s links says why.")
    return ""
