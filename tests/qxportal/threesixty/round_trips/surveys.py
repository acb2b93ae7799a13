"""Calls about surveys."""

from datetime import UTC, datetime

from qxportal.threesixty.calls.surveys import (
    ActivateSurvey,
    DeactivateSurvey,
    GetSurveyName,
    GetSurveys,
    SetSurveyOptions,
    TransferSurveyOwnership,
)
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


ROUND_TRIPS: dict[str, RoundTrip] = {
    "activateSurvey": activate_survey,
    "deactivateSurvey": deactivate_survey,
    "getSurveyName": get_survey_name,
    "getSurveys": get_surveys,
    "setSurveyOptions": set_survey_options,
    "transferSurveyOwnership": transfer_survey_ownership,
}
