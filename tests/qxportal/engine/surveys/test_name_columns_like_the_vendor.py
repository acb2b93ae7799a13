"""What the columns of a survey's responses are called, as the vendor's own exports of such surveys name them."""

import csv
import io
import json
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest

from qxportal.engine.models import Answer, Survey
from qxportal.threesixty.records.responses import responses_from_map, responses_from_table, responses_from_xml
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import elements, imported, packed, question
from tests.support.case_files import case
from tests.support.engine_fixture import Engine

TWO = {"1": {"Display": "Listens"}, "2": {"Display": "Plans"}}
LISTED = {"Choices": TWO, "ChoiceOrder": ["1", "2"]}
SCALED = {**LISTED, "Answers": {"1": {"Display": "No"}, "2": {"Display": "Yes"}}, "AnswerOrder": ["1", "2"]}
OTHER = {"1": {"Display": "Mail"}, "2": {"Display": "Other", "TextEntry": "true"}, "3": {"Display": "None"}}
TAGGED = {"ChoiceDataExportTags": {"1": "lead", "2": "plan-ahead"}}
LIKERT = {"QuestionType": "Matrix", "Selector": "Likert", **SCALED}


def asking(*payloads: dict[str, Any]) -> bytes:
    """A form of these questions: Q1, Q2, ..."""
    form = json.loads(case("surveys/plain_q1.qsf"))
    plain = question(form, "QID1")
    form["SurveyElements"] = elements(form, "BL")
    blocks = form["SurveyElements"][0]["Payload"]
    blocks[0]["BlockElements"] = []
    for number, payload in enumerate(payloads, start=1):
        id, rest = f"QID{number}", {key: value for key, value in plain.items() if not key.startswith("Choice")}
        whole = {**rest, "QuestionID": id, "DataExportTag": f"Q{number}", **payload}
        form["SurveyElements"].append({"Element": "SQ", "PrimaryAttribute": id, "Payload": whole})
        blocks[0]["BlockElements"].append({"Type": "Question", "QuestionID": id})
    return packed(form)


def heads(call: Caller, survey: Survey) -> list[str]:
    """The columns of the questions in a table."""
    answer = call("getLegacyResponseData", form="CSV", SurveyID=survey.public_id, ExportTags=1)
    names = next(csv.reader(io.StringIO(answer.text)))
    return names[names.index("Unsolicited") + 1 : -1]


@pytest.mark.parametrize(
    ("payload", "columns"),
    [
        ({"QuestionType": "TE", "Selector": "SL"}, "Q1"),
        ({"QuestionType": "MC", "Selector": "SAVR", **LISTED}, "Q1"),
        ({"QuestionType": "MC", "Selector": "SAVR", "Choices": OTHER}, "Q1 Q1_TEXT"),
        ({"QuestionType": "MC", "Selector": "MAVR", "Choices": OTHER}, "Q1_1 Q1_2 Q1_2_TEXT Q1_3"),
        (LIKERT, "Q1_1 Q1_2"),
        ({**LIKERT, **TAGGED}, "lead plan_ahead"),
        ({**LIKERT, "SubSelector": "MultipleAnswer"}, "Q1_1_1 Q1_1_2 Q1_2_1 Q1_2_2"),
        ({**LIKERT, **TAGGED, "SubSelector": "MultipleAnswer"}, "lead_1 lead_2 plan_ahead_1 plan_ahead_2"),
        ({**LIKERT, "Choices": OTHER}, "Q1_1 Q1_2 Q1_2_TEXT Q1_3"),
        (
            {**LIKERT, "Choices": OTHER, "ChoiceDataExportTags": {"1": "a", "2": "b", "3": "c"}},
            "a b Q1b_TEXT c",
        ),
        ({**LIKERT, "Selector": "TE"}, "Q1_1_1_TEXT Q1_1_2_TEXT Q1_2_1_TEXT Q1_2_2_TEXT"),
        (
            {
                "QuestionType": "SBS",
                "Selector": "SBSMatrix",
                **LISTED,
                "AdditionalQuestions": {"1": LIKERT, "2": {**LIKERT, "Selector": "TE"}},
            },
            "Q1#1_1 Q1#1_2 Q1#2_1_1_TEXT Q1#2_1_2_TEXT Q1#2_2_1_TEXT Q1#2_2_2_TEXT",
        ),
        (
            {
                "QuestionType": "SBS",
                "Selector": "SBSMatrix",
                **LISTED,
                **TAGGED,
                "AdditionalQuestions": {
                    "1": {**LIKERT, **TAGGED, "AnswerDataExportTag": "7"},
                    "2": {**LIKERT, **TAGGED, "AnswerDataExportTag": 8, "Selector": "TE"},
                },
            },
            "lead: 7|plan_ahead: 7|lead: 8_1_TEXT|lead: 8_2_TEXT|plan_ahead: 8_1_TEXT|plan_ahead: 8_2_TEXT",
        ),
    ],
)
def test_columns_have_the_names_of_the_vendors_exports(call: Caller, payload: dict[str, Any], columns: str):
    assert heads(call, imported(call, asking(payload))) == columns.split("|" if "|" in columns else " ")


def test_tags_that_repeat_stand_as_they_are_in_tables_and_are_told_apart_by_place_elsewhere(
    engine: Engine, call: Caller
):
    survey = imported(call, asking({**LIKERT, **TAGGED}, {**LIKERT, **TAGGED}), Activate="1")
    assert heads(call, survey) == ["lead", "plan_ahead", "lead", "plan_ahead"]
    made = engine.assessment("Leaders", survey=survey, options={"SelfEvaluation": False})
    mara, other = engine.people(2)
    form = engine.evaluation(engine.subject(made, mara), other, "Peer", "Completed")

    def answer() -> None:
        form.answers.all().delete()
        for value, row in zip((1, 2, 2, 1), survey.questions.order_by("position"), strict=True):
            Answer.objects.create(evaluation=form, question=row, value=value)

    engine.run(answer)
    expected = {"lead": "1", "plan_ahead": "2", "lead_2": "2", "plan_ahead_2": "1"}

    for kind in ("JSON", "CSV", "XML"):
        answered = call("getLegacyResponseData", form=kind, SurveyID=survey.public_id, ExportTags=1)
        (record,) = read(kind, answered)
        assert {name: record.values[name] for name in expected} == expected


def read(kind: str, answered: Any) -> Any:
    """The records of an answer, as the client reads them."""
    if kind == "JSON":
        return responses_from_map(answered.json())
    if kind == "CSV":
        return responses_from_table(list(csv.reader(io.StringIO(answered.text))))
    return responses_from_xml(ElementTree.fromstring(answered.content, forbid_dtd=True))


def test_the_client_keeps_every_value_of_a_table_whose_tags_repeat():
    head = ["V1", "V2", "lead", "lead", "lead_2", "lead", ""]
    labels = ["ResponseID", "Name", "Leads", "Leads", "Other", "Leads", ""]

    (record,) = responses_from_table([head, labels, ["R_1", "Ada", "1", "2", "3", "4", ""]])

    assert dict(record.values) == {"lead": "1", "lead_3": "2", "lead_2": "3", "lead_4": "4"}
