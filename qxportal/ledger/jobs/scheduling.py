"""Fair scheduling: the organisation served longest ago is next, so that a busy one cannot starve others.

Claiming locks the organisation's row briefly, so that its count of running jobs is exact; other workers skip the row.
"""

import time
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from qxportal.accounts.models import Organisation
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.locks import let_go, take
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.models import Job, JobItem
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored

MOST_RUNNING = 5  # jobs of one organisation
TRIES = 50  # while another worker claims for the only organisation with due work
PAUSE = 0.02


def lock_of(job_id: int) -> str:
    """Name of the lock held while a job runs."""
    return f"job:{job_id}"


def claim_next() -> Job | None:
    """Claim the next job by fair scheduling and take its lock; the caller releases it."""
    for _try in range(TRIES):
        job, more = _claim_one()
        if job is not None or not more:
            return job
        time.sleep(PAUSE)
    return None


def claim(job_id: int) -> Job | None:
    """Claim this job if it is due, regardless of scheduling order; the caller holds its lock."""
    alive = Job.objects.filter(pk=job_id, state__in=Job.LIVE, not_before__lte=timezone.now())
    return _claimed(alive.exclude(kind=APPLY.name))


def requeue_abandoned() -> int:
    """Requeue jobs whose worker died; returns their number."""
    found = 0
    for number in _running().values_list("pk", flat=True):
        name = lock_of(number)
        if not take(name):
            continue  # its worker is alive, or is stopped and may continue
        try:
            found += Job.objects.filter(pk=number, state=Job.State.RUNNING).update(state=Job.State.WAITING)
        finally:
            let_go(name)
    return found


def waiting(now: datetime) -> QuerySet[Organisation]:
    """Organisations with a job that may run now, the one served longest ago first."""
    running = _running().filter(org=OuterRef("pk")).order_by().values("org").annotate(n=Count("pk")).values("n")
    return (
        Organisation.objects.filter(Exists(_due(now).filter(org=OuterRef("pk"))))
        .alias(running=Coalesce(Subquery(running, output_field=models.IntegerField()), 0))
        .filter(running__lt=MOST_RUNNING)
        .order_by(F("job_claimed_at").asc(nulls_first=True), "pk")
    )


def _claim_one() -> tuple[Job | None, bool]:
    """A claimed job with its lock taken, or None and whether a retry may find one."""
    now = timezone.now()
    with transaction.atomic():
        org = waiting(now).select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if org is None or _running().filter(org=org).count() >= MOST_RUNNING:  # counted again under the lock
            return None, org is not None or waiting(now).exists()
        Organisation.objects.filter(pk=org.pk).update(job_claimed_at=now)
        due = _due(now).filter(org=org).order_by("not_before", "pk")
        number = due.select_for_update(skip_locked=True).values_list("pk", flat=True).first()
        if number is None:
            return None, True
        if not take(lock_of(number)):  # it was paused and resumed, and its worker has not noticed yet
            Job.objects.filter(pk=number).update(not_before=now + timedelta(seconds=5))
            return None, True
        try:
            job = _claimed(Job.objects.filter(pk=number))
        except BaseException:
            let_go(lock_of(number))
            raise
    if job is None:
        let_go(lock_of(number))
    return job, True


def _claimed(wanted: QuerySet[Job]) -> Job | None:
    """Count the attempt now, so that a job that kills its worker reaches its limit and is parked."""
    now = timezone.now()
    tried = wanted.filter(attempts__gte=Job.MAX_ATTEMPTS)
    if poison := tried.first():
        tried.update(state=Job.State.PARKED, step="", finished_at=now, outcome=_where_it_ended(poison))
        return None
    job = wanted.first()
    if job is None:
        return None
    afresh = {} if job.purpose.resumes else {"total": 0, "done": 0, "failed": 0, "partly": 0}
    wanted.update(state=Job.State.RUNNING, attempts=F("attempts") + 1, started_at=now, step="", outcome="", **afresh)
    if afresh:
        JobItem.objects.filter(job=job).delete()  # what an earlier attempt reported
    return Job.objects.select_related("org", "started_by").get(pk=job.pk)


def _where_it_ended(job: Job) -> Message:
    tried = ngettext_stored("Gave up after %(n)s attempt.", "Gave up after %(n)s attempts.", job.attempts)
    if not job.step:
        last = gettext_stored("The last one stopped before its first step was done.")
    else:
        last = gettext_stored(
            "The last one stopped after “%(step)s”, with %(done)s of %(total)s done.",
            step=job.step,
            done=job.done + job.failed,
            total=job.total,
        )
    return join_stored(" ", [tried, last])


def _due(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(state=Job.State.WAITING, not_before__lte=now, kind__in=list(JOB_HANDLERS))


def _running() -> QuerySet[Job]:
    """Running jobs, without bulk changes, which occupy no worker."""
    return Job.objects.filter(~Q(kind=APPLY.name), state=Job.State.RUNNING)
