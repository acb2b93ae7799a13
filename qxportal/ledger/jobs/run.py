"""Starting, running, pausing and ending jobs. The row is the job; the message only wakes a worker."""

from datetime import timedelta
from random import uniform
from typing import Any

import structlog
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from qxportal.accounts.audit import note
from qxportal.accounts.credentials import NoCredential
from qxportal.accounts.models import Member, Organisation
from qxportal.core.causes import disk_is_full
from qxportal.core.failpoints import failpoint
from qxportal.ledger.job_kinds import APPLY, JobKind
from qxportal.ledger.jobs.limits import check_job_quota
from qxportal.ledger.jobs.locks import held, let_go
from qxportal.ledger.jobs.registry import CANCEL_HANDLERS, JOB_HANDLERS, NextTurn, Work
from qxportal.ledger.jobs.scheduling import claim, claim_next, lock_of
from qxportal.ledger.jobs.wakeup import notify_workers_after_commit
from qxportal.ledger.jobs.watchdog import WATCHDOG, Overdue, fail_overdue, reconnect
from qxportal.ledger.models import Job, JobItem
from qxportal.ledger.problems import DISK_FULL, reason_of
from qxportal.security.errors import SealingError
from qxportal.threesixty.errors import ThreeSixtyError, TransientError
from qxportal.ui.stored_messages import Message, gettext_stored, message_of

log = structlog.get_logger(__name__)

APART = 180.0  # seconds: a vendor may have told all clients to come back at the same moment


class Cancelled(Exception):
    """The job was cancelled or paused while it ran."""


def start(
    org: Organisation,
    kind: JobKind,
    *,
    by: Member | None,
    target: str = "",
    title: Message = "",
    parameters: dict[str, Any] | None = None,
    afresh: bool = False,
) -> Job:
    """The open job of this kind and target, or a new one with a wake-up for a worker.

    With `afresh`, a running job runs once more at its end, since it may have read before the caller's change.
    Raises TooManyJobs if the organisation has reached its limit of open jobs.
    """
    if not Job.objects.filter(org=org, kind=kind.name, target=target, state__in=Job.OPEN).exists():
        check_job_quota(org)
    return _begin(org, kind, by=by, target=target, title=title, parameters=parameters, afresh=afresh)


def _begin(
    org: Organisation,
    kind: JobKind,
    *,
    by: Member | None,
    target: str,
    title: Message,
    parameters: dict[str, Any] | None,
    afresh: bool = False,
) -> Job:
    wanted: dict[str, Any] = {"org": org, "kind": kind.name, "target": target}
    fresh: dict[str, Any] = {
        "title": title,
        "parameters": parameters or {},
        "started_by": by,
        "started_by_name": str(by) if by else "",
    }
    live = Job.objects.select_for_update().filter(**wanted, state__in=Job.OPEN)
    with transaction.atomic():
        job = None
        while job is None:  # the conflicting job may end before we read it
            # one_live_job_per_target: a second click finds the first job
            Job.objects.bulk_create([Job(**wanted, **fresh)], ignore_conflicts=True)
            job = live.first()
        if afresh and job.state == Job.State.RUNNING:
            Job.objects.filter(pk=job.pk).update(again=True)
        notify_workers_after_commit()
    return job


def run(job_id: int, work: Work) -> None:
    """Claim one job and run it, regardless of scheduling order; safe to call twice, late, or after a worker died."""
    with held(lock_of(job_id)) as got:
        job = claim(job_id) if got else None
        if job is not None:
            _do(job, work)


def run_next() -> bool:
    """Run the next job by fair scheduling; returns whether there was one."""
    job = claim_next()
    if job is None:
        return False
    try:
        _do(job, JOB_HANDLERS[job.kind])
    finally:
        let_go(lock_of(job.pk))
    return True


def _do(job: Job, work: Work) -> None:
    failpoint("job.claimed")
    try:
        with WATCHDOG.watching(str(job.kind), job=job):
            outcome = work(job)
    except Cancelled:
        return
    except NextTurn:
        _wait_for_turn(job)
    except Overdue as overdue:
        reconnect()
        fail_overdue(job.pk, message_of(overdue) or gettext_stored("It took too long."))
    except TransientError as problem:
        _try_later(job, problem)
        failpoint("job.put-off")
    except (ThreeSixtyError, NoCredential, SealingError) as problem:
        finish(job, Job.State.FAILED, reason_of(problem))
    except OperationalError as problem:  # a deadlock or a lost database connection: not the job's fault
        log.warning("database_trouble", job=job.pk, kind=job.kind, problem=type(problem).__name__)
        failed = gettext_stored("The database could not finish this. It will be tried again.")
        _try_later(job, TransientError(DISK_FULL if disk_is_full(problem) else failed))
    except Exception as problem:
        if disk_is_full(problem):
            log.error("disk_full", job=job.pk, kind=job.kind)
            _try_later(job, TransientError(DISK_FULL))
            return
        log.exception("job_failed", job=job.pk, kind=job.kind, problem=type(problem).__name__)
        words = gettext_stored("An unexpected error occurred. The log has more about job %(number)s.", number=job.pk)
        finish(job, Job.State.FAILED, words)
    else:
        failpoint("job.finishing")
        finish(job, Job.State.DONE, outcome)
        failpoint("job.finished")


