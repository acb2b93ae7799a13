"""Which form an assessment has."""

from qxportal.engine.http.errors import Conflict, Forbidden
from qxportal.engine.models import Answer, Assessment, Edition, Evaluation, Survey, User
from qxportal.engine.people import confidential

BEGUN = (Evaluation.Status.IN_PROGRESS, Evaluation.Status.COMPLETED)


def swap(user: User, assessment: Assessment, survey: Survey) -> None:
    """Give an assessment another form and delete the one that it had.

    A form stays when another assessment uses it, or when it is neither the caller's nor he a brand administrator.
    Once it can be answered, a subject is refused whatever was answered: the reason would tell him.
    """
    old = assessment.survey
    if survey == old:
        return
    if assessment.status != Assessment.Status.DRAFT and confidential.is_subject(user, assessment):
        raise Forbidden("Somebody else has to replace the form: you are a subject of the assessment.")
    if Edition.objects.filter(series__assessment_key=assessment.public_id).exists():
        raise Conflict("ETS3", "Figures were given of answers to this form: it cannot be replaced.")
    if assessment.evaluations.filter(status__in=BEGUN).exists() or _has_answers(assessment):
        raise Conflict("ETS3", "An evaluator has begun to answer: the survey cannot be replaced.")
    assessment.survey = survey
    assessment.save(update_fields=["survey"])
    if not old.assessments.exists() and (user.is_brand_admin or old.owner_id == user.pk):
        old.delete()


def _has_answers(assessment: Assessment) -> bool:
    """Somebody who declined may have begun before."""
    return Answer.objects.filter(evaluation__assessment=assessment).exists()
