"""Fetches: the listing of assessments, and the definition, subjects and evaluations of each."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from assessments.decline_reasons import mirror_decline_reasons
from assessments.editions import forget_editions, mirror_editions
from assessments.mail_fetches import lenient
from assessments.mirror import mirror_assessments, mirror_definition, mirror_evaluations, mirror_subjects
from assessments.models import Assessment, Evaluation, Subject
from assessments.nominations import forget_nominations, lets_choose, mirror_nominations
from assessments.report_access import forget_access, mirror_access
from assessments.schedules import mirror_schedules
from assessments.thresholds import forget_thresholds, mirror_thresholds
from qxportal.accounts.models import Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.jobs.run import report_progress
from qxportal.ledger.mirror.deletions import Candidate
from qxportal.ledger.mirror.fetch import Asks, OneCall, listed_again
from qxportal.ledger.mirror.merge import Merged
from qxportal.ledger.mirror.mirrored import Mirrored
from qxportal.ledger.mirror.sync_runs import Confirm, complete_sync
from qxportal.ledger.models import Job, ResourceSync
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.calls.assessments import (
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.evaluators import GetEvaluators
from qxportal.threesixty.calls.extensions import GetEditions
from qxportal.threesixty.calls.nominations import GetNominations
from qxportal.threesixty.calls.report_access import GetReportAccess
from qxportal.threesixty.calls.schedules import GetSchedule
from qxportal.threesixty.calls.thresholds import GetThresholds
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.client.pool import ClientPool
from qxportal.threesixty.errors import BadCredential, Rejected, ThreeSixtyError, TransientError, unknown_request
from qxportal.threesixty.records import AssessmentRecord, EvaluationRecord, RelationshipRecord, SubjectRecord
from qxportal.threesixty.records.schedules import ScheduleRecord
from qxportal.threesixty.records.thresholds import ThresholdsRecord
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored

LENIENT = (GetEditions, GetEvaluators, GetNominations, GetReportAccess, GetSchedule, GetThresholds)  # of our own
AssessmentsCall = OneCall[tuple[AssessmentRecord, ...]]


class Troubles:
    """Errors with single assessments during a sync.

    One failing assessment must not keep the others from being read: it is retried after them. A second failure
    means that the vendor itself is in trouble.
    """

    def __init__(self) -> None:
        self.all = self.unread = 0
        self.editions = self.reasons = self.access = self.nominations = (
            False  # whether to ask for them: not every server knows them
        )
        # whether to ask each assessment for its own: a whole sync reads them with one call
        self.schedule = self.thresholds = False
        self._failed: TransientError | None = None

    def meet(self, problem: TransientError) -> None:
        """Tolerate the first error; raise at the second, and if the vendor says when to retry."""
        if self._failed is not None or problem.retry_after is not None:
            raise problem
        self._failed = problem

    def raise_if_any(self) -> None:
        """Raise the tolerated error, if there is one."""
        if self._failed is not None:
            raise self._failed


def assessments_fetch(org: Organisation, pool: ClientPool, tell: Callable[[ResourceSync], None]) -> AssessmentsCall:
    """Fetch of the listing of assessments; calls `tell` with the result."""

    def mirror(records: tuple[AssessmentRecord, ...], as_of: datetime) -> None:
        merged = mirror_assessments(org, records, as_of=as_of)
        tell(
            complete_sync(
                Assessment,
                org,
                "assessments",
                merged,
                as_of=as_of,
                confirm=lambda missing: [candidate for candidate in missing if _is_not_there(candidate, pool)],
            )
        )

    return OneCall(GetAssessments(), mirror)


def _is_not_there(candidate: Candidate, pool: ClientPool) -> bool:
    """Whether the vendor, asked for this one, does not know it; failing to answer proves nothing."""
    try:
        pool.call(GetAssessment(assessment_id=candidate.key))
    except BadCredential:
        raise
    except Rejected as answer:  # errors about this assessment only; 404 would be an unknown request
        return answer.status == 400
    return False


class AssessmentFetch:
    """Fetches one assessment: definition, relationships, subjects, evaluations; mirrored once all of them arrived.

    If an evaluator declined, the reasons are fetched as well; the nomination lists if subjects or managers choose.
    """

    def __init__(self, assessment: Assessment, pool: ClientPool, job: Job, troubles: Troubles) -> None:
        self.assessment, self.pool, self.job, self.troubles = assessment, pool, job, troubles
        troubles.all += 1
        name = assessment.vendor_id
        self._calls: list[Call[Any]] = [
            GetAssessment(assessment_id=name),
            GetCustomRelationships(assessment_id=name),
            _subjects_of(assessment),
            _evaluations_of(assessment),
        ]
        if troubles.editions:
            self._calls.append(GetEditions(assessment_id=name))
        if troubles.schedule:
            self._calls.append(GetSchedule(assessment_id=name))
        if troubles.thresholds:
            self._calls.append(GetThresholds(assessment_id=name))
        if troubles.access:
            self._calls.append(GetReportAccess(assessment_id=name))
        self._answers: dict[str, Any] = {}  # by request
        self._wanted = len(self._calls)
        self._as_of: datetime | None = None
        self.done = False

    def next_call(self) -> Call[Any] | None:
        """The next call not yet made."""
        if self._as_of is None:
            self._as_of = timezone.now()  # before asking: whatever changes meanwhile is newer than this
        while self._calls and not self._worth_asking(self._calls[0]):
            self._calls.pop(0)  # another fetch learnt meanwhile that the server does not support the request
            self._wanted -= 1
            self._finish_if_all_came()
        return self._calls.pop(0) if self._calls else None

    def take(self, call: Call[Any], answer: Any) -> None:
        """Keep an answer; mirror them all when this was the last."""
        self._answers[call.request] = answer
        if isinstance(call, GetEvaluationStatus) and self.troubles.reasons and any(map(_declined, answer)):
            self._calls.append(GetEvaluators(assessment_id=self.assessment.vendor_id))
            self._wanted += 1
        if isinstance(call, GetAssessment) and self.troubles.nominations and lets_choose(answer.workflow_options):
            self._calls.append(GetNominations(assessment_id=self.assessment.vendor_id))
            self._wanted += 1
        self._finish_if_all_came()

    def fail(self, call: Call[Any], problem: ThreeSixtyError) -> None:
        """Skip this assessment and read the others. A server without our own requests is read without them."""
        if isinstance(call, LENIENT) and not (isinstance(problem, TransientError) and problem.retry_after is not None):
            unknown = unknown_request(problem)
            if isinstance(call, GetEditions):
                self.troubles.editions &= not unknown
            elif isinstance(call, GetReportAccess):
                self.troubles.access &= not unknown
            elif isinstance(call, GetNominations):
                self.troubles.nominations &= not unknown
            elif isinstance(call, GetEvaluators):
                self.troubles.reasons &= not unknown
            # refused, perhaps because the API user is the subject: the stored values no longer hold
            self.take(call, () if isinstance(problem, Rejected) and not unknown else None)
            return
        self.done = True
        if isinstance(problem, TransientError):
            self.troubles.meet(problem)
        else:
            self.troubles.unread += 1
            report_progress(self.job, self.assessment.name, ok=False, words=reason_of(problem))

    def _worth_asking(self, call: Call[Any]) -> bool:
        if isinstance(call, GetEditions):
            return self.troubles.editions
        if isinstance(call, GetReportAccess):
            return self.troubles.access
        if isinstance(call, GetNominations):
            return self.troubles.nominations
        return self.troubles.reasons if isinstance(call, GetEvaluators) else True

    def _finish_if_all_came(self) -> None:
        if len(self._answers) == self._wanted:
            self._mirror(self._as_of or timezone.now())
            self.done = True

    def _mirror(self, as_of: datetime) -> None:
        assessment, answers = self.assessment, self._answers
        _mirror_definition(assessment, answers[GetAssessment.request], answers[GetCustomRelationships.request], as_of)
        failpoint("sync.definition")
        _mirror_subjects(assessment, answers[GetSubjectStatus.request], as_of, self.pool)
        failpoint("sync.subjects")
        editions = answers.get(GetEditions.request)
        if editions is not None:
            mirror_editions(assessment, editions, as_of=as_of)
        elif not self.troubles.editions:
            forget_editions(assessment)
        schedule = answers.get(GetSchedule.request)
        if schedule is not None:
            mirror_schedules(assessment.org, schedule, as_of=as_of, only=assessment)
        thresholds = answers.get(GetThresholds.request)
        if thresholds:
            mirror_thresholds(assessment.org, thresholds, as_of=as_of, only=assessment)
        access = answers.get(GetReportAccess.request)
        if access is not None:
            mirror_access(assessment, access, as_of=as_of)
        elif not self.troubles.access:
            forget_access(assessment)
        nominations = answers.get(GetNominations.request)
        if nominations is not None:
            mirror_nominations(assessment, nominations, as_of=as_of)
        elif not self.troubles.nominations or not lets_choose(answers[GetAssessment.request].workflow_options):
            forget_nominations(assessment)
        told = _mirror_evaluations(assessment, answers[GetEvaluationStatus.request], as_of, self.pool)
        reasons = answers.get(GetEvaluators.request, ())
        if reasons is not None or not self.troubles.reasons:
            mirror_decline_reasons(assessment, reasons or (), as_of=as_of)
        tell_job(self.job, assessment.name, told)


def _declined(record: EvaluationRecord) -> bool:
    return record.status == Evaluation.Status.DECLINED


class SchedulesFetch(OneCall[tuple[ScheduleRecord, ...]]):
    """Fetches the dates of all assessments with one call; a failure does not stop the other fetches."""

    def __init__(self, org: Organisation) -> None:
        super().__init__(GetSchedule(), lambda records, as_of: mirror_schedules(org, records, as_of=as_of))
        self._org = org

    def fail(self, call: Call[Any], problem: ThreeSixtyError) -> None:
        """Delete the stored dates if the server refuses them."""
        lenient(problem, lambda: mirror_schedules(self._org, (), as_of=timezone.now()))
        self.done = True


class ThresholdsFetch(OneCall[tuple[ThresholdsRecord, ...]]):
    """Fetches the minimums of all assessments with one call; a failure does not stop the other fetches."""

    def __init__(self, org: Organisation) -> None:
        super().__init__(GetThresholds(), lambda records, as_of: mirror_thresholds(org, records, as_of=as_of))
        self._org = org

    def fail(self, call: Call[Any], problem: ThreeSixtyError) -> None:
        """Delete the stored minimums if the server no longer supports the request; keep them if a right was refused."""
        lenient(problem, lambda: forget_thresholds(self._org) if unknown_request(problem) else None)
        self.done = True


def pull_definition(assessment: Assessment, threesixty: ThreeSixty) -> None:
    """Refresh one assessment's own record and its custom relationships, now."""
    as_of = timezone.now()
    record = threesixty.call(GetAssessment(assessment_id=assessment.vendor_id))
    relationships = threesixty.call(GetCustomRelationships(assessment_id=assessment.vendor_id))
    _mirror_definition(assessment, record, relationships, as_of)


