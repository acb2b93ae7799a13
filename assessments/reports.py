"""Fetched reports: kept sealed with version and hash, opened by right, every opening noted."""

import hashlib
from collections.abc import Iterable
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments import report_files
from assessments.editions import mirror_edition
from assessments.fence import about, refuse_own
from assessments.gate import check_release
from assessments.job_kinds import FETCH_REPORT
from assessments.models import Release, Report, Subject
from assessments.receiving import ADMIN, SUBJECT, live, the_manager_of, why_not
from directory.joins import prove, proven
from qxportal.accounts.audit import note
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, report_progress
from qxportal.ledger.models import Job
from qxportal.security.errors import SealingError
from qxportal.threesixty.calls.extensions import GetEditions
from qxportal.threesixty.calls.report_access import GetReportKey
from qxportal.threesixty.calls.reports import GetSubjectReportPDF
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, ThreeSixtyError, TransientError
from qxportal.threesixty.records.editions import EditionRecord
from qxportal.ui.stored_messages import Message, gettext_stored

log = structlog.get_logger(__name__)

SUBJECT_COLUMNS = ("first_name", "last_name", "email", "vendor_id")
REPORT_COLUMNS = (  # columns needed to open a report; the ZIP file of a batch opens thousands
    *("org", "assessment", "subject", "person_key", "viewer", "version", "file", "sha256"),
    *("assessment__vendor_id", *(f"subject__{name}" for name in SUBJECT_COLUMNS)),
)


def viewers(member: Member, subject: Subject) -> list[tuple[str, Message]]:
    """Viewers for which the member may fetch and open the subject's report: value and label."""
    if not member.may(Role.EDITOR):
        return []
    as_subject: tuple[str, Message] = (SUBJECT, gettext_stored("%(name)s, the subject", name=subject))
    if not member.may(Role.ADMIN):
        return [as_subject]
    manager = the_manager_of(subject)
    found: list[tuple[str, Message]] = [(ADMIN, gettext_stored("Administrator")), as_subject]
    if manager:
        found.append((manager.vendor_id, gettext_stored("%(name)s, the manager", name=manager)))
    return found


def may_open(member: Member, report: Report) -> bool:
    """Whether the member may open this report now."""
    if member.org_id != report.org_id:
        return False
    if member.may(Role.EDITOR) and not about(member, report):
        return member.may(Role.ADMIN) or report.viewer == SUBJECT
    rows = Release.objects.filter(report=report, member=member)
    return any(live(rows.select_related("member__user", "member__org", "report__subject__person")))


@job(FETCH_REPORT)
def fetch(job: Job) -> Message:
    """Fetch one PDF and keep it; the work of a report job."""
    subject = Subject.objects.select_related("assessment", "org", "person").get(
        org=job.org, pk=job.parameters["subject"]
    )
    expect(job, 1)
    with client_for(job.org) as threesixty:
        kept, new = fetch_one(subject, job.parameters["viewer"], threesixty, by=job.started_by)
    words = (
        gettext_stored("Version %(n)s has been fetched.", n=kept.version)
        if new
        else gettext_stored("Nothing has changed since version %(n)s.", n=kept.version)
    )
    report_progress(job, str(subject), words=words)
    return words


def fetch_one(subject: Subject, viewer: str, threesixty: ThreeSixty, *, by: Member | None) -> tuple[Report, bool]:
    """Fetch a subject's report for a viewer (getSubjectReportPDF) and store it; returns it, and whether it is new.

    The server renders no PDF that is stored here: equal edition, viewer, layout and fonts give an equal key.
    """
    key = _key_of(subject, viewer, threesixty)
    if key and (known := _kept_with(subject, viewer, key)):
        return known, False
    pdf = threesixty.call(
        GetSubjectReportPDF(assessment_id=subject.assessment.vendor_id, person_id=subject.vendor_id, viewer=viewer)
    )
    shows = _edition_of(subject, threesixty)
    failpoint("report.fetched")
    kept, new = keep(subject, viewer, pdf.content, by=by, shows=shows, key=key)
    failpoint("report.stored")
    return kept, new


