"""Batches of reports: selected, fetched by one resumable job, and shown file by file."""

import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet, prefetch_related_objects
from django.utils.translation import gettext as _

from assessments.editions import facts_of
from assessments.fence import others
from assessments.job_kinds import FETCH_REPORTS
from assessments.models import BatchFile, ReportBatch, Subject
from assessments.receiving import ADMIN, SUBJECT
from assessments.reports import fetch_one
from directory.models import Person
from qxportal.accounts.audit import note
from qxportal.accounts.credentials import client_for
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.registry import NextTurn, job
from qxportal.ledger.jobs.run import expect, report_progress, start
from qxportal.ledger.models import Job
from qxportal.ledger.outbox.record import USED
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, ThreeSixtyError, TransientError
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

MOST = 2_000  # files of one batch
READ_AT_ONCE = 50  # of them, for the ZIP file
TURN = 10.0  # seconds that a batch works before other jobs get their turn
MANAGER = "Manager"  # value in a form: the directory's manager of each subject
State = BatchFile.State


@dataclass(frozen=True)
class Choice:
    """Files of a batch, and the subjects left out."""

    files: tuple[tuple[Subject, str], ...]
    not_done: tuple[Subject, ...]  # subjects whose report is closed until they are done
    to_check: tuple[Subject, ...]  # subjects whose first edition a member should check before it is made
    without_manager: tuple[Subject, ...]
    first_editions: int  # subjects whose first edition the fetch creates


def allowed_viewers(member: Member) -> tuple[str, ...]:
    """The viewers for which the member may fetch reports in a batch."""
    if member.may(Role.ADMIN):
        return (SUBJECT, MANAGER, ADMIN)
    return (SUBJECT,) if member.may(Role.EDITOR) else ()


def choose(member: Member, subjects: QuerySet[Subject], viewers: Collection[str]) -> Choice:
    """The files for subjects and viewers, without those about the member."""
    rows = others(member, subjects).filter(gone_at=None).select_related("assessment", "org", "person")
    found = list(rows.order_by("assessment__name", "assessment", "sort_name", "pk"))
    facts = facts_of(found)
    closed = {pk for pk, known in facts.items() if not known.edition}
    not_done = [one for one in found if one.pk in closed and one.status != Subject.Status.DONE]
    to_check = [one for one in found if one not in not_done and one.pk in facts and facts[one.pk].needs_check]
    left = [one for one in found if one not in not_done and one not in to_check]
    managers = _managers(left) if MANAGER in viewers else {}
    files = []
    for subject in left:
        for viewer in allowed_viewers(member):
            value = managers.get(subject.pk, "") if viewer == MANAGER else viewer
            if viewer in viewers and value:
                files.append((subject, value))
    return Choice(
        tuple(files),
        tuple(not_done),
        tuple(to_check),
        tuple(one for one in left if MANAGER in viewers and one.pk not in managers),
        sum(one.pk in closed for one in left),
    )


def start_batch(choice: Choice, *, by: Member, intent: uuid.UUID | None = None) -> ReportBatch:
    """Store a batch and start its job; the same form submitted twice is one batch."""
    if not choice.files:
        raise ActionRefused(
            _("There is no report to fetch. Select subjects who are done, and the readers of their reports.")
        )
    if len(choice.files) > MOST:
        raise ActionRefused(
            _("Choose at most %(most)s at once; you chose %(n)s.") % {"most": MOST, "n": len(choice.files)}
        )
    if intent and ReportBatch.objects.filter(pk=intent).exclude(org=by.org_id).exists():
        raise ActionRefused(USED)
    with transaction.atomic():
        batch, new = ReportBatch.objects.get_or_create(
            pk=intent or uuid.uuid4(),
            org=by.org,
            defaults={
                "title": _title(choice),
                "made_by": by,
                "made_by_name": str(by),
            },
        )
        if new:
            BatchFile.objects.bulk_create(
                BatchFile(org=batch.org, batch=batch, position=number, subject=subject, viewer=viewer)
                for number, (subject, viewer) in enumerate(choice.files, 1)
            )
            batch.job = start(batch.org, FETCH_REPORTS, by=by, target=str(batch.pk), title=batch.title)
            batch.save(update_fields=["job"])
            for target in sorted({subject.assessment.vendor_id for subject, _viewer in choice.files}):
                note(batch.org, by=by, verb="reports.batch-started", target=target, words=batch.title)
    return batch


def _title(choice: Choice) -> Message:
    names = sorted({(subject.assessment_id, subject.assessment.name) for subject, _viewer in choice.files})
    if len(names) == 1:
        return gettext_stored("Reports of “%(name)s”", name=names[0][1])
    return ngettext_stored("Reports of %(n)s assessment", "Reports of %(n)s assessments", len(names))


def batches(org: Organisation) -> QuerySet[ReportBatch]:
    """The organisation's batches, the newest first, with their numbers of files and of fetched files."""
    rows = ReportBatch.objects.filter(org=org).select_related("job")
    fetched = Count("files", filter=Q(files__state=State.FETCHED))
    return rows.annotate(total=Count("files"), fetched=fetched)