def pull_subjects(assessment: Assessment, threesixty: ThreeSixty) -> ResourceSync:
    """Refresh every subject of one assessment, now."""
    as_of = timezone.now()
    return _mirror_subjects(assessment, threesixty.call(_subjects_of(assessment)), as_of, threesixty)


def pull_evaluations(assessment: Assessment, threesixty: ThreeSixty) -> ResourceSync:
    """Refresh every evaluation of one assessment, now."""
    as_of = timezone.now()
    return _mirror_evaluations(assessment, threesixty.call(_evaluations_of(assessment)), as_of, threesixty)


def pull_editions(assessment: Assessment, threesixty: ThreeSixty) -> None:
    """Refresh the stored editions of one assessment now."""
    as_of = timezone.now()
    mirror_editions(assessment, threesixty.call(GetEditions(assessment_id=assessment.vendor_id)), as_of=as_of)


def _subjects_of(assessment: Assessment) -> GetSubjectStatus:
    return GetSubjectStatus(assessment_id=assessment.vendor_id)


def _evaluations_of(assessment: Assessment) -> GetEvaluationStatus:
    return GetEvaluationStatus(assessment_id=assessment.vendor_id, include_evaluation_responses=False)


def _mirror_definition(
    assessment: Assessment, record: AssessmentRecord, relationships: Iterable[RelationshipRecord], as_of: datetime
) -> None:
    mirror_assessments(assessment.org, [record], as_of=as_of)
    mirror_definition(assessment, record, relationships, as_of=as_of)


