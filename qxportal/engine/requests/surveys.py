"""Requests about surveys."""

from collections.abc import Callable, Mapping

from django.db.models import Count, Q

from qxportal.engine.answers import stamp
from qxportal.engine.arguments import Arguments
from qxportal.engine.models import Evaluation, Survey, User


def get_surveys(user: User, arguments: Arguments) -> object:
    """List the caller's surveys; a brand administrator sees all of the brand."""
    found = Survey.objects.filter(brand=user.brand).select_related("owner", "creator")
    if not user.is_brand_admin:
        found = found.filter(Q(owner=user) | Q(assessments__owner=user)).distinct()
    completed = dict(
        Evaluation.objects.filter(status=Evaluation.Status.COMPLETED, assessment__brand=user.brand)
        .values_list("assessment__survey")
        .annotate(Count("pk"))
    )
    return {"Surveys": [_record(survey, completed.get(survey.pk, 0)) for survey in found.order_by("pk")]}


def _record(survey: Survey, responses: int) -> dict[str, object]:
    counted: dict[str, object] = {"responses": str(responses)} if responses else {}
    return {
        "SurveyType": "SV",
        "SurveyID": survey.public_id,
        "SurveyName": survey.name,
        "SurveyDescription": survey.description,
        "SurveyOwnerID": survey.owner.public_id,
        "SurveyStatus": "Active" if survey.active else "Inactive",
        "SurveyStartDate": stamp(survey.starts_at),
        "SurveyExpirationDate": stamp(survey.expires_at),
        "SurveyCreationDate": stamp(survey.created_at),
        "CreatorID": survey.creator.public_id,
        "LastModified": stamp(survey.modified_at),
        "LastActivated": stamp(survey.activated_at),
        "UserFirstName": survey.owner.first_name,
        "UserLastName": survey.owner.last_name,
        **counted,
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getSurveys": get_surveys,
}
