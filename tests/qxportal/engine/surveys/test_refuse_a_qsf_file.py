"""importSurvey: QSF files with mistakes are refused with their place, and nothing is fetched."""

from typing import Any

import pytest

from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import elements, leadership, packed, question, refusal


def test_an_address_is_not_fetched(call: Caller):
    answer = call("importSurvey", Name="Form", URL="https://files.example/form.qsf")

    assert answer.status_code == 400
    assert answer.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|URL"
    assert "send FileContents" in answer.json()["Meta"]["ErrorMessage"]


def _without(*path: str) -> Any:
    def change(form: dict[str, Any]) -> None:
        del question(form, path[0])[path[1]]

    return change


def _with(id: str, **values: Any) -> Any:
    def change(form: dict[str, Any]) -> None:
        question(form, id).update(values)

    return change


def _only_texts(form: dict[str, Any]) -> None:
    form["SurveyElements"] = [one for one in form["SurveyElements"] if one["PrimaryAttribute"] == "QID1"]


def _flow(form: dict[str, Any]) -> None:
    step: dict[str, Any] = {"Type": "Group"}
    for _ in range(21):
        step = {"Type": "Group", "Flow": [step]}
    elements(form, "FL")[0]["Payload"]["Flow"] = [step]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without("QID8", "QuestionType"), "(SQ) QID8: it has no QuestionType"),
        (_with("QID8", QuestionText=["no text"]), "(SQ) QID8 QuestionText: a text is expected"),
        (_with("QID8", Choices="Daily"), "QID8 Choices: a map is expected"),
        (_with("QID8", Choices={str(n): {"Display": "x"} for n in range(251)}), "QID8: 251 choices, at most 250"),
        (_with("QID8", Choices={"1 or 2": {"Display": "x"}}), "QID8: '1 or 2' is no id of a choice"),
        (_with("QID8", Language={"English": {"QuestionText": "x"}}), "'English' is no language code"),
        (_with("QID8", QuestionID="QID2"), "QID2: two questions have this id"),
        (_with("QID8", QuestionID="Q 8"), "'Q 8' is no QuestionID"),
        (_with("QID8", QuestionText="x" * 262_145), "QID8 QuestionText: the text has more than 262144 characters"),
        (_flow, "it is nested more than 20 deep"),
        (lambda form: form["SurveyEntry"].update(SurveyLanguage="Klingon"), "SurveyEntry SurveyLanguage: 'Klingon'"),
        (lambda form: form.update(SurveyElements=[]), "it has no question"),
        (lambda form: form.update(SurveyElements="all"), "SurveyElements: a list is expected"),
        (lambda form: form.pop("SurveyElements"), "The file is no QSF"),
        (lambda form: elements(form, "QO")[0]["Payload"].update(Occurrences="many"), "a whole number is expected"),
        (lambda form: elements(form, "BL")[0]["Payload"][0].pop("ID"), "Block 1: it has no ID"),
        (
            lambda form: elements(form, "BL")[0]["Payload"][0]["BlockElements"].append(
                {"Type": "Question", "QuestionID": "QID2"}
            ),
            "the question QID2 stands in it and in a block before",
        ),
        (_only_texts, "it has no question that can be answered"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_leaves_nothing(call: Caller, change: Any, words: str):
    form = leadership()
    change(form)

    assert words in refusal(call, packed(form))
