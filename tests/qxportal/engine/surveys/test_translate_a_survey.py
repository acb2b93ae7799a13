import json
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest

from qxportal.engine.models import Survey
from qxportal.engine.surveys.strip_html import strip_html
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import (
    LEADERSHIP,
    asked,
    drill_down,
    imported,
    leadership,
    packed,
    profile,
)
from tests.support.engine_fixture import Engine

SHEET = """ID,EN,IT,DE
SurveyName,Leadership feedback,Riscontro sulla leadership,Feedback zur Führung
QID6_QuestionText,How often …,Con quale frequenza ispira fiducia?,
QID6_Choice3,Treats everybody …,Tratta tutti con lo stesso rispetto,
QID6_Answer1,Almost never,Quasi mai,Beinahe nie
QID19#1_QuestionText,I get,Ricevo,Ich bekomme
QID19#1_Answer3,Plenty,Molto,Reichlich

"QID5_Choice4","Other, namely","Altro, cioè",
"""


@pytest.fixture
def survey(call: Caller) -> Survey:
    return imported(call, LEADERSHIP)


def translate(call: Caller, survey: Survey, file: str | bytes, **parameters: Any) -> Any:
    content = file.encode() if isinstance(file, str) else file
    answer = call.upload("importSurveyTranslations", content, SurveyID=survey.public_id, **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["Result"]


def refused(call: Caller, survey: Survey, file: str) -> str:
    answer = call.upload("importSurveyTranslations", file.encode(), SurveyID=survey.public_id)
    meta = answer.json()["Meta"]
    assert (answer.status_code, meta["QualtricsErrorCode"]) == (400, "ESRV35|FileContents"), answer.text
    return str(meta["ErrorMessage"])


@pytest.mark.parametrize("file", [SHEET, SHEET.encode("utf-8-sig"), SHEET.encode("utf-16")])
def test_a_table_has_a_row_for_each_text_and_a_column_for_each_language(
    engine: Engine, call: Caller, survey: Survey, file: str | bytes
):
    told = translate(call, survey, file)

    assert told == {"Success": True, "Count": 11, "Languages": ["DE", "FR", "IT"]}
    respect = asked(call, survey)["QID6_3"].translations
    assert respect["IT"] == {
        "text": "Tratta tutti con lo stesso rispetto",
        "choices": ["Quasi mai", "Seldom", "Sometimes", "Often", "Almost always"],
        "others": ["Cannot say"],
    }
    assert respect["DE"]["text"] == "Behandelt alle mit demselben Respekt"
    assert respect["DE"]["choices"][0] == "Beinahe nie"
    assert respect["FR"]["choices"][0] == "Presque jamais"
    questions = asked(call, survey)
    assert questions["QID5_4_TEXT"].translations["IT"]["text"].endswith("– Altro, cioè")
    assert questions["QID19#1_1"].translations["DE"]["choices"] == ["Too little", "Enough", "Reichlich"]
    assert call.result("getSurveyName", SurveyID=survey.public_id, Language="IT")["SurveyName"].startswith("Riscontro")


def headings(call: Caller, survey: Survey) -> list[tuple[str, Any]]:
    return call.engine.run(lambda: list(survey.competencies.values_list("name", "translations")))


def test_competencies_are_translated_with_the_question_whose_words_they_have(call: Caller, survey: Survey):
    before = dict(headings(call, survey))
    question = "How often does this person give direction?"
    translate(call, survey, "ID,IT\nQID2_QuestionText,Quanto spesso orienta?\nQID6_QuestionText,Ispira fiducia?\n")

    after = dict(headings(call, survey))

    assert before["Builds trust"].get("DE", {}).get("name") is None  # the name of a block has no translation
    assert before[question]["DE"]["name"] == asked_in_german(call, survey, "QID2")
    assert after[question] == {**before[question], "IT": {"name": "Quanto spesso orienta?"}}
    assert "name" not in after["Builds trust"].get("IT", {})


def asked_in_german(call: Caller, survey: Survey, id: str) -> str:
    said: dict[str, Any] = call.engine.run(lambda: survey.stems.get(public_id=id).translations)
    return strip_html(str(said["DE"]["QuestionText"]))


def test_what_is_said_of_a_competency_itself_comes_first(call: Caller, survey: Survey):
    translate(
        call,
        survey,
        "ID,IT\nCompetency1,Orientamento\nCompetency1_Description,Dà una direzione.\n"
        "QID2_QuestionText,Quanto spesso orienta?\nCompetency4,Fiducia\n",
    )
    file = {"FR": {"Competency4": "Confiance", "Competency4_Description": "On peut s’y fier."}}
    translate(call, survey, json.dumps(file))

    found = headings(call, survey)
    assert found[0][1]["IT"] == {"name": "Orientamento", "description": "Dà una direzione."}
    assert found[3][0] == "Builds trust"
    assert found[3][1]["IT"]["name"] == "Fiducia"
    assert found[3][1]["FR"] == {"name": "Confiance", "description": "On peut s’y fier."}


def test_the_texts_are_what_getsurvey_writes(call: Caller, survey: Survey):
    translate(call, survey, SHEET)

    answer = call("getSurvey", form="XML", SurveyID=survey.public_id, Language="IT")

    root, trust = ElementTree.fromstring(answer.content), "Questions/Question[@QuestionID='QID6']"
    assert root.findtext(f"{trust}/QuestionText") == "Con quale frequenza ispira fiducia?"
    assert root.findtext(f"{trust}/Answers/Answer[@ID='1']/Description") == "Quasi mai"
    assert root.findtext(f"{trust}/Choices/Choice[@ID='1']/Description") == "Keeps promises, large and small"


def test_json_in_the_words_of_qsf_is_taken_too(call: Caller, survey: Survey):
    file = {
        "IT": {
            "SurveyName": "Riscontro",
            "QID6": {"QuestionText": "Ispira fiducia?", "Choices": {"3": {"Display": "Rispetta tutti"}}},
            "QID8": {"Choices": {"1": "Ogni giorno"}},
            "QID19": {"AdditionalQuestions": {"1": {"Answers": {"3": {"Display": "Molto"}}}}},
        }
    }

    assert translate(call, survey, json.dumps(file))["Count"] == 5

    questions = asked(call, survey)
    assert questions["QID6_3"].translations["IT"]["text"] == "Rispetta tutti"
    assert questions["QID8"].translations["IT"]["choices"][0] == "Ogni giorno"
    assert questions["QID19#1_2"].translations["IT"]["choices"][2] == "Molto"


@pytest.mark.parametrize(
    "file",
    [
        "ID,ES\nQID15_Choice1,Ritmo\nQID15_Answer1_2,Constante\nQID15_Answer2_2,Poco\n",
        json.dumps(
            {
                "ES": {
                    "QID15": {
                        "Choices": {"1": {"Display": "Ritmo"}},
                        "Answers": {"1": {"2": {"Display": "Constante"}}, "2": {"2": "Poco"}},
                    }
                }
            }
        ),
    ],
    ids=["table", "JSON"],
)
def test_scales_of_a_profile_are_translated_by_statement(call: Caller, file: str):
    form = leadership()
    profile(form)
    survey = imported(call, packed(form))

    assert translate(call, survey, file)["Count"] == 3
    pace, care = (asked(call, survey)[f"QID15_{number}"].translations["ES"] for number in (1, 2))
    assert (pace["text"], pace["choices"]) == ("Ritmo", ["Slow", "Constante", "Fast"])
    assert care["choices"] == ["None", "Poco", "Some", "Much", "All"]
    for id in ("QID15_Answer1", "QID15_Answer1_4", "QID15_Answer3_1", "QID6_Answer1_1"):
        assert "the question has no such choice or answer" in refused(call, survey, f"ID,ES\n{id},Nada\n")


def test_answers_of_a_drill_down_are_translated(call: Caller):
    form = leadership()
    drill_down(form)
    survey = imported(call, packed(form))

    translate(call, survey, "ID,ES\nQID15_Choice1,País\nQID15_Answer2,Alemania\nQID15_Answer5,Baviera\n")

    country, region = (asked(call, survey)[f"QID15_{number}"].translations["ES"] for number in (1, 2))
    assert country["text"].endswith("País")
    assert (country["choices"][1], region["choices"][1]) == ("Alemania", "Baviera")


def test_a_survey_that_was_made_here_is_translated_by_numbers(engine: Engine, call: Caller):
    made = engine.survey("Feedback")

    translate(call, made, "ID\tDE\nQID1_QuestionText\tErklärt Entscheidungen.\nQID1_Choice5\tImmer\nQID14\tWas ändern?")

    questions = asked(call, made)
    assert questions["QID1"].translations == {
        "DE": {"text": "Erklärt Entscheidungen.", "choices": ["Never", "Rarely", "Sometimes", "Often", "Immer"]}
    }
    assert questions["QID14"].translations["DE"]["text"] == "Was ändern?"
    root = ElementTree.fromstring(call("getSurvey", form="XML", SurveyID=made.public_id, Language="DE").content)
    assert root.findtext("Questions/Question/QuestionText") == "Erklärt Entscheidungen."


def test_the_surveys_own_language_stays_as_it_is(call: Caller, survey: Survey):
    told = translate(call, survey, "ID,EN\nQID6_QuestionText,Something else\n")

    assert (told["Count"], told["Languages"]) == (0, ["DE", "FR"])
    answer = call("getSurvey", form="XML", SurveyID=survey.public_id)
    assert "Something else" not in answer.text


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("", "a column ID is expected first"),
        ("ID\n", "a column ID is expected first"),
        ("Question,DE\nQID1,x", "a column ID is expected first"),
        ("ID,German\nQID1,x", "Row 1: 'German' is no language code"),
        ("ID,DE,de\nQID1,x,y", "Row 1: a language has two columns"),
        ("ID,DE\nQID77_QuestionText,x", "Row 2, DE: the survey has no question 'QID77'"),
        ("ID,DE\n\nQID6_Choice9,x", "Row 3, DE: the question has no such choice or answer: 9"),
        ("ID,DE\nQID6_Choice,x", "Row 2: 'QID6_Choice' names no text"),
        ("ID,DE\nQID19#7_QuestionText,x", "Row 2, DE: the question has no column '7'"),
        ("ID,DE\nQID6_QuestionText,x,y", "Row 2: it has more cells"),
        ('ID,DE\nQID6_QuestionText,"x', "The file is no sound CSV"),
        (f"ID,DE\nSurveyName,{'x' * 201}", "Row 2, DE: a name has at most 200 characters"),
        ("ID,DE\nQID6_QuestionText,x\0", "characters that are no text"),
        ("{", "The file is no JSON"),
        ('{"DE": []}x', "The file is no JSON"),
        ('{"DE": {"QID6": {"Colour": "x"}}}', "DE QID6: 'Colour' is no text of a question"),
        ('{"DE": {"QID6": {"Choices": {"1": ["x"]}}}}', "DE QID6 Choices 1: a text is expected"),
        (json.dumps({f"X{chr(65 + n % 26)}-{n}": {"SurveyName": "x"} for n in range(51)}), "51 languages, at most 50"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_changes_nothing(
    engine: Engine, call: Caller, survey: Survey, file: str, words: str
):
    assert words in refused(call, survey, file or " ")

    now = engine.refreshed(survey)
    assert (now.names, now.languages) == ({}, ["DE", "FR"])


def test_somebody_elses_survey_needs_an_administrator_who_says_so(engine: Engine, call: Caller):
    tom, lena = (engine.make_api_user(name, brand_admin=False) for name in ("tom.rossi", "lena.novak"))
    survey = imported(call, LEADERSHIP, OwnerID=tom.user_id)
    given = {"SurveyID": survey.public_id, "FileContents": SHEET}

    assert call.refused("importSurveyTranslations", user=lena, **given, AsAdmin=1) == (403, "ESRV3")
    assert call.refused("importSurveyTranslations", **given) == (403, "ESRV3")
    call.result("importSurveyTranslations", **given, AsAdmin=1)
    call.result("importSurveyTranslations", user=tom, **given)
    nowhere = {"SurveyID": survey.public_id, "URL": "https://files.example/it.csv"}
    assert call.refused("importSurveyTranslations", user=tom, **nowhere) == (400, "ESRV35|URL")
