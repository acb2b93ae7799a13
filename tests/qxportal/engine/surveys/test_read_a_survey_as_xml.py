from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest

from qxportal.engine.models import Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import LEADERSHIP, elements, imported, leadership, packed, question
from tests.support.engine_fixture import Engine

VERSIONS = ("2.0", "2.1", "2.2", "2.3", "2.4", "2.5")


@pytest.fixture
def survey(call: Caller) -> Survey:
    return imported(call, LEADERSHIP)


def xml(call: Caller, survey: Survey, version: str = "2.5", **parameters: Any) -> Any:
    answer = call("getSurvey", version=version, form="XML", SurveyID=survey.public_id, **parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.headers["RequestStatus"] == "Success"
    return ElementTree.fromstring(answer.content, forbid_dtd=True)


def test_the_survey_comes_without_an_envelope(call: Caller, survey: Survey):
    root = xml(call, survey)

    assert root.tag == "SurveyDefinition"
    assert [child.tag for child in root] == [
        "SurveyName",
        "OwnerID",
        "isActive",
        "CreationDate",
        "LastModifiedDate",
        "StartDate",
        "ExpirationDate",
        "Languages",
        "Questions",
        "Blocks",
        "SurveyFlow",
        "EmbeddedData",
    ]
    assert (root.findtext("SurveyName"), root.findtext("isActive")) == ("Leadership feedback", "0")
    assert root.findtext("StartDate") == "0000-00-00 00:00:00"
    assert [(one.text, one.get("Default")) for one in root.iterfind("Languages/Language")] == [
        ("EN", "1"),
        ("DE", "0"),
        ("FR", "0"),
    ]


def test_a_question_comes_with_its_markup_its_choices_and_its_scale(call: Caller, survey: Survey):
    root = xml(call, survey)
    matrix = root.find("Questions/Question[@QuestionID='QID2']")

    assert matrix.findtext("QuestionText") == "<p>How often does this person <strong>give direction</strong>?</p>"
    assert [matrix.findtext(tag) for tag in ("Type", "Selector", "SubSelector", "ExportTag")] == [
        "Matrix",
        "Likert",
        "SingleAnswer",
        "DIR",
    ]
    assert matrix.findtext("Validation/ForceResponse") == "1"
    assert matrix.find("Choices/Choice[@ID='4']/Description").text == "Says openly what will not be done"
    assert matrix.find("Answers/Answer[@ID='6']").get("Recode") == "99"
    other = root.find("Questions/Question[@QuestionID='QID5']/Choices/Choice[@TextEntry='1']")
    assert other.findtext("Description") == "Other, namely"


def test_blocks_flow_and_fields_are_written_and_the_trash_is_not(call: Caller, survey: Survey):
    root = xml(call, survey)

    blocks = {one.get("Description"): one for one in root.iterfind("Blocks/Block")}
    assert list(blocks)[:2] == ["Welcome", "Direction and openness"]
    assert [one.get("QuestionID") or one.tag for one in blocks["Direction and openness"].find("BlockElements")] == [
        "QID2",
        "QID3",
        "PageBreak",
        "QID4",
        "QID5",
    ]
    assert root.find("Questions/Question[@QuestionID='QID17']") is None
    assert [one.tag for one in root.find("SurveyFlow")] == [
        "EmbeddedData",
        "Block",
        "BlockRandomizer",
        "Block",
        "Block",
        "Branch",
        "EndSurvey",
    ]
    assert [one.get("ID") for one in root.iterfind("SurveyFlow/BlockRandomizer/Block")] == [
        "BL_0Pq6CsDfVnGhTzR",
        "BL_7hJkLo9PzXcVbNm",
    ]
    assert [(one.findtext("Name"), one.findtext("Value")) for one in root.iterfind("EmbeddedData/Field")] == [
        ("Round", "Spring 2026"),
        ("Team", ""),
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_picks_the_layout(call: Caller, survey: Survey, version: str):
    root = xml(call, survey, version)
    trust = root.find("Questions/Question[@QuestionID='QID6']")

    newest, new = version >= "2.3", version >= "2.2"
    order = ["1", "2", "4", "3", "5", "6"] if newest else ["1", "2", "3", "4", "5", "6"]
    assert [one.get("ID") for one in trust.iterfind("Choices/Choice")] == order
    assert (trust.find("Validation/Type") is not None) == newest
    inside = root.findall("Questions/Question[@QuestionID='QID19']/SubQuestions/Question")
    assert [one.get("QuestionID") for one in inside] == (["QID19#1", "QID19#2"] if newest else [])
    assert (root.find("EmbeddedData/Field/VariableType") is not None) == new
    assert (root.find("SurveyFlow/EmbeddedData/Field") is not None) == new


def test_a_language_has_its_own_words_and_falls_back_to_the_surveys(call: Caller, survey: Survey):
    root = xml(call, survey, Language="fr")

    trust = root.find("Questions/Question[@QuestionID='QID6']")
    assert trust.findtext("QuestionText") == "À quelle fréquence cette personne inspire-t-elle confiance ?"
    assert trust.find("Answers/Answer[@ID='1']/Description").text == "Presque jamais"
    contact = root.find("Questions/Question[@QuestionID='QID8']")
    assert contact.findtext("QuestionText") == "How often do you work with this person?"
    refused = call("getSurvey", form="XML", SurveyID=survey.public_id, Language="IT")
    assert refused.status_code == 400
    assert "EN, DE, FR" in refused.text


def test_logic_is_written_only_when_asked_for(call: Caller, survey: Survey):
    assert xml(call, survey).find(".//DisplayLogic") is None
    assert xml(call, survey).find(".//BranchLogic") is None

    root = xml(call, survey, ExportLogic=1)

    again = root.find("Questions/Question[@QuestionID='QID10']/DisplayLogic")
    assert again.find(".//Operator").text == "NotSelected"
    assert root.find("SurveyFlow/Branch/BranchLogic/Type").text == "BooleanExpression"
    assert [one.findtext("Limit") for one in root.iterfind("Quotas/Quota")] == ["12", "200"]


def test_where_a_question_leads_belongs_to_the_logic(call: Caller):
    form = leadership()
    first = elements(form, "BL")[0]["Payload"][2]["BlockElements"][0]
    first["SkipLogic"] = [{"SkipLogicID": 1, "Condition": "Selected", "SkipToDestination": "ENDOFBLOCK"}]
    survey = imported(call, packed(form))
    skip = f"Blocks/Block/BlockElements/Question[@QuestionID='{first['QuestionID']}']/SkipLogic"

    assert xml(call, survey).find(skip) is None
    assert xml(call, survey, ExportLogic=1).findtext(f"{skip}/element/SkipToDestination") == "ENDOFBLOCK"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_survey_that_was_made_here_is_written_too(engine: Engine, call: Caller, version: str):
    made = engine.survey("Feedback")

    root = xml(call, made, version, ExportLogic=1)

    questions = root.findall("Questions/Question")
    assert len(questions) == 14
    assert [questions[0].findtext(tag) for tag in ("Type", "Selector", "QuestionText")] == [
        "MC",
        "SAHR",
        "Explains decisions so that everybody understands them.",
    ]
    assert [one.findtext("Description") for one in questions[0].iterfind("Choices/Choice")] == [
        "Never",
        "Rarely",
        "Sometimes",
        "Often",
        "Always",
    ]
    assert questions[-1].findtext("Type") == "TE"
    block, step = root.find("Blocks/Block"), root.find("SurveyFlow/Block")
    assert block.get("ID") == step.get("ID")
    assert len(block.findall("BlockElements/Question")) == 14


def test_letters_that_xml_does_not_have_are_replaced(call: Caller):
    form = leadership()
    question(form, "QID13")["QuestionText"] = "Keep \x01 ]]> <b>doing</b> & more"

    root = xml(call, imported(call, packed(form)))

    text = root.findtext("Questions/Question[@QuestionID='QID13']/QuestionText")
    assert text == "Keep \ufffd ]]> <b>doing</b> & more"


def test_a_failure_comes_in_an_envelope(engine: Engine, call: Caller, survey: Survey):
    lena = engine.make_api_user("lena.novak", brand_admin=False)

    for which, user, code in (("SV_unknown000000000", None, 500), (survey.public_id, lena, 403)):
        answer = call("getSurvey", form="XML", user=user, SurveyID=which)
        root = ElementTree.fromstring(answer.content)
        assert (answer.status_code, root.tag, root.findtext("Meta/Status")) == (code, "XML", "Error")
