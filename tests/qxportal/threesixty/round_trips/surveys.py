"""Calls about surveys."""

from datetime import UTC, datetime

from qxportal.engine.models import Quota
from qxportal.threesixty.calls.surveys import (
    ActivateSurvey,
    DeactivateSurvey,
    GetQuotas,
    GetSurvey,
    GetSurveyName,
    GetSurveys,
    ImportSurvey,
    ImportSurveyTranslations,
    SetSurveyOptions,
    TransferSurveyOwnership,
)
from qxportal.threesixty.enums import SurveyFormat
from tests.qxportal.engine.surveys.survey_files import LEADERSHIP
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_surveys(at: Place) -> None:
    assert [survey.name for survey in at.call(GetSurveys())] == ["Leadership review form"]


def get_survey_name(at: Place) -> None:
    assert at.call(GetSurveyName(survey_id=at.review.survey.public_id)).name == "Leadership review form"


def activate_survey(at: Place) -> None:
    survey = at.engine.survey("Winter form")
    at.call(DeactivateSurvey(survey_id=survey.public_id))
    at.carry_out(ActivateSurvey(survey_id=survey.public_id))


def deactivate_survey(at: Place) -> None:
    at.carry_out(DeactivateSurvey(survey_id=at.review.survey.public_id))


def set_survey_options(at: Place) -> None:
    survey = at.engine.survey("Winter form")
    until = datetime(2027, 1, 31, 18, tzinfo=UTC)
    at.carry_out(
        SetSurveyOptions(
            survey_id=survey.public_id,
            close_sessions=False,
            expires=True,
            valid_from=datetime(2026, 12, 1, 8, tzinfo=UTC),
            valid_until=until,
        )
    )
    at.carry_out(SetSurveyOptions(survey_id=survey.public_id, active=False, close_sessions=True))
    [row] = [one for one in at.call(GetSurveys()) if one.vendor_id == survey.public_id]
    assert (row.status, row.expires_at) == ("Inactive", until)


def transfer_survey_ownership(at: Place) -> None:
    survey = at.engine.survey("Winter form")
    at.carry_out(
        TransferSurveyOwnership(
            survey_id=survey.public_id,
            owner_id=at.engine.api_user.user_id,
            new_owner_id=at.engine.make_api_user("elif.tanaka", brand_admin=False).user_id,
            name="Spring form",
        )
    )


TEXT = b"""[[AdvancedFormat]]

[[Block:Working together]]

[[Question:Matrix]]
How often does this person do the following?
[[Choices]]
Listens before answering
Keeps agreements
[[Answers]]
Never
Sometimes
Always

[[Question:TE]]
What should this person keep doing?
"""


def import_survey(at: Place) -> None:
    made = at.carry_out(
        ImportSurvey(name="Team 360", import_format=SurveyFormat.TXT, activate=True, file_contents=TEXT)
    )
    survey = at.call(GetSurvey(survey_id=made.vendor_id))
    matrix, text = survey.questions
    assert survey.name.startswith("Team 360")  # the portal's changes put a mark behind it
    assert (survey.active, survey.owner_id) == (True, at.engine.api_user.user_id)
    assert (matrix.type, text.type) == ("Matrix", "TE")
    assert [one.description for one in matrix.choices] == ["Listens before answering", "Keeps agreements"]
    assert [one.description for one in matrix.answers] == ["Never", "Sometimes", "Always"]
    assert survey.blocks[0].questions == (matrix.id, text.id)


def get_survey(at: Place) -> None:
    wide = at.call(ImportSurvey(name="Leadership feedback", file_contents=LEADERSHIP)).vendor_id
    for version in ("2.0", "2.2", "2.3"):
        at.client.version = version
        survey = at.call(GetSurvey(survey_id=at.review.survey.public_id, export_logic=True))
        assert (survey.name, survey.default_language) == ("Leadership review form", "EN")
        assert len(survey.questions) == 14
        asked = {identifier for block in survey.blocks for identifier in block.questions}
        assert asked == {question.id for question in survey.questions}
        questions = {question.id: question for question in at.call(GetSurvey(survey_id=wide)).questions}
        newest = version == "2.3"
        assert [one.id for one in questions["QID19"].inside] == (["QID19#1", "QID19#2"] if newest else [])
        assert questions["QID6"].validation.get("Type") == ("None" if newest else None)


def get_quotas(at: Place) -> None:
    quota = at.engine.run(Quota.objects.create, survey=at.review.survey, name="Managers", limit=5)
    [record] = at.call(GetQuotas(survey_id=at.review.survey.public_id))
    assert (record.vendor_id, record.name, record.limit, record.count) == (quota.public_id, "Managers", 5, 1)


def import_survey_translations(at: Place) -> None:
    sheet = "ID,DE\r\nSurveyName,Fragebogen\r\nQID1_QuestionText,Erklärt Entscheidungen verständlich.\r\n"
    survey = at.review.survey.public_id
    at.carry_out(ImportSurveyTranslations(survey_id=survey, file_contents=sheet))
    assert at.call(GetSurveyName(survey_id=survey, language="DE")).name == "Fragebogen"
    german = at.call(GetSurvey(survey_id=survey, language="DE"))
    assert german.questions[0].text == "Erklärt Entscheidungen verständlich."


ROUND_TRIPS: dict[str, RoundTrip] = {
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
