"""Pulling an organisation, or one of its assessments, into the mirror."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from random import random

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from assessments.fetches import (
    AssessmentFetch,
    SchedulesFetch,
    ThresholdsFetch,
    Troubles,
    assessments_fetch,
    tell_job,
)
from assessments.job_kinds import SYNC_ASSESSMENT
from assessments.mail_fetches import BrandFetch
from assessments.models import Assessment
from assessments.returned_mail import read_returned
from directory.job_kinds import SYNC
from directory.sync import BATCHES_ASIDE, PersonsFetch
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.credentials import client_pool
from qxportal.accounts.models import WORKING, Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.locks import held
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, say_step, start
from qxportal.ledger.mirror.clocks import mend_stamps
from qxportal.ledger.mirror.commits import unhurried
from qxportal.ledger.mirror.executor import DatabaseExecutor
from qxportal.ledger.models import Job, ResourceSync
from qxportal.ledger.outbox.fencing import may_call
from qxportal.threesixty.calls.assessments import GetAssessments
from qxportal.threesixty.calls.evaluators import GetEvaluators
from qxportal.threesixty.calls.extensions import GetEditions
from qxportal.threesixty.calls.mailings import GetBrand
from qxportal.threesixty.calls.nominations import GetNominations
from qxportal.threesixty.calls.report_access import GetReportAccess
from qxportal.threesixty.calls.schedules import GetSchedule
from qxportal.threesixty.calls.thresholds import GetThresholds
from qxportal.threesixty.client.pool import FetchTask
from qxportal.threesixty.errors import TransientError
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored
from surveys.sync import surveys_fetch

log = structlog.get_logger(__name__)

SOON = timedelta(minutes=5)  # after a sync was given up; the breaker may hold it back longer


def start_due_syncs(among: QuerySet[Organisation] | None = None) -> int:
    """Start the due syncs of all organisations, or of the given ones; returns their number."""
    if not may_call():
        return 0
    now = timezone.now()
    _mend_timetable(now)
    due = (Organisation.objects.all() if among is None else among).filter(
        **WORKING, next_sync_at__lte=now, credential__sealed_token__isnull=False, credential__refused_at=None
    )
    started = 0
    for org in due.order_by("next_sync_at"):
        later = _jittered(now, settings.SYNC_EVERY)
        if Organisation.objects.filter(pk=org.pk, next_sync_at=org.next_sync_at).update(next_sync_at=later):
            started += start_sync(org)
    return started


def _mend_timetable(now: datetime) -> None:
    """Repair times further ahead than any sync is put off, written by a clock that ran ahead: they are due now."""
    furthest = now + 2 * max(settings.SYNC_EVERY, SOON)
    if mended := Organisation.objects.filter(next_sync_at__gt=furthest).update(next_sync_at=now):
        log.warning("clock_went_back", organisations=mended)


@job(SYNC)
def sync_organisation(job: Job) -> Message:
    """Mirror everything of one organisation; the work of a sync job."""
    org = job.org
    troubles = Troubles()
    with held(f"sync:{org.pk}") as alone:
        if not alone:
            raise TransientError(gettext_stored("Another sync of this organisation is running."), retry_after=10)
        mend_stamps(org)
        with client_pool(org) as pool, DatabaseExecutor(BATCHES_ASIDE) as executor, unhurried():
            troubles.editions, troubles.reasons = may_ask(org, GetEditions), may_ask(org, GetEvaluators)
            troubles.access = may_ask(org, GetReportAccess)
            troubles.nominations = may_ask(org, GetNominations)
            listed = GetAssessments().known_in(org.credential.version)  # it came with 2.1
            expect(job, 3 if listed else 2)
            readings: deque[FetchTask] = deque()

            def each(sync: ResourceSync) -> None:
                tell_job(job, gettext_stored("Assessments"), sync)
                known = stalest_first(org)
                expect(job, 3 + len(known))
                readings.extend(AssessmentFetch(assessment, pool, job, troubles) for assessment in known)

            if listed:
                readings.append(assessments_fetch(org, pool, each))
            if may_ask(org, GetSchedule):  # after the assessments that they depend on
                readings.append(SchedulesFetch(org))
            if may_ask(org, GetThresholds):
                readings.append(ThresholdsFetch(org))
            readings.append(surveys_fetch(org, pool, lambda sync: tell_job(job, gettext_stored("Surveys"), sync)))
            readings.append(
                PersonsFetch(
                    org,
                    pool,
                    executor,
                    lambda sync: tell_job(job, gettext_stored("People"), sync),
                    lambda rows: say_step(job, ngettext_stored("%(n)s person read", "%(n)s people read", rows)),
                )
            )
            if may_ask(org, GetBrand):
                readings.append(BrandFetch(org))
            with _read_again_soon(job):
                pool.read(readings)
    troubles.raise_if_any()
    read_returned(org)
    failpoint("sync.read")
    Organisation.objects.filter(pk=org.pk).update(next_sync_at=_jittered(timezone.now(), settings.SYNC_EVERY))
    if troubles.unread:
        return ngettext_stored(
            "%(unread)s of %(n)s assessment could not be read.",
            "%(unread)s of %(n)s assessments could not be read.",
            troubles.all,
            unread=troubles.unread,
        )
    if not listed:
        return gettext_stored("People and surveys are up to date. This version of the API cannot list assessments.")
    return gettext_stored("Everything is up to date.")


@contextmanager
def _read_again_soon(job: Job) -> Iterator[None]:
    """Do not leave an organisation to its timetable when its vendor was in trouble until the last try."""
    try:
        yield
    except TransientError:
        if job.attempts >= Job.MAX_ATTEMPTS:
            Organisation.objects.filter(pk=job.org_id).update(next_sync_at=_jittered(timezone.now(), SOON))
        raise


def _jittered(now: datetime, span: timedelta) -> datetime:
    """About so long from now: organisations must not march in step."""
    return now + span * (0.9 + 0.2 * random())


@job(SYNC_ASSESSMENT)
def sync_assessment(job: Job) -> Message:
    """Mirror one assessment; the work of its refresh."""
    assessment = Assessment.objects.select_related("org").get(org=job.org, vendor_id=job.target)
    troubles = Troubles()
    mend_stamps(job.org)
    with client_pool(job.org) as pool, unhurried():
        troubles.editions, troubles.reasons = may_ask(job.org, GetEditions), may_ask(job.org, GetEvaluators)
        troubles.schedule = may_ask(job.org, GetSchedule)
        troubles.thresholds = may_ask(job.org, GetThresholds)
        troubles.access = may_ask(job.org, GetReportAccess)
        troubles.nominations = may_ask(job.org, GetNominations)
        expect(job, 1)
        pool.read(deque([AssessmentFetch(assessment, pool, job, troubles)]))
    troubles.raise_if_any()
    if troubles.unread:
        return gettext_stored("%(name)s could not be read.", name=assessment.name)
    return gettext_stored("%(name)s is up to date.", name=assessment.name)


def stalest_first(org: Organisation) -> list[Assessment]:
    """The known assessments, the longest unread first: a run may end before it has read them all."""
    read = dict(
        ResourceSync.objects.filter(org=org, resource__startswith="evaluations:").values_list("resource", "tried_at")
    )
    known = list(Assessment.objects.filter(org=org, gone_at=None).select_related("org"))
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(known, key=lambda assessment: read.get(f"evaluations:{assessment.vendor_id}") or never)


def start_sync(org: Organisation, *, afresh: bool = False) -> bool:
    """Read everything by the timetable, or after something was written; an organisation with too many jobs waits."""
    try:
        start(org, SYNC, by=None, afresh=afresh)
    except TooManyJobs:
        return False
    return True


def start_refresh(org: Organisation, vendor_id: str) -> None:
    """Refresh one assessment after something was written to it; with too many jobs, the next sync does it."""
    with suppress(TooManyJobs):
        start(org, SYNC_ASSESSMENT, by=None, target=vendor_id, afresh=True)
