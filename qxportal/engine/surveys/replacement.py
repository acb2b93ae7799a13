"""Replacing the survey of an assessment."""

from qxportal.engine.http.errors import Conflict, Forbidden
from qxportal.engine.models import Answer, Assessment, Edition, Evaluation, Survey, User
from qxportal.engine.people import confidential

BEGUN = (Evaluation.Status.IN_PROGRESS, Evaluation.Status.COMPLETED)


def swap(user: User, assessment: Assessment, survey: Survey) -> None:
    """Give an assessment another survey and delete the previous one; raises Conflict or Forbidden.

    A survey stays if another assessment uses it, or if the caller neither owns it nor is a brand administrator. Once
    the assessment was activated, subjects are always refused: any other reason would reveal whether there are answers.
    """
    old = assessment.survey
    if survey == old:
        return
    if assessment.status != Assessment.Status.DRAFT and confidential.is_subject(user, assessment):
        raise Forbidden("Another person has to replace the form: you are a subject of the assessment.")
    if Edition.objects.filter(series__assessment_key=assessment.public_id).exists():
        raise Conflict("ETS3", "Figures were given of answers to this form: it cannot be replaced.")
    if assessment.evaluations.filter(status__in=BEGUN).exists() or _has_answers(assessment):
        raise Conflict("ETS3", "An evaluator has begun to answer: the survey cannot be replaced.")
    assessment.survey = survey
    assessment.save(update_fields=["survey"])
    if not old.assessments.exists() and (user.is_brand_admin or old.owner_id == user.pk):
        old.delete()


def _has_answers(assessment: Assessment) -> bool:
    """Whether there are answers; even a declined evaluation may have some."""
    return Answer.objects.filter(evaluation__assessment=assessment).exists()