def files_for(member: Member, batch: ReportBatch) -> QuerySet[BatchFile]:
    """The files of a batch that the member may see: none about the member, and those of administrators to admins."""
    rows = batch.files.select_related("subject__assessment", "subject__person", "report")
    rows = rows.exclude(subject__in=list(fence_of(member).subjects))
    return rows if member.may(Role.ADMIN) else rows.filter(viewer=SUBJECT)


def in_order(files: QuerySet[BatchFile]) -> Iterator[BatchFile]:
    """Files by position, read in small steps, so that the first one arrives quickly for any number.

    Subjects are only joined for files without a report; opening a report reads the subject with it.
    """
    last, step = -1, 1
    files = files.select_related(None).only("org", "batch", "position", "viewer", "subject", "report")
    while rows := list(files.filter(position__gt=last).order_by("position")[:step]):
        if lacking := [row for row in rows if row.report_id is None]:
            prefetch_related_objects(lacking, "subject__assessment", "subject__person")
        yield from rows
        last, step = rows[-1].position, READ_AT_ONCE


def latest_job(batch: ReportBatch) -> Job | None:
    """The job that works, or worked last, on a batch."""
    return Job.objects.filter(org=batch.org_id, kind=FETCH_REPORTS.name, target=str(batch.pk)).order_by("-pk").first()


def minutes_left(row: Job) -> int:
    """Estimated minutes left of a running job; 0 before two files are done."""
    times = row.items.aggregate(first=Min("at"), last=Max("at"), n=Count("pk"))
    ended = row.done + row.failed
    if not row.live or times["n"] < 2 or row.total <= ended:
        return 0
    span: timedelta = times["last"] - times["first"]
    each: float = span.total_seconds() / (times["n"] - 1)
    return ceil(each * (row.total - ended) / 60)


@job(FETCH_REPORTS)
def fetch_batch(row: Job) -> Message:
    """Fetch the remaining files of a batch (a job): retries earlier failures, skips fetched files."""
    batch = ReportBatch.objects.get(org=row.org, pk=row.target)
    ReportBatch.objects.filter(pk=batch.pk).update(job=row)
    lacking = batch.files.exclude(state=State.FETCHED).exclude(state=State.FAILED, failed_in=row)
    expect(row, row.done + row.failed + lacking.count())
    rows = lacking.select_related("subject__assessment", "subject__org", "subject__person").order_by("position")
    with client_for(row.org) as threesixty:
        _fetch_in_turns(row, list(rows[:MOST]), threesixty)
    fetched = batch.files.filter(state=State.FETCHED).count()
    return ngettext_stored("%(n)s report is ready", "%(n)s reports are ready", fetched)


def _fetch_in_turns(row: Job, files: Sequence[BatchFile], threesixty: ThreeSixty) -> None:
    """Fetch until this turn is over. What fails for the moment is tried again after the others; at a second such
    failure in a row the server itself is in trouble, and the job waits."""
    end, put_off, before = time.monotonic() + TURN, list[BatchFile](), False
    for file in files:
        try:
            _fetch(row, file, threesixty)
        except TransientError as problem:
            if before or problem.retry_after is not None:
                raise
            put_off.append(file)
            before = True
        else:
            before = False
        if time.monotonic() > end and file is not files[-1]:
            raise NextTurn
    for file in put_off:
        try:
            _fetch(row, file, threesixty)
        except TransientError as problem:
            if problem.retry_after is not None:
                raise
            _settle(row, file, State.FAILED, problem=reason_of(problem))


def _fetch(row: Job, file: BatchFile, threesixty: ThreeSixty) -> None:
    try:
        report, _new = fetch_one(file.subject, file.viewer, threesixty, by=row.started_by)
    except (BadCredential, TransientError):
        raise
    except ThreeSixtyError as problem:
        _settle(row, file, State.FAILED, problem=reason_of(problem))
    else:
        file.report = report
        _settle(row, file, State.FETCHED)


def _settle(row: Job, file: BatchFile, state: State, *, problem: Message = "") -> None:
    """Record a file's result with the job's count; items of jobs contain no names, as all members read them."""
    file.state, file.problem, file.failed_in = state, problem, row if state == State.FAILED else None
    with transaction.atomic():
        file.save(update_fields=["state", "problem", "failed_in", "report"])
        label = gettext_stored("File %(number)s", number=file.position)
        report_progress(row, label, ok=state == State.FETCHED, words=problem)
    failpoint("report-batch.settled")


def _managers(subjects: Iterable[Subject]) -> dict[int, str]:
    """The manager of each subject, if the directory names exactly one other person."""
    wanted = {one.pk: one.person for one in subjects if one.person and one.person.manager_email}
    addresses = {person.manager_email for person in wanted.values()}
    found: dict[str, list[Person]] = {}
    orgs = {person.org_id for person in wanted.values()}
    for person in Person.objects.filter(org__in=orgs, email__in=addresses, gone_at=None):
        found.setdefault(person.email, []).append(person)
    return {
        pk: named[0].vendor_id
        for pk, person in wanted.items()
        if len(named := found.get(person.manager_email, [])) == 1 and named[0].pk != person.pk
    }
