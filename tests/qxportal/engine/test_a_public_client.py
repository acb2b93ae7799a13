"""pyqualtrics 0.6.7, unchanged but for the address: what it shares with our requests works against the running engine.

It speaks of the sibling API and sends Format=JSON with everything. Left out is what that API alone has: panels,
mailings, subscriptions, embedded data of a response, deleteSurvey, and version 3. Where the two differ in what both
have, a test says so: its importResponses names a survey, ours an assessment.
"""

import csv
import io
from typing import Any

import pyqualtrics
import pytest
from defusedxml import ElementTree

from qxportal.engine.models import Assessment, Evaluation, Person, Survey
from tests.qxportal.engine.conftest import PATH
from tests.support.case_files import case
from tests.support.engine_fixture import ApiUser, Engine


@pytest.fixture
def client(engine: Engine) -> Any:
    """The client of the engine's API user."""
    return connected(engine, engine.api_user)


def connected(engine: Engine, user: ApiUser, token: str = "") -> Any:
    made = pyqualtrics.Qualtrics(user=user.user_name, token=token or user.token)
    made.url = engine.url + PATH  # its own way to be tried elsewhere
    return made


@pytest.fixture
def survey_id(client: Any) -> str:
    """A survey that the client itself imported."""
    found = client.importSurvey(ImportFormat="QSF", Name="Round", FileContents=case("surveys/plain_q1.qsf").decode())
    assert client.last_error_message is None, client.last_error_message
    return str(found)


@pytest.fixture
def review(engine: Engine, survey_id: str) -> Assessment:
    """An assessment with the survey as its form: a subject, and a peer who answered."""
    survey = engine.run(lambda: Survey.objects.get(public_id=survey_id))
    made = engine.assessment("Leaders", survey=survey)
    subject, peer, late = (engine.person(name, "Lee", unique_identifier=f"X-{name}") for name in ("Ann", "Bo", "Cy"))
    about = engine.subject(made, subject)
    engine.evaluation(about, peer, "Peer", "Completed")
    engine.evaluation(about, late, "Peer", "InProgress")
    return made


def test_a_survey_is_imported_listed_switched_and_read(client: Any, survey_id: str):
    listed = client.getSurveys()
    assert listed[survey_id]["SurveyName"] == "Round"
    assert client.getSurveys(LibraryID="UR_1").keys() == listed.keys()

    assert client.activateSurvey(SurveyID=survey_id) is True
    assert client.json_response == {"Meta": {"Status": "Success", "Debug": ""}, "Result": None}
    assert client.getSurveys()[survey_id]["SurveyStatus"] == "Active"
    assert client.deactivateSurvey(SurveyID=survey_id) is True
    assert client.getSurveys()[survey_id]["SurveyStatus"] == "Inactive"

    root = ElementTree.fromstring(client.getSurvey(survey_id).encode())
    assert (root.tag, root.findtext("SurveyName"), client.last_error_message) == ("SurveyDefinition", "Round", None)


def test_a_bad_import_is_told_in_the_words_that_it_waits_for(client: Any):
    assert client.importSurvey(ImportFormat="QSF", Name="Bad", FileContents="123") is None
    assert client.last_status_code == 400 and client.last_error_message

    assert client.importSurvey(ImportFormat="_", Name="Bad", FileContents="123") is None
    assert client.last_error_message.startswith("Invalid request. Missing or invalid parameter ImportFormat.")
    assert client.getSurveys() == {}, "refused files leave nothing here; at the vendor an empty survey stays"


def test_an_unknown_survey_is_unknown_to_the_account(engine: Engine, client: Any):
    assert client.getSurvey("SV_8FTHsivtrc1eG2h") is None
    assert client.last_error_message == "This survey is Unknown to this user account."
    assert client.activateSurvey(SurveyID="123") is False
    assert client.deactivateSurvey(SurveyID="123") is False

    nobody = connected(engine, engine.api_user, token="wrong")
    assert nobody.getSurvey("SV_8FTHsivtrc1eG2h") is None
    assert nobody.last_error_message == "API Error: HTTP Code 401 (Unauthorized)"
    assert nobody.getSurveys() is None and nobody.last_status_code == 401


