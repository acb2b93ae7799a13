"""Opening, closing and reopening assessments, by a request or by schedule; callers have locked the assessment."""

from django.utils import timezone

from qxportal.engine.assessments import answering
from qxportal.engine.editions import thresholds
from qxportal.engine.http.errors import Conflict
from qxportal.engine.mail import mailings
from qxportal.engine.models import Assessment, Evaluation, Participant
from qxportal.engine.surveys import validity

Status = Assessment.Status


def activate(assessment: Assessment) -> None:
    """Open an assessment for answers, for the first time or again."""
    validity.refuse_unanswerable(assessment.survey)
    if assessment.status != Status.ACTIVE:
        assessment.status = Status.ACTIVE
        assessment.activated_at = timezone.now()
        assessment.closed_at = None
        thresholds.fix(assessment)
        assessment.save(update_fields=["status", "activated_at", "closed_at", *thresholds.COLUMNS])


def reopen(assessment: Assessment) -> None:
    """Reopen a closed assessment; its minimums stay, or rise to the brand's present ones."""
    if assessment.status == Status.DRAFT:
        raise Conflict("ETS3", "A draft cannot be reopened: activate it.")
    validity.refuse_unanswerable(assessment.survey)
    if assessment.status == Status.CLOSED:
        assessment.status = Status.ACTIVE
        assessment.closed_at = None
        thresholds.fix(assessment)
        assessment.save(update_fields=["status", "closed_at", *thresholds.COLUMNS])


def close(assessment: Assessment, *, close_sessions: bool, delete_mailings: bool, ready_reports: bool) -> None:
    """Close an assessment with the chosen options."""
    if assessment.status == Status.DRAFT:
        raise Conflict("ETS3", "A draft cannot be closed: it was never active.")
    if close_sessions:
        answering.close_sessions(Evaluation.objects.filter(assessment=assessment))
    if delete_mailings:
        mailings.cancel_all_of(assessment, now=timezone.now())
    if ready_reports:
        make_reports_ready(assessment)
    if assessment.status != Status.CLOSED:
        thresholds.fix(assessment)
        assessment.status = Status.CLOSED
        assessment.closed_at = timezone.now()
        assessment.save(update_fields=["status", "closed_at", *thresholds.COLUMNS])


def make_reports_ready(assessment: Assessment) -> None:
    """Make the reports available to readers with access."""
    Participant.objects.filter(assessment=assessment, is_subject=True, removed_at=None).update(report_ready=True)
