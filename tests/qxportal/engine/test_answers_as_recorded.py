"""What public clients recorded of the vendor's answers and compare whole: content types, status, codes, words."""

from typing import Any

import pytest
import requests

from qxportal.engine.models import Assessment
from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.engine_fixture import Engine

ABOUT_A_SURVEY = {
    "activateSurvey": {},
    "deactivateSurvey": {},
    "getLegacyResponseData": {},
    "getQuotas": {},
    "getSurvey": {},
    "getSurveyName": {},
    "importSurveyTranslations": {"FileContents": "ID,DE\r\nSurveyName,Fragen\r\n"},
    "setSurveyOptions": {},
    "transferSurveyOwnership": {"OwnerID": "UR_1", "NewOwnerID": "UR_2"},
}


@pytest.fixture
def review(engine: Engine) -> Assessment:
    return engine.assessment("Leaders")


@pytest.mark.parametrize(
    ("request_name", "form", "kind"),
    [
        ("getSurveys", "JSON", "application/json"),
        ("getSurveys", "XML", "text/xml"),
        ("getSurvey", "XML", "text/xml"),
        ("getLegacyResponseData", "JSON", "application/json"),
        ("getLegacyResponseData", "XML", "text/xml"),
        ("getLegacyResponseData", "CSV", "application/vnd.msexcel"),
        ("getSubjectStatus", "CSV", "application/vnd.msexcel"),
        ("getEvaluationStatus", "CSV", "application/vnd.msexcel"),
    ],
)
def test_content_types_are_compared_whole(call: Caller, review: Assessment, request_name: str, form: str, kind: str):
    answer = call(request_name, form=form, SurveyID=review.survey.public_id, ThreeSixtyID=review.public_id)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


@pytest.mark.parametrize("form", ["XML", "JSON", "JSONP", "CSV", "HTML", ""])
def test_a_survey_is_xml_whatever_format_is_asked_for(call: Caller, review: Assessment, form: str):
    answer = call("getSurvey", form=form, SurveyID=review.survey.public_id)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml")
    assert answer.content.startswith(b"<?xml") and b"<SurveyDefinition>" in answer.content


@pytest.mark.parametrize("request_name", ABOUT_A_SURVEY)
@pytest.mark.parametrize("survey_id", ["SV_8FTHsivtrc1eG2h", "123"])
def test_an_unknown_survey_is_told_in_the_vendors_words(call: Caller, request_name: str, survey_id: str):
    answer = call(request_name, SurveyID=survey_id, **ABOUT_A_SURVEY[request_name])

    assert (answer.status_code, answer.headers["RequestStatus"], answer.headers["Status"]) == (500, "Failure", "500")
    assert "<ErrorCode>500</ErrorCode>" in answer.text or answer.json()["Meta"]["ErrorCode"] == 500
    assert "ESRV18" in answer.text and "This survey is Unknown to this user account." in answer.text
    assert (answer.headers["Content-Type"] == "text/xml") == (request_name == "getSurvey")


def test_a_parameter_that_means_no_survey_stays_a_parameter(call: Caller, review: Assessment):
    """createAssessment is not about the survey."""
    assert call.refused("createAssessment", Name="X", SurveyID="SV_1") == (400, "ESRV35|SurveyID")
    changed = call.refused("updateAssessment", ThreeSixtyID=review.public_id, SurveyID="SV_1")
    assert changed == (400, "ESRV35|SurveyID")


@pytest.mark.parametrize(
    ("request_name", "parameter", "given"),
    [
        ("getLegacyResponseData", "LastResponseID", {"LastResponseID": "123"}),
        ("getLegacyResponseData", "ResponseID", {"ResponseID": "AAAA"}),
        ("importSurvey", "ImportFormat", {"ImportFormat": "_", "Name": "X", "FileContents": "123"}),
        ("getSubjectStatus", "ThreeSixtyID", {"ThreeSixtyID": "TS_1"}),
        ("getSubjectReport", "PersonID", {}),
        ("createPerson", "Email", {}),
    ],
)
def test_refusals_begin_with_the_vendors_words(
    call: Caller, review: Assessment, request_name: str, parameter: str, given: dict[str, str]
):
    own = {"ThreeSixtyID": review.public_id} if request_name == "getSubjectReport" else {}
    own |= {"SurveyID": review.survey.public_id} if request_name == "getLegacyResponseData" else {}
    meta = call(request_name, form="JSON" if request_name != "getSubjectStatus" else "CSV", **own | given).json()[
        "Meta"
    ]

    assert (meta["ErrorCode"], meta["QualtricsErrorCode"]) == (400, f"ESRV35|{parameter}")
    assert meta["ErrorMessage"].startswith(f"Invalid request. Missing or invalid parameter {parameter}.")
    assert meta["ErrorMessage"].endswith(".") and "  " not in meta["ErrorMessage"]


@pytest.mark.parametrize("form", ["JSON", "XML"])
@pytest.mark.parametrize("request_name", ["activateSurvey", "deactivateSurvey"])
def test_switching_a_survey_answers_with_nothing(call: Caller, review: Assessment, request_name: str, form: str):
    answer = call(request_name, form=form, SurveyID=review.survey.public_id)

    assert answer.status_code == 200
    if form == "JSON":
        assert answer.json() == {"Meta": {"Status": "Success", "Debug": ""}, "Result": None}
    else:
        assert "<Result></Result>" in answer.text


def test_readings_take_no_notice_of_what_they_do_not_know(engine: Engine, call: Caller, review: Assessment):
    user = engine.api_user
    common: dict[str, Any] = {"User": user.user_name, "Token": user.token, "Format": "JSON", "Version": "2.5"}
    asked = common | {"Request": "getSurveys", "LibraryID": "UR_1", "API_SELECT": "ControlPanel", "cb": "17"}

    answer = requests.get(engine.url + PATH, params=asked, timeout=60)

    assert answer.status_code == 200
    assert answer.json()["Result"] == call.result("getSurveys")
