"""Pulling assessments with their definitions, subjects and evaluations into the mirror."""

from random import random

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.mirror import mirror_assessments, mirror_definition, mirror_evaluations, mirror_subjects
from assessments.models import Assessment, Evaluation, Subject
from directory.sync import pull_persons
from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Organisation
from qxportal.ledger.absence import Candidate
from qxportal.ledger.failpoints import failpoint
from qxportal.ledger.holding import may_call
from qxportal.ledger.jobs import expect, report, start
from qxportal.ledger.models import Job, Pull
from qxportal.ledger.pulls import finish_pull
from qxportal.threesixty.calls.assessments import (
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
)
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, Rejected, Temporary, UnexpectedShape
from surveys.sync import pull_surveys

log = structlog.get_logger(__name__)

SYNC_TASK = "assessments.tasks.sync_organisation"
SYNC_ASSESSMENT_TASK = "assessments.tasks.sync_assessment"


def start_due_syncs() -> int:
    """Start the syncs of all organisations whose time has come; gives how many."""
    if not may_call():
        return 0
    now = timezone.now()
    due = Organisation.objects.filter(
        paused=False, next_sync_at__lte=now, credential__sealed_token__isnull=False, credential__refused_at=None
    )
    started = 0
    for org in due.order_by("next_sync_at"):
        later = now + settings.SYNC_EVERY * (0.9 + 0.2 * random())  # jitter: organisations must not march in step
        if Organisation.objects.filter(pk=org.pk, next_sync_at=org.next_sync_at).update(next_sync_at=later):
            start(org, Job.Kind.SYNC, SYNC_TASK, by=None)
            started += 1
    return started


def sync_organisation(job: Job) -> str:
    """Mirror everything of one organisation; the work of a sync job."""
    org = job.org
    with client_for(org) as threesixty:
        expect(job, 3)
        _report(job, _("People"), pull_persons(org, threesixty))
        _report(job, _("Surveys"), pull_surveys(org, threesixty))
        _report(job, _("Assessments"), pull_assessments(org, threesixty))
        known = list(Assessment.objects.filter(org=org, gone_at=None))
        expect(job, 3 + len(known))
        unread = _pull_each(known, threesixty, job)
    Organisation.objects.filter(pk=org.pk).update(
        next_sync_at=timezone.now() + settings.SYNC_EVERY * (0.9 + 0.2 * random())
    )
    if unread:
        return _("%(n)s of %(all)s assessments could not be read.") % {"n": unread, "all": len(known)}
    return _("Everything is up to date.")


def _pull_each(known: list[Assessment], threesixty: ThreeSixty, job: Job) -> int:
    """Refresh the assessments; gives how many could not be read.

    One that always fails must not keep the others from being read: it is asked again after them. At the second one the
    vendor itself is in trouble.
    """
    unread, failed = 0, None
    for assessment in known:
        try:
            unread += not pull_assessment(assessment, threesixty, job)
        except Temporary as problem:
            if failed is not None or problem.retry_after is not None:
                raise
            failed = problem
    if failed is not None:
        raise failed
    return unread


def sync_assessment(job: Job) -> str:
    """Mirror one assessment; the work of its refresh."""
    assessment = Assessment.objects.select_related("org").get(org=job.org, vendor_id=job.target)
    with client_for(job.org) as threesixty:
        expect(job, 1)
        if not pull_assessment(assessment, threesixty, job):
            return _("%(name)s could not be read.") % {"name": assessment.name}
    return _("%(name)s is up to date.") % {"name": assessment.name}


def pull_assessments(org: Organisation, threesixty: ThreeSixty) -> Pull:
    """Refresh the listing of assessments."""
    as_of = timezone.now()
    merged = mirror_assessments(org, threesixty.call(GetAssessments()), as_of=as_of)

    def is_not_there(candidate: Candidate) -> bool:
        try:
            threesixty.call(GetAssessment(assessment_id=candidate.key))
        except BadCredential:
            raise
        except Rejected as answer:  # only what speaks of the assessment; 404 would be an unknown request
            return answer.status == 400
        return False

    def not_there(missing: list[Candidate]) -> list[Candidate]:
        return [candidate for candidate in missing if is_not_there(candidate)]

    return finish_pull(Assessment, org, "assessments", merged, as_of=as_of, confirm=not_there)


def pull_assessment(assessment: Assessment, threesixty: ThreeSixty, job: Job) -> bool:
    """Refresh one assessment: definition, relationships, subjects, evaluations. Gives whether it could be read."""
    try:
        pull_definition(assessment, threesixty)
        pull_subjects(assessment, threesixty)
        failpoint("sync.subjects")
        pull = pull_evaluations(assessment, threesixty)
    except BadCredential:
        raise  # every further call would bring the account closer to being locked
    except (Rejected, UnexpectedShape) as problem:  # of this assessment; the others are read all the same
        report(job, assessment.name, ok=False, words=str(problem))
        return False
    _report(job, assessment.name, pull)
    return True


def pull_definition(assessment: Assessment, threesixty: ThreeSixty) -> None:
    """Refresh one assessment's own record and its custom relationships."""
    as_of = timezone.now()
    record = threesixty.call(GetAssessment(assessment_id=assessment.vendor_id))
    relationships = threesixty.call(GetCustomRelationships(assessment_id=assessment.vendor_id))
    mirror_assessments(assessment.org, [record], as_of=as_of)
    mirror_definition(assessment, record, relationships, as_of=as_of)


def pull_subjects(assessment: Assessment, threesixty: ThreeSixty) -> Pull:
    """Refresh every subject of one assessment."""
    as_of = timezone.now()
    records = threesixty.call(GetSubjectStatus(assessment_id=assessment.vendor_id))
    merged = mirror_subjects(assessment, records, as_of=as_of)
    return finish_pull(
        Subject,
        assessment.org,
        f"subjects:{assessment.vendor_id}",
        merged,
        as_of=as_of,
        scope={"assessment_id": assessment.pk},
    )


def pull_evaluations(assessment: Assessment, threesixty: ThreeSixty) -> Pull:
    """Refresh every evaluation's state of one assessment; answers are never asked for."""
    as_of = timezone.now()
    records = threesixty.call(
        GetEvaluationStatus(assessment_id=assessment.vendor_id, include_evaluation_responses=False)
    )
    merged = mirror_evaluations(assessment, records, as_of=as_of)
    return finish_pull(
        Evaluation,
        assessment.org,
        f"evaluations:{assessment.vendor_id}",
        merged,
        as_of=as_of,
        scope={"assessment_id": assessment.pk},
    )


def _report(job: Job, label: str, pull: Pull) -> None:
    words = _("%(rows)s read, %(added)s new, %(changed)s changed, %(gone)s gone") % {
        "rows": pull.rows, "added": pull.added, "changed": pull.changed, "gone": pull.gone,
    }  # fmt: skip
    if pull.set_aside:
        words += " · " + _("%(n)s could not be stored") % {"n": pull.set_aside}
    if pull.held:
        words += " · " + _("%(n)s missing, held for a person") % {"n": pull.held}
    if pull.problem:
        words += " · " + pull.problem
    report(job, label, ok=not pull.problem, words=words)


def start_refresh(org: Organisation, vendor_id: str) -> Job:
    """Refresh one assessment after something was written to it."""
    return start(org, Job.Kind.SYNC_ASSESSMENT, SYNC_ASSESSMENT_TASK, by=None, target=vendor_id, afresh=True)