def test_responses_come_in_their_order_with_their_types(client: Any, survey_id: str, review: Assessment):
    found = client.getLegacyResponseData(SurveyID=survey_id)

    ((response_id, response),) = found.items()
    assert next(iter(response)) == "ResponseSet"
    assert (response["Finished"], response["Status"], response["Name"]) == ("1", "32", "Bo Lee")
    assert (response["Q1"], response["ExternalDataReference"]) == ("", "X-Bo")
    assert client.getResponse(SurveyID=survey_id, ResponseID=response_id) == response

    ((session_id, begun),) = client.getLegacyResponseData(SurveyID=survey_id, ResponsesInProgress=1).items()
    assert session_id.startswith("FS_") and begun["Finished"] == 0


@pytest.mark.parametrize("parameter", ["ResponseID", "LastResponseID"])
def test_a_response_that_never_was_is_a_wrong_parameter(client: Any, survey_id: str, parameter: str):
    assert client.getLegacyResponseData(SurveyID=survey_id, **{parameter: "123"}) is None
    assert client.last_error_message.startswith(f"Invalid request. Missing or invalid parameter {parameter}.")


def test_a_response_that_was_withdrawn_is_simply_not_there(
    client: Any, engine: Engine, survey_id: str, review: Assessment
):
    begun = engine.run(lambda: Evaluation.objects.get(status="InProgress"))

    assert client.getResponse(SurveyID=survey_id, ResponseID=begun.public_id) is None
    assert client.last_error_message.endswith(f"{begun.public_id} not in response (probably deleted)")


@pytest.mark.parametrize("form", ["CSV", "XML", "HTML"])
def test_other_formats_pass_through_as_text(client: Any, survey_id: str, review: Assessment, form: str):
    text = client.request("getLegacyResponseData", SurveyID=survey_id, Format=form)

    assert client.last_error_message is None
    assert "X-Bo" in text and text == client.response


def test_responses_are_imported_into_an_assessment(client: Any, engine: Engine, survey_id: str, review: Assessment):
    """The one difference: the 360 is named. It writes the header twice, which is taken as the vendor takes it."""
    di: Person = engine.person("Di", "Lee", unique_identifier="X-Di")
    row = {
        "SubjectUniqueIdentifier": "X-Ann",
        "ParticipantUniqueIdentifier": "X-Di",
        "Relationship": "Peer",
        "startDate": "",
        "endDate": "",
        "QID1": 2,
    }

    assert client.importResponsesAsDict(survey_id, [row]) is False
    assert client.last_error_message.startswith("Invalid request. Missing or invalid parameter SurveyID.")
    assert client.importResponsesAsDict(None, [row], ThreeSixtyID=review.public_id) is True, client.last_error_message

    found = client.getLegacyResponseData(SurveyID=survey_id)
    (made,) = (one for one in found.values() if one["EmailAddress"] == di.email)
    assert (made["Q1"], made["Finished"], made["Status"]) == (2, "1", "36")


def test_our_other_requests_are_within_its_reach(client: Any, review: Assessment):
    """`request` takes any name: envelopes come as JSON, tables as text where their format is named."""
    which = {"ThreeSixtyID": review.public_id}
    assert client.request("getAssessment", **which)["Result"]["Name"] == "Leaders"
    assert len(client.request("getPersons")["Result"]["Persons"]) == 3

    (line,) = csv.DictReader(io.StringIO(client.request("getSubjectStatus", Format="CSV", **which), newline=""))
    assert (line["FirstName"], line["ExternalDataReference"]) == ("Ann", "X-Ann")
    assert client.request("getSubjectStatus", **which) is None, "a table has no JSON, and it asks for that by itself"
    assert client.last_error_message.startswith("Invalid request. Missing or invalid parameter Format.")

    assert (
        client.request("importPersons", post_data=b"FirstName;LastName;Email\nEd;Lee;ed@t.example\n")["Result"]["Count"]
        == 1
    )
    answer = client.request("setSubjectStatus", SubjectID="P_1", Status="Done", **which)
    assert answer is None and "SubjectID" in client.last_error_message


@pytest.mark.parametrize("call", ["getPanels", "getAllSubscriptions", "getSingleResponseHTML", "deleteSurvey"])
def test_what_only_the_sibling_has_is_told_as_unknown(client: Any, call: str):
    given = {"SurveyID": "SV_1", "ResponseID": "R_1"} if call == "getSingleResponseHTML" else {}
    given = {"LibraryID": "UR_1"} if call == "getPanels" else given
    given = {"SurveyID": "SV_1"} if call == "deleteSurvey" else given

    assert not getattr(client, call)(**given)
    assert (client.last_status_code, client.last_error_message) == (404, "There is no such request.")