def _mirror_subjects(
    assessment: Assessment, records: Iterable[SubjectRecord], as_of: datetime, asks: Asks
) -> ResourceSync:
    mirror = partial(mirror_subjects, assessment, as_of=as_of)
    merged = mirror(records)
    again = listed_again(asks, _subjects_of(assessment), mirror, merged)
    return _finish(Subject, assessment, "subjects", merged, as_of, again)


def _mirror_evaluations(
    assessment: Assessment, records: Iterable[EvaluationRecord], as_of: datetime, asks: Asks
) -> ResourceSync:
    mirror = partial(mirror_evaluations, assessment, as_of=as_of)
    merged = mirror(records)
    again = listed_again(asks, _evaluations_of(assessment), mirror, merged)
    return _finish(Evaluation, assessment, "evaluations", merged, as_of, again)


def _finish(
    model: type[Mirrored], assessment: Assessment, what: str, merged: Merged, as_of: datetime, confirm: Confirm
) -> ResourceSync:
    resource, scope = f"{what}:{assessment.vendor_id}", {"assessment_id": assessment.pk}
    return complete_sync(model, assessment.org, resource, merged, as_of=as_of, scope=scope, confirm=confirm)


def tell_job(job: Job, label: Message, sync: ResourceSync) -> None:
    """Report a sync's result to the job."""
    found: list[Message] = [
        gettext_stored(
            "%(rows)s read, %(added)s new, %(changed)s changed, %(gone)s removed",
            rows=sync.rows,
            added=sync.added,
            changed=sync.changed,
            gone=sync.gone,
        )
    ]
    if sync.quarantined:
        found.append(ngettext_stored("%(n)s skipped", "%(n)s skipped", sync.quarantined))
    if sync.held:
        found.append(ngettext_stored("%(n)s awaiting confirmation", "%(n)s awaiting confirmation", sync.held))
    words = join_stored(" · ", [*found, sync.problem])
    report_progress(job, label, ok=not sync.problem, partly=bool(sync.quarantined or sync.held), words=words)
