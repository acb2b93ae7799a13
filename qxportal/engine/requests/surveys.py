"""Requests about surveys."""

from collections.abc import Callable, Mapping

from django.db.models import Count
from django.utils import timezone

from qxportal.engine.http import time_zones
from qxportal.engine.http.api_responses import Raw
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Forbidden, Invalid, Missing
from qxportal.engine.models import Evaluation, Survey, User
from qxportal.engine.people import access, confidential
from qxportal.engine.surveys import counting, importing, records, validity
from qxportal.engine.surveys.store import store
from qxportal.engine.surveys.translating import sheet
from qxportal.engine.surveys.translating.apply import apply
from qxportal.engine.surveys.xml.definition import definition
from qxportal.engine.surveys.xml.layout import layout

DATES = ("ExpirationStartDate", "ExpirationEndDate")


def get_surveys(user: User, arguments: Arguments) -> object:
    """List the surveys that the caller may read; for a brand administrator, all of the brand."""
    found = list(access.surveys(user).order_by("pk"))
    completed = _completed(user, found)
    return {"Surveys": [records.record(survey, completed.get(survey.pk, 0)) for survey in found]}


def get_survey(user: User, arguments: Arguments) -> Raw:
    """Write a survey as XML, in the layout that belongs to the version of the call."""
    survey = access.readable_survey(user, arguments.text("SurveyID"))
    code = records.language(survey, arguments.text("Language"))
    return definition(survey, layout(arguments.version, code, logic=arguments.flag("ExportLogic")))


def get_quotas(user: User, arguments: Arguments) -> object:
    """List a survey's quotas, with counts of completed evaluations whose answers the caller may read."""
    survey = access.survey(user, arguments.text("SurveyID"))
    return {"Quotas": counting.quotas(survey, confidential.evaluations(user))}


def get_survey_name(user: User, arguments: Arguments) -> object:
    """One survey's record, with its name in the requested language."""
    survey = access.readable_survey(user, arguments.text("SurveyID"))
    code = records.language(survey, arguments.text("Language"))
    completed = _completed(user, [survey]).get(survey.pk, 0)
    return {**records.record(survey, completed), "SurveyName": records.name(survey, code), "Language": code}


def activate_survey(user: User, arguments: Arguments) -> object:
    """Activate a survey, so that it can be answered."""
    return _switch(user, arguments, active=True)


def deactivate_survey(user: User, arguments: Arguments) -> object:
    """Deactivate a survey; begun evaluations stay as they are."""
    return _switch(user, arguments, active=False)


def set_survey_options(user: User, arguments: Arguments) -> object:
    """Activate or deactivate a survey and set its period of validity."""
    survey = access.survey(user, arguments.text("SurveyID"), lock=True)
    dates = {name: arguments.text(name) for name in DATES}
    if arguments.flag("Expiration") or arguments.has("SourceTimeZone"):
        zone = time_zones.zone(arguments.text("SourceTimeZone") or user.time_zone, parameter="SourceTimeZone")
    if arguments.flag("Expiration"):
        validity.limit(survey, dates["ExpirationStartDate"], dates["ExpirationEndDate"], zone)
    elif given := [name for name, date in dates.items() if date]:
        raise Invalid(given[0], "A date is for Expiration=1.")
    elif arguments.has("Expiration"):
        validity.unlimit(survey)
    if arguments.has("Active"):
        validity.switch(survey, active=arguments.flag("Active"), closing=arguments.flag("CloseSessions"))
    return _saved(survey)


def transfer_survey_ownership(user: User, arguments: Arguments) -> object:
    """Transfer a survey to another user of the brand, optionally with another name."""
    survey = access.survey(user, arguments.text("SurveyID"), lock=True)
    if arguments.text("OwnerID") != survey.owner_public_id:
        raise Invalid("OwnerID", "The survey has another owner.")
    receiver = User.objects.filter(brand=user.brand, public_id=arguments.text("NewOwnerID")).first()
    if receiver is None:
        raise Invalid("NewOwnerID", "There is no such user.")
    survey.owner, survey.public = receiver, False
    survey.name = arguments.text("SurveyName") or survey.name
    return _saved(survey)


def import_survey(user: User, arguments: Arguments) -> object:
    """Create a survey from a file; an invalid file leaves nothing behind."""
    name = arguments.text("Name")
    if not name:
        raise Missing("Name")
    owner = importing.owner(user, arguments.text("OwnerID"))
    draft = importing.read(arguments)
    survey = store(draft, user, name=name, owner=owner, active=arguments.flag("Activate"))
    remarks = [{"Where": one.where, "What": one.what} for one in draft.remarks]
    return {"SurveyID": survey.public_id, **({"Warnings": remarks} if remarks else {})}


def import_survey_translations(user: User, arguments: Arguments) -> object:
    """Import translations of a survey from a file; those in other languages stay."""
    survey = access.survey(user, arguments.text("SurveyID"), lock=True)
    if survey.owner_id != user.pk and not arguments.flag("AsAdmin"):
        raise Forbidden("The survey belongs to another user: set AsAdmin to 1.")
    phrases = sheet.read(importing.contents(arguments))
    count = apply(survey, phrases)
    survey.modified_at = timezone.now()
    survey.save()
    return {"Success": True, "Count": count, "Languages": survey.languages}


def _switch(user: User, arguments: Arguments, *, active: bool) -> object:
    survey = access.survey(user, arguments.text("SurveyID"), lock=True)
    validity.switch(survey, active=active)
    _saved(survey)
    return None  # as recorded


def _saved(survey: Survey) -> object:
    survey.modified_at = timezone.now()
    survey.save()
    return {"Success": True}


def _completed(user: User, surveys: list[Survey]) -> Mapping[int, int]:
    """Number of completed evaluations by survey, as far as the caller may see them."""
    finished = confidential.evaluations(user).filter(status=Evaluation.Status.COMPLETED, assessment__survey__in=surveys)
    return dict(finished.values_list("assessment__survey").annotate(Count("pk")))


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "activateSurvey": activate_survey,
    "deactivateSurvey": deactivate_survey,
    "getQuotas": get_quotas,
    "getSurvey": get_survey,
    "getSurveyName": get_survey_name,
    "getSurveys": get_surveys,
    "importSurvey": import_survey,
    "importSurveyTranslations": import_survey_translations,
    "setSurveyOptions": set_survey_options,
    "transferSurveyOwnership": transfer_survey_ownership,
}
