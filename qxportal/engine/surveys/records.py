"""Records of surveys in listings."""

from collections.abc import Mapping

from qxportal.engine.http import languages
from qxportal.engine.http.api_responses import stamp
from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Survey


def record(survey: Survey, responses: int) -> dict[str, object]:
    """One record of getSurveys; without a count the field is left out, as by the vendor."""
    owner = survey.owner
    counted: Mapping[str, object] = {"responses": str(responses)} if responses else {}
    return {
        "SurveyType": "SV",
        "SurveyID": survey.public_id,
        "SurveyName": survey.name,
        "SurveyDescription": survey.description,
        "SurveyOwnerID": survey.owner_public_id,
        "SurveyStatus": "Active" if survey.active else "Inactive",
        "SurveyStartDate": stamp(survey.starts_at),
        "SurveyExpirationDate": stamp(survey.expires_at),
        "SurveyCreationDate": stamp(survey.created_at),
        "CreatorID": survey.creator.public_id,
        "LastModified": stamp(survey.modified_at),
        "LastActivated": stamp(survey.activated_at),
        "UserFirstName": owner.first_name if owner else "",
        "UserLastName": owner.last_name if owner else survey.brand.title,
        **counted,
    }


def language(survey: Survey, wanted: str) -> str:
    """The language of a survey's output: its own, or one of its translations."""
    if not wanted:
        return survey.language
    code = languages.code(wanted, parameter="Language")
    known = [survey.language, *survey.languages]
    if code not in known:
        raise Invalid("Language", f"The survey is not in it, but in {', '.join(known)}.")
    return code


def name(survey: Survey, code: str) -> str:
    """A survey's name in a language, by default in its own."""
    return str(survey.names.get(code) or survey.name)
