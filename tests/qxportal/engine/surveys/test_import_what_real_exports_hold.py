"""Files as the vendor exports them: words in the place of maps, carried choices, loops, and what was not understood."""

import csv
import io
import json
from typing import Any

import pytest

from qxportal.engine.models import Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import (
    LEADERSHIP,
    asked,
    elements,
    imported,
    leadership,
    packed,
    question,
    refusal,
)
from tests.support.case_files import case
from tests.support.engine_fixture import Engine

NOTHINGS: list[Any] = ["None", "", [], None, {}, False, "null"]
OF_A_QUESTION = ("Validation", "RecodeValues", "AnalyzeChoices", "ChoiceDataExportTags", "Configuration", "Language")


def warnings(call: Caller, file: bytes) -> list[tuple[str, str]]:
    """What the import says that it did not understand."""
    answer = call.upload("importSurvey", file, Name="Form")
    assert answer.status_code == 200, answer.text
    return [(one["Where"], one["What"]) for one in answer.json()["Result"].get("Warnings", [])]


def written(call: Caller, survey: Survey, version: str = "2.5") -> str:
    answer = call("getSurvey", form="XML", version=version, SurveyID=survey.public_id, ExportLogic=1)
    assert answer.status_code == 200, answer.text
    return answer.text


def heads(call: Caller, survey: Survey) -> list[str]:
    """The columns of its responses."""
    answer = call("getLegacyResponseData", form="CSV", SurveyID=survey.public_id, ExportTags=1)
    assert answer.status_code == 200, answer.text
    return next(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_a_timer_whose_validation_is_the_word_none_is_taken(call: Caller):
    survey = imported(call, case("surveys/timing_validation_none.qsf"))

    assert list(asked(call, survey)) == ["QID2"]
    for version in ("2.0", "2.2", "2.5"):
        assert "PageTimer" in written(call, survey, version)


@pytest.mark.parametrize("key", OF_A_QUESTION)
def test_any_of_the_words_for_nothing_stands_for_an_empty_map(call: Caller, key: str):
    form = leadership()
    for id, nothing in zip(("QID2", "QID8", "QID9", "QID10", "QID13", "QID15", "QID16"), NOTHINGS, strict=True):
        question(form, id)[key] = nothing

    assert warnings(call, packed(form)) == []


def test_what_is_not_essential_and_cannot_be_read_is_left_out_with_a_word(call: Caller):
    form = leadership()
    question(form, "QID8")["Validation"] = "later"
    question(form, "QID9")["Validation"] = {"Settings": 7}
    question(form, "QID19")["AdditionalQuestions"]["1"]["RecodeValues"] = "many"

    assert warnings(call, packed(form)) == [
        ("QID8 Validation", "'later' is no map and was left out."),
        ("QID9 Validation Settings", "7 is no map and was left out."),
        ("QID19#1 RecodeValues", "'many' is no map and was left out."),
    ]


def test_a_refusal_names_the_question_the_key_and_what_stands_there(call: Caller):
    form = leadership()
    question(form, "QID8")["Choices"] = "Daily"

    assert "QID8 Choices: a map is expected, not 'Daily'." in refusal(call, packed(form))


def test_a_survey_that_is_understood_has_no_warnings(call: Caller):
    answer = call.upload("importSurvey", LEADERSHIP, Name="Form")

    assert list(answer.json()["Result"]) == ["SurveyID"]


def test_what_has_no_effect_here_is_listed(call: Caller):
    form = leadership()
    form["SurveyElements"].append({"Element": "XY", "PrimaryAttribute": "?", "Payload": {}})
    form["SurveyElements"].append({"Element": "SCO", "Payload": {"ScoringCategories": [{"ID": "SC_1", "Name": "All"}]}})
    question(form, "QID15")["QuestionType"] = "Hologram"
    flow = elements(form, "FL")[0]["Payload"]["Flow"]
    flow.append({"Type": "WebService", "FlowID": "FL_90"})
    flow.append({"Type": "Block", "ID": "BL_missing", "FlowID": "FL_91"})

    told = dict(warnings(call, packed(form)))

    number = len(form["SurveyElements"])
    assert told == {
        f"Element {number - 1} (XY)": "this kind is not known here and was left out.",
        f"Element {number} (SCO)": "scores are not computed here: scoring was left out.",
        "QID15": "questions of the type Hologram are kept and shown, but cannot be answered.",
        "Survey flow FL_90": "a step of the type WebService is kept and shown, but does nothing here.",
        "Survey flow FL_91": "the file has no block BL_missing.",
    }


def carrying(**more: Any) -> dict[str, Any]:
    """A form whose second question has the choices that were selected in the first, and one of its own."""
    form = json.loads(case("surveys/plain_q1.qsf"))
    (first,) = elements(form, "SQ")
    first["Payload"]["RecodeValues"] = {"1": "10", "2": "20"}
    first["Payload"]["Language"] = {"DE": {"Choices": {"1": {"Display": "Niedrig"}}}}
    payload = {
        "QuestionID": "QID2",
        "QuestionText": "Of these, which one?",
        "DataExportTag": "Q2",
        "QuestionType": "MC",
        "Selector": "SAVR",
        "Choices": [],
        "ChoiceOrder": [],
        "DynamicChoices": {"DynamicType": "ChoiceGroup", "Locator": "q://QID1/ChoiceGroup/SelectedChoices"},
        "DynamicChoicesData": [],
    }
    form["SurveyElements"].append({"Element": "SQ", "PrimaryAttribute": "QID2", "Payload": {**payload, **more}})
    blocks = elements(form, "BL")[0]["Payload"]
    blocks[0]["BlockElements"].append({"Type": "Question", "QuestionID": "QID2"})
    return dict(form)


def test_carried_choices_are_those_of_their_source(call: Caller):
    own = {"Choices": {"4": {"Display": "None of them"}}, "ChoiceOrder": ["4"]}
    survey = imported(call, packed(carrying(**own)))

    one = asked(call, survey)["QID2"]

    assert (one.choices, one.recodes) == (["Low", "High", "None of them"], ["10", "20", "4"])
    assert one.translations["DE"]["choices"][0] == "Niedrig"
    xml = written(call, survey)
    assert '<Choice ID="x1" Recode="10"><Description>Low</Description>' in xml
    assert "q://QID1/ChoiceGroup/SelectedChoices" in xml
    for version in ("2.0", "2.2"):
        assert "None of them" in written(call, survey, version)


def test_carried_choices_with_the_recodes_of_own_ones_are_counted_on(call: Caller):
    own = {"Choices": {"1": {"Display": "Neither"}, "10": {"Display": "Both"}}, "ChoiceOrder": ["1", "10"]}

    one = asked(call, imported(call, packed(carrying(**own))))["QID2"]

    assert list(zip(one.choices, one.recodes, strict=True)) == [
        ("Low", "11"),
        ("High", "12"),
        ("Neither", "1"),
        ("Both", "10"),
    ]


def test_several_carried_choices_have_a_column_each(call: Caller):
    survey = imported(call, packed(carrying(Selector="MAVR")))

    assert heads(call, survey)[-4:-1] == ["Q1", "Q2_x1", "Q2_x2"]


def test_a_carried_choice_can_be_carried_on(call: Caller):
    form = carrying()
    further = {**question(form, "QID2"), "QuestionID": "QID3", "DataExportTag": "Q3", "Selector": "MAVR"}
    further["DynamicChoices"] = {"Locator": "q://QID2/ChoiceGroup/AllChoices"}
    form["SurveyElements"].append({"Element": "SQ", "PrimaryAttribute": "QID3", "Payload": further})
    elements(form, "BL")[0]["Payload"][0]["BlockElements"].append({"Type": "Question", "QuestionID": "QID3"})

    assert list(asked(call, imported(call, packed(form))))[-2:] == ["QID3_xx1", "QID3_xx2"]


@pytest.mark.parametrize(
    "locator", ["q://QID9/ChoiceGroup/SelectedChoices", "q://QID2/ChoiceGroup/AllChoices", "e://x"]
)
def test_choices_that_cannot_be_found_are_told_and_leave_no_column(call: Caller, locator: str):
    form = carrying(DynamicChoices={"Locator": locator})

    told = dict(warnings(call, packed(form)))

    assert "only the question's own" in told["QID2 DynamicChoices"]
    assert told["QID2"] == "it has no choices: it is shown, but cannot be answered."
    assert list(asked(call, imported(call, packed(form)))) == ["QID1"]


def test_an_export_of_carried_choices_is_taken_back(engine: Engine, call: Caller):
    survey = imported(call, packed(carrying()), Activate="1")
    for round in (1, 2):
        made = engine.assessment(f"Leaders {round}", survey=survey, options={"SelfEvaluation": False})
        if round == 1:
            sub, _ev = (engine.person(name, "One", email=f"{name}@t.example") for name in ("sub", "ev"))
            file = b"SubjectEmail,EvaluatorEmail,Relationship,Q1,Q2\nsub@t.example,ev@t.example,Peer,20,High\n"
        engine.subject(made, sub)
        answer = call.upload("importResponses", file, ThreeSixtyID=made.public_id)
        assert answer.status_code == 200, answer.text
        file = call(
            "getEvaluationStatus", form="CSV", ThreeSixtyID=made.public_id, IncludeEvaluationResponses=1
        ).content
        assert file.decode().splitlines()[1].endswith("20,20")


def test_a_loop_has_a_column_for_each_turn(call: Caller):
    survey = imported(call, case("surveys/loop_merge.qsf"))

    questions = asked(call, survey)

    assert {id: (one.tag, one.text) for id, one in questions.items()} == {
        "1_QID1": ("1_Q1", "Rate (Alpha)"),
        "2_QID1": ("2_Q1", "Rate (Beta)"),
    }
    assert heads(call, survey)[-3:-1] == ["1_Q1", "2_Q1"]
    xml = written(call, survey)
    assert '<Looping><Turn ID="1"><Field ID="1">Alpha</Field></Turn><Turn ID="2">' in xml
    assert "<Looping>" not in call("getSurvey", form="XML", SurveyID=survey.public_id).text


def test_the_words_of_a_turn_are_put_where_the_author_left_a_place(call: Caller):
    form = json.loads(case("surveys/loop_merge.qsf"))
    question(form, "QID1").update(QuestionText="How is ${lm://Field/1}?", DataExportTag="Fit")

    texts = [one.text for one in asked(call, imported(call, packed(form))).values()]

    assert texts == ["How is Alpha?", "How is Beta?"]


def test_a_loop_over_the_choices_of_a_question_has_a_turn_for_each(call: Caller):
    form = carrying()
    second = elements(form, "BL")[0]["Payload"][0]
    second["BlockElements"] = second["BlockElements"][1:]
    second.update(
        ID="BL_2",
        Options={
            "Looping": "Question",
            "LoopingOptions": {"QID": "QID1", "ChoiceGroupLocator": "q://QID1/ChoiceGroup/SelectedChoices"},
        },
    )
    first = {"Type": "Default", "ID": "BL_1", "BlockElements": [{"Type": "Question", "QuestionID": "QID1"}]}
    elements(form, "BL")[0]["Payload"] = [first, second]

    assert list(asked(call, imported(call, packed(form)))) == ["QID1", "1_QID2", "2_QID2"]


def test_a_loop_that_counts_an_answer_is_told(call: Caller):
    form = json.loads(case("surveys/loop_merge.qsf"))
    options = {"Looping": "Question", "LoopingOptions": {"Locator": "q://QID7/ChoiceNumericEntryValue"}}
    elements(form, "BL")[0]["Payload"][0]["Options"] = options

    assert warnings(call, packed(form)) == [
        ("Block BL_1 Looping", "how often it is repeated hangs on an answer: its questions are asked once.")
    ]


def test_a_field_that_is_set_twice_has_the_value_that_every_form_meets_last(engine: Engine, call: Caller):
    form = leadership()
    flow = elements(form, "FL")[0]["Payload"]["Flow"]
    again = {"Type": "EmbeddedData", "FlowID": "FL_80", "EmbeddedData": [{"Field": "Round", "Value": "Autumn"}]}
    some = {"Type": "EmbeddedData", "FlowID": "FL_81", "EmbeddedData": [{"Field": "Round", "Value": "Never"}]}
    flow += [again, {"Type": "Branch", "FlowID": "FL_82", "Flow": [some]}]

    survey = imported(call, packed(form))

    assert survey.embedded_data[0]["Value"] == "Autumn"
    assert [where for where, _ in warnings(call, packed(form))] == [
        "Survey flow FL_80 Round",
        "Survey flow FL_81 Round",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_files_in_any_unicode_encoding_are_taken(call: Caller, encoding: str):
    text = json.dumps(leadership(), ensure_ascii=False)

    assert len(asked(call, imported(call, text.encode(encoding)))) > 20


def test_other_encodings_are_named(call: Caller):
    file = json.dumps({"SurveyElements": "Zürich"}, ensure_ascii=False).encode("cp1252")

    assert "The file is not UTF-8 text, nor UTF-16. Save it as UTF-8." in refusal(call, file)


def test_a_drill_down_may_have_thousands_of_answers(call: Caller):
    form = leadership()
    listed = {str(number): {"Display": f"Place {number}"} for number in range(1, 3_001)}
    question(form, "QID15").update(
        QuestionType="DD",
        Selector="DL",
        Choices={"1": {"Display": "Country"}, "2": {"Display": "City"}},
        Answers=listed,
    )
    question(form, "QID8").update(Selector="DL", Choices=listed, ChoiceOrder=[], RecodeValues=[])

    survey = imported(call, packed(form))

    assert {"QID15_1", "QID15_2"} <= set(asked(call, survey))
    assert len(asked(call, survey)["QID8"].choices) == 3_000
    assert "Place 3000" in written(call, survey)


def test_a_field_that_each_branch_sets_to_something_else_has_no_value(call: Caller):
    form = leadership()
    sets = [
        {"Type": "EmbeddedData", "FlowID": f"FL_8{n}", "EmbeddedData": [{"Field": "Order", "Value": word}]}
        for n, word in enumerate(("first", "second", "third"))
    ]
    elements(form, "FL")[0]["Payload"]["Flow"].append({"Type": "BlockRandomizer", "FlowID": "FL_80", "Flow": sets})

    survey = imported(call, packed(form))

    assert {field["Field"]: field["Value"] for field in survey.embedded_data}["Order"] == ""


def test_rows_of_fields_that_were_left_empty_are_none(call: Caller):
    form = leadership()
    flow = elements(form, "FL")[0]["Payload"]["Flow"]
    rows = [
        {"Description": "", "Type": "Custom", "Field": "", "Value": ""},
        {"Field": "", "Value": "lost"},
        {"Field": "Pilot", "Value": True},
        {"Field": "Odd", "Value": ["a"]},
    ]
    flow.append({"Type": "EmbeddedData", "FlowID": "FL_85", "EmbeddedData": rows})

    survey = imported(call, packed(form))

    assert {one["Field"]: one["Value"] for one in survey.embedded_data[-2:]} == {"Pilot": "true", "Odd": ""}
    assert warnings(call, packed(form)) == [
        ("Survey flow FL_85", "a field has no name and was left out."),
        ("Survey flow FL_85 Odd", "its value is no text and was left out."),
    ]


@pytest.mark.parametrize("number", [None, "", " "])
def test_a_quota_without_a_number_is_left_out_with_a_word(call: Caller, number: str | None):
    form = leadership()
    quotas = elements(form, "QO")
    quotas[0]["Payload"]["Occurrences"] = number

    told = warnings(call, packed(form))

    assert [what for _, what in told] == ["the quota has no number and was left out."]
    survey = imported(call, packed(form))
    assert len(call.result("getQuotas", SurveyID=survey.public_id)["Quotas"]) == len(quotas) - 1


def test_a_loop_over_choices_that_are_a_list_has_its_turns(call: Caller):
    form = carrying(QuestionText="${lm://CurrentLoopNumber} of ${lm://TotalLoops}: ${lm://Field/1}?")
    question(form, "QID1").update(Choices=[{"Display": "Low"}, {"Display": "High"}], ChoiceOrder=[0, 1])
    second = elements(form, "BL")[0]["Payload"][0]
    second["BlockElements"] = second["BlockElements"][1:]
    locator = "q://QID1/ChoiceGroup/SelectedChoices"
    second.update(ID="BL_2", Options={"Looping": "Question", "LoopingOptions": {"ChoiceGroupLocator": locator}})
    first = {"Type": "Default", "ID": "BL_1", "BlockElements": [{"Type": "Question", "QuestionID": "QID1"}]}
    elements(form, "BL")[0]["Payload"] = [first, second]

    texts = {id: one.text for id, one in asked(call, imported(call, packed(form))).items()}

    assert texts | {"QID1": ""} == {"QID1": "", "0_QID2": "1 of 2: Low?", "1_QID2": "2 of 2: High?"}