def finish(job: Job, state: Job.State, outcome: Message) -> None:
    """End a running job, even one that finished before it noticed a pause.

    Starts it once more if that was requested meanwhile.
    """
    going = (Job.State.RUNNING, Job.State.PAUSED)
    with transaction.atomic():
        running = Job.objects.select_for_update().filter(pk=job.pk, state__in=going).first()
        if running is None:
            return
        Job.objects.filter(pk=job.pk).update(state=state, outcome=outcome, step="", finished_at=timezone.now())
        if running.again:
            _begin(
                job.org,
                job.purpose,
                by=job.started_by,
                target=job.target,
                title=job.title,
                parameters=dict(job.parameters),
            )


def pause(job: Job, *, by: Member) -> bool:
    """Pause a job until it is resumed; a running job stops at its next progress report and keeps its results."""
    with transaction.atomic():
        paused = Job.objects.filter(pk=job.pk, state__in=Job.LIVE).update(state=Job.State.PAUSED, step="")
        if paused:
            _note(job, by, "job.paused")
    return bool(paused)


def resume(job: Job, *, by: Member) -> bool:
    """Resume a paused job: a bulk change sends what is unsent, a resumable job continues where it stopped, others start
    from its beginning."""
    state = Job.State.RUNNING if job.kind == APPLY.name else Job.State.WAITING
    with transaction.atomic():
        resumed = Job.objects.filter(pk=job.pk, state=Job.State.PAUSED).update(
            state=state, attempts=0, not_before=timezone.now()
        )
        if resumed:
            _note(job, by, "job.resumed")
            notify_workers_after_commit()
    return bool(resumed)


def cancel(job: Job, *, by: Member) -> bool:
    """Cancel an open job; its results so far stay, and unsent changes of a bulk change are not sent."""
    with transaction.atomic():
        if handler := CANCEL_HANDLERS.get(job.kind):
            handler(job)
        cancelled = Job.objects.filter(pk=job.pk, state__in=Job.OPEN).update(
            state=Job.State.CANCELLED, step="", finished_at=timezone.now()
        )
        if cancelled:
            _note(job, by, "job.cancelled")
    return bool(cancelled)


def retry(job: Job, *, by: Member) -> Job:
    """Start the same work again as a new job."""
    return start(
        job.org,
        job.purpose,
        by=by,
        target=job.target,
        title=job.title,
        parameters=dict(job.parameters),
    )


def expect(job: Job, total: int) -> None:
    """Set the job's number of items."""
    Job.objects.filter(pk=job.pk).update(total=total)
    WATCHDOG.alive()


def say_step(job: Job, words: Message) -> None:
    """Report the current step; raises Cancelled if the job was cancelled or paused."""
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(step=words):
        raise Cancelled
    WATCHDOG.alive()


def report_progress(job: Job, label: Message, *, ok: bool = True, partly: bool = False, words: Message = "") -> None:
    """Record the result of the next item; raises Cancelled if the job was cancelled or paused."""
    with transaction.atomic():
        running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            done=F("done") + int(ok),
            failed=F("failed") + int(not ok),
            partly=F("partly") + int(partly),
            step=label,
        )
        if not running:
            raise Cancelled
        counts = Job.objects.values_list("done", "failed").get(pk=job.pk)
        JobItem.objects.create(job=job, position=sum(counts), label=label, ok=ok, partly=partly, message=words)
    WATCHDOG.alive()
    failpoint("job.reported")


def _note(job: Job, by: Member, verb: str) -> None:
    note(job.org, by=by, verb=verb, words=job.title or str(job), job=job.pk)


def _wait_for_turn(job: Job) -> None:
    """Put a job back in the queue after part of its work; this counts as no failed attempt."""
    with transaction.atomic():
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            state=Job.State.WAITING, attempts=0, not_before=timezone.now()
        )
        notify_workers_after_commit()


def _try_later(job: Job, problem: TransientError) -> None:
    if job.attempts >= Job.MAX_ATTEMPTS:
        finish(job, Job.State.FAILED, reason_of(problem))
        return
    wait = max(problem.retry_after or 0, min(600, 5 * 2**job.attempts))
    wait += uniform(0, min(APART, problem.retry_after or 0))
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
        state=Job.State.WAITING,
        not_before=timezone.now() + timedelta(seconds=wait),
        step="",
        outcome=reason_of(problem),
    )