def _key_of(subject: Subject, viewer: str, threesixty: ThreeSixty) -> str:
    """The current key of the PDF's contents; empty if the server reports none."""
    if not may_ask(subject.org, GetReportKey):
        return ""
    call = GetReportKey(assessment_id=subject.assessment.vendor_id, person_id=subject.vendor_id, viewer=viewer)
    try:
        return threesixty.call(call)
    except (BadCredential, TransientError):
        raise
    except ThreeSixtyError as problem:  # requesting the PDF gives the reason
        log.info("report_key_not_told", subject=subject.pk, problem=type(problem).__name__)
        return ""


def _kept_with(subject: Subject, viewer: str, key: str) -> Report | None:
    """The newest stored version, if it has this key and its file opens."""
    last = Report.objects.filter(subject=subject, viewer=viewer).order_by("-version").first()
    if last is None or last.rendering_key != key:
        return None
    try:
        kept_content(last)
    except ActionRefused:
        return None
    return last


def _edition_of(subject: Subject, threesixty: ThreeSixty) -> EditionRecord | None:
    """The edition given a moment ago, if the server reports it; a failure to do so is ignored."""
    if not may_ask(subject.org, GetEditions):
        return None
    as_of = timezone.now()
    call = GetEditions(assessment_id=subject.assessment.vendor_id, subject_id=subject.vendor_id)
    try:
        told = threesixty.call(call)
    except BadCredential:
        raise
    except ThreeSixtyError as problem:
        log.info("edition_not_told", subject=subject.pk, problem=type(problem).__name__)
        return None
    record = next((one for one in told if one.subject_id == subject.vendor_id), None)
    if record is not None:
        mirror_edition(subject, record, as_of=as_of)
    return record


def keep(
    subject: Subject,
    viewer: str,
    content: bytes,
    *,
    by: Member | None,
    shows: EditionRecord | None = None,
    key: str = "",
) -> tuple[Report, bool]:
    """Keep a fetched PDF as the next version, sealed; the same bytes as the last version are not kept again."""
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        Subject.objects.select_for_update(of=("self",)).get(pk=subject.pk)
        versions = Report.objects.filter(subject=subject, viewer=viewer)
        last = versions.order_by("-version").first()
        if last is not None and last.sha256 == digest:
            _mend(last, content)
            last.rendering_key = key or last.rendering_key
            if shows and shows.edition and last.edition is None:
                last.edition, last.edition_made_at = shows.edition, shows.made_at
            last.save(update_fields=["rendering_key", "edition", "edition_made_at"])
            return last, False
        name = report_files.write_file(subject.org_id, content)
        failpoint("report.written")
        number = (versions.aggregate(n=Max("version"))["n"] or 0) + 1
        kept = Report.objects.create(
            org=subject.org,
            assessment=subject.assessment,
            subject=subject,
            viewer=viewer,
            version=number,
            person_key="" if "@" in subject.vendor_id else subject.vendor_id,
            file=name,
            size=len(content),
            sha256=digest,
            rendering_key=key,
            fetched_by=by,
            edition=shows.edition or None if shows else None,
            edition_made_at=shows.made_at if shows else None,
        )
        note(
            subject.org,
            by=by,
            verb="report.fetched",
            target=subject.assessment.vendor_id,
            about=[subject.vendor_id],
            words=named(kept),
        )
        failpoint("report.kept")
    return kept, True


def named(report: Report) -> Message:
    """A report's version and viewer, for the log."""
    subject, version = report.subject, report.version
    if report.viewer == ADMIN:
        return gettext_stored(
            "Report of %(subject)s, version %(version)s for administrators", subject=subject, version=version
        )
    if report.viewer == SUBJECT:
        return gettext_stored(
            "Report of %(subject)s, version %(version)s for the subject", subject=subject, version=version
        )
    return gettext_stored(
        "Report of %(subject)s, version %(version)s for the manager", subject=subject, version=version
    )


