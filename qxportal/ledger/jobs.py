"""Starting, running and ending jobs. The row is the job; the message only rings."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.credentials import NoCredential
from qxportal.accounts.models import Member, Organisation
from qxportal.accounts.sealing import SealingError
from qxportal.ledger.bell import ring_after_commit
from qxportal.ledger.failpoints import failpoint
from qxportal.ledger.locks import held
from qxportal.ledger.models import Job, JobItem
from qxportal.ledger.settling import refuse_unsent
from qxportal.threesixty.errors import Temporary, ThreeSixtyError

log = structlog.get_logger(__name__)

Work = Callable[[Job], str]


class Cancelled(Exception):
    """Somebody cancelled the job while it ran."""


def start(
    org: Organisation,
    kind: Job.Kind,
    task: str,
    *,
    by: Member | None,
    target: str = "",
    title: str = "",
    parameters: dict[str, Any] | None = None,
    afresh: bool = False,
) -> Job:
    """The live job of this kind and target, or a new one that a worker is rung for.

    With `afresh`, a job that runs already runs once more at its end, since it may have read before our cause.
    """
    wanted: dict[str, Any] = {"org": org, "kind": kind, "target": target}
    fresh: dict[str, Any] = {
        "task": task, "title": title[:300], "parameters": parameters or {}, "started_by": by,
        "started_by_name": str(by) if by else "",
    }  # fmt: skip
    live = Job.objects.select_for_update().filter(**wanted, state__in=Job.LIVE)
    with transaction.atomic():
        job = None
        while job is None:  # the one that was in our way may end before we have it
            # one_live_job_per_target: a second click finds the first job
            Job.objects.bulk_create([Job(**wanted, **fresh)], ignore_conflicts=True)
            job = live.first()
        if afresh and job.state == Job.State.RUNNING:
            Job.objects.filter(pk=job.pk).update(again=True)
        ring_after_commit(task, job.pk)
    return job


def run(job_id: int, work: Work) -> None:
    """Claim one job and do its work; safe to be called twice, late, or after a worker died."""
    with held(f"job:{job_id}") as got:
        job = claim(job_id) if got else None
        if job is None:
            return
        failpoint("job.claimed")
        try:
            outcome = work(job)
        except Cancelled:
            return
        except Temporary as problem:
            _try_later(job, problem)
        except (ThreeSixtyError, NoCredential, SealingError) as problem:
            finish(job, Job.State.FAILED, str(problem))
        except OperationalError as problem:  # a deadlock, or the database went away: not the job's fault
            log.warning("database_trouble", job=job.pk, kind=job.kind, problem=type(problem).__name__)
            _try_later(job, Temporary(_("The database could not finish it; it is tried again.")))
        except Exception as problem:
            finish(
                job,
                Job.State.FAILED,
                _("Something went wrong here; the log names job %(number)s.") % {"number": job.pk},
            )
            log.exception("job_failed", job=job.pk, kind=job.kind, problem=type(problem).__name__)
            raise
        else:
            finish(job, Job.State.DONE, outcome)


def claim(job_id: int) -> Job | None:
    """Take a due job, counting the attempt now: a job that ends its worker reaches its limit and is parked."""
    now = timezone.now()
    due = Job.objects.filter(pk=job_id, state__in=Job.LIVE, not_before__lte=now)
    parked = due.filter(attempts__gte=Job.MAX_ATTEMPTS).update(
        state=Job.State.PARKED,
        finished_at=now,
        outcome=_("Tried %(n)s times without coming to an end.") % {"n": Job.MAX_ATTEMPTS},
    )
    if parked:
        return None
    claimed = due.update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        started_at=now,
        total=0,
        done=0,
        failed=0,
        step="",
        outcome="",
    )
    if not claimed:
        return None
    JobItem.objects.filter(job_id=job_id).delete()  # what an earlier attempt reported
    return Job.objects.select_related("org", "started_by").get(pk=job_id)


def finish(job: Job, state: Job.State, outcome: str) -> None:
    """End a running job, and start it once more when that was asked for meanwhile."""
    with transaction.atomic():
        running = Job.objects.select_for_update().filter(pk=job.pk, state=Job.State.RUNNING).first()
        if running is None:
            return
        Job.objects.filter(pk=job.pk).update(state=state, outcome=outcome[:1000], step="", finished_at=timezone.now())
        if running.again:
            start(
                job.org, Job.Kind(job.kind), job.task, by=job.started_by, target=job.target, title=job.title,
                parameters=dict(job.parameters),
            )  # fmt: skip


def cancel(job: Job) -> bool:
    """Stop a live job; what it already did stays, and changes of a bulk that were not sent yet are not sent."""
    with transaction.atomic():
        if job.kind == Job.Kind.APPLY:
            refuse_unsent(job, _("Not sent: the bulk change was cancelled."))
        return bool(
            Job.objects.filter(pk=job.pk, state__in=Job.LIVE).update(
                state=Job.State.CANCELLED, step="", finished_at=timezone.now()
            )
        )


def retry(job: Job, *, by: Member) -> Job:
    """Start the same work again as a new job."""
    return start(
        job.org,
        Job.Kind(job.kind),
        job.task,
        by=by,
        target=job.target,
        title=job.title,
        parameters=dict(job.parameters),
    )


def expect(job: Job, total: int) -> None:
    """Say how many items the job has."""
    Job.objects.filter(pk=job.pk).update(total=total)


def say_step(job: Job, words: str) -> None:
    """Say what the job is doing; raises Cancelled when it is no longer wanted."""
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(step=words[:200]):
        raise Cancelled


def report(job: Job, label: str, *, ok: bool = True, words: str = "") -> None:
    """Record what became of the next item; raises Cancelled when the job is no longer wanted."""
    with transaction.atomic():
        running = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
            done=F("done") + int(ok), failed=F("failed") + int(not ok), step=label[:200]
        )
        if not running:
            raise Cancelled
        counts = Job.objects.values_list("done", "failed").get(pk=job.pk)
        JobItem.objects.create(job=job, position=sum(counts), label=label[:300], ok=ok, words=words[:1000])


def _try_later(job: Job, problem: Temporary) -> None:
    if job.attempts >= Job.MAX_ATTEMPTS:
        finish(job, Job.State.FAILED, str(problem))
        return
    wait = max(problem.retry_after or 0, min(600, 5 * 2**job.attempts))
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(
        state=Job.State.WAITING,
        not_before=timezone.now() + timedelta(seconds=wait),
        step="",
        outcome=str(problem)[:1000],
    )