def note_report(
    org: Organisation, report: Report, *, by: Member | None, verb: str, words: Message, **details: Any
) -> None:
    """Add an entry about a report to the log; it is hidden from the subject of the report."""
    target, about = report.assessment.vendor_id, [report.subject.vendor_id]
    note(org, by=by, verb=verb, target=target, words=words, report=report.pk, about=about, **details)


def open_report(report: Report, *, by: Member) -> bytes:
    """The PDF's bytes for a member who may open it; the opening is recorded in the same transaction."""
    with transaction.atomic():
        return open_locked(locked_reports().get(pk=report.pk), by=by)


def locked_reports() -> QuerySet[Report]:
    """Reports with the columns for opening them, locked until the transaction ends."""
    rows = Report.objects.select_for_update(of=("self",)).select_related("subject", "assessment")
    return rows.only(*REPORT_COLUMNS)


def open_locked(report: Report, *, by: Member) -> bytes:
    """The PDF's bytes of a locked report, with the opening noted; raises ActionRefused before it notes anything."""
    if not may_open(by, report):
        raise ActionRefused(_("You don’t have permission to open this report."))
    content = kept_content(report)
    note_report(by.org, report, by=by, verb="report.opened", words=named(report))
    return content


def release(report: Report, member: Member, *, by: Member) -> Release:
    """Let a member open this version of a report: its subject, a coach, or the manager in whose version it is."""
    refuse_own(by, report)
    key = next((person.vendor_id for person in proven([member]).values()), None)
    if problem := why_not(member, report, key=key):
        raise ActionRefused(problem)
    with transaction.atomic():
        if key:
            prove(report.org)
        released, _new = Release.objects.update_or_create(
            report=report,
            member=member,
            defaults={"org": report.org, "released_by": by, "released_at": timezone.now()},
        )
        words = gettext_stored("Report of %(subject)s released to %(member)s", subject=report.subject, member=member)
        note_report(report.org, report, by=by, verb="report.released", words=words, to=member.person_key)
    return released


def release_to(report: Report, members: Iterable[Member], *, by: Member, unfinished: bool) -> list[Release]:
    """Let several members open this version, all or none; an unready report only if that was accepted."""
    check_release(report.subject, unfinished=unfinished)
    with transaction.atomic():
        return [release(report, member, by=by) for member in members]


def withdraw_release(released: Release, *, by: Member) -> None:
    """Take a release back."""
    refuse_own(by, released.report)
    with transaction.atomic():
        note(
            released.org,
            by=by,
            verb="report.release-withdrawn",
            target=released.report.assessment.vendor_id,
            about=[released.report.subject.vendor_id],
            words=gettext_stored(
                "Report of %(subject)s no longer released to %(member)s",
                subject=released.report.subject,
                member=released.member,
            ),
        )
        released.delete()


def kept_content(report: Report) -> bytes:
    """The stored PDF; raises ActionRefused if its file is missing, damaged or cannot be opened."""
    try:
        content = report_files.read_file(report.org_id, report.file)
    except OSError:
        log.warning("report_missing", report=report.pk)
        raise ActionRefused(_("The stored file is missing. Fetch the report again.")) from None
    except SealingError as problem:
        log.warning("report_unopened", report=report.pk, problem=str(problem))
        raise ActionRefused(_("The stored file cannot be opened. Fetch the report again.")) from None
    if hashlib.sha256(content).hexdigest() != report.sha256:
        raise ActionRefused(_("The stored file is damaged. Fetch the report again."))
    return content


def _mend(report: Report, content: bytes) -> None:
    """Replace a file that is missing or does not open by the same bytes."""
    try:
        kept_content(report)
    except ActionRefused:
        report.file = report_files.write_file(report.org_id, content)
        report.save(update_fields=["file"])
