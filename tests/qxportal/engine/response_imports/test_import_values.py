"""importResponses: numbers, choices, statements and times as spreadsheets and exports write them."""

from typing import Any

import pytest

from qxportal.engine.models import Evaluation, Question, Stem, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.response_imports.conftest import PAIR, S0001, Load, sheet
from tests.support.engine_fixture import Engine


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_responses_come_in_the_encodings_of_spreadsheets(load: Load, said: Any, encoding: str, separator: str):
    text = sheet((*PAIR, "Q1"), (*S0001, "2")).decode().replace(",", separator)

    assert load(text.encode(encoding))["Count"] == 1
    assert said() == [("QID1", 2, "")]


def test_values_of_data_frames_and_addresses_as_pasted_are_understood(load: Load, said: Any):
    head = ("SubjectEmail", "EvaluatorEmail", "Relationship", "StartDate", "Q1")
    line = ("mailto:sub1@t.example", "Ev One <EV1@T.example>", "peer", "2026-05-04T09:12:11.5Z", "2.0")

    assert load(sheet(head, line))["Count"] == 1
    assert said() == [("QID1", 2, "")]


def _with_numbers(survey: Survey) -> None:
    for number, (kind, digits) in enumerate((("Slider", "2"), ("Slider", "0"), ("CS", "")), start=50):
        payload = {"Configuration": {"NumDecimals": digits}}
        stem = Stem.objects.create(survey=survey, public_id=f"QID{number}", position=number, type=kind, payload=payload)
        Question.objects.create(
            survey=survey,
            stem=stem,
            public_id=f"QID{number}",
            tag=f"n{number}",
            position=number,
            kind="Number",
            text="N",
        )


def test_decimals_are_kept_where_the_question_has_some(
    engine: Engine, call: Caller, load: Load, said: Any, survey: Survey
):
    engine.run(_with_numbers, survey)

    assert load(sheet((*PAIR, "QID50", "QID51", "QID52"), (*S0001, "3.25", "7.0", "33,5")))["Count"] == 1
    assert said() == [("QID50", 3, "3.25"), ("QID51", 7, ""), ("QID52", 34, "33.5")]
    (told,) = call("getLegacyResponseData", SurveyID=survey.public_id).json().values()
    assert (told["n50"], told["n51"], told["n52"]) == (3.25, 7, 33.5)
    refusal = load(sheet((*PAIR, "QID51"), (*S0001, "7.5")))
    assert "QID51: '7.5' is no whole number, and this question has no decimals." in refusal


def _with_boxes(survey: Survey) -> None:
    payload = {"RecodeValues": {"1": "1", "2": "5", "4": "7"}}
    stem = Stem.objects.create(
        survey=survey, public_id="QID60", tag="boxes", position=60, type="MC", selector="MAVR", payload=payload
    )
    for part, label in (("1", "Audits"), ("2", "Plans, and more"), ("4", "Plans")):
        Question.objects.create(
            survey=survey,
            stem=stem,
            part=part,
            public_id=f"QID60_{part}",
            tag=f"boxes_{part}",
            position=60,
            kind="Mark",
            text=label,
            choices=[label],
        )


@pytest.mark.parametrize("title", ["boxes", "QID60"])
@pytest.mark.parametrize(
    ("cell", "ticked"),
    [("1,5", "12"), ("7", "4"), ("Audits,Plans, and more", "12"), ("Plans,Audits", "14"), ("plans, AND more", "2")],
)
def test_one_column_may_have_all_that_was_ticked(
    engine: Engine, load: Load, said: Any, survey: Survey, title: str, cell: str, ticked: str
):
    engine.run(_with_boxes, survey)

    assert load(sheet((*PAIR, title), (*S0001, cell)))["Count"] == 1
    assert said() == [(f"QID60_{part}", 1, "") for part in ticked]


def test_a_choice_that_is_none_refuses_the_cell(engine: Engine, load: Load, survey: Survey):
    engine.run(_with_boxes, survey)
    for cell in ("1,2", "Audits,Pla", "1;5"):
        assert f"QID60_1: {cell!r} is none of 1, 5, 7, nor labels of theirs." in load(
            sheet((*PAIR, "boxes"), (*S0001, cell))
        )


def _with_a_matrix(survey: Survey) -> None:
    payload = {"RecodeValues": {"1": "1", "2": "5"}}
    boxes = Stem.objects.create(
        survey=survey, public_id="QID80", tag="grid", position=80, type="Matrix", selector="Likert", payload=payload
    )
    for part, label in (("1_1", "Often"), ("1_2", "Seldom"), ("2_1", "Often"), ("2_2", "Seldom")):
        Question.objects.create(
            survey=survey,
            stem=boxes,
            part=part,
            public_id=f"QID80_{part}",
            tag=f"grid_{part}",
            position=80,
            kind="Mark",
            text=label,
            choices=[label],
        )
    Question.objects.create(
        survey=survey, public_id="QID81_1_1", tag="cell_1_1_TEXT", position=81, kind="Text", text="Cell"
    )


@pytest.mark.parametrize("titles", [("grid_1", "grid_2", "cell_1_1"), ("QID80_1", "QID80_2", "QID81_1_1_TEXT")])
@pytest.mark.parametrize("cells", [("1,5", "5"), ("Often,Seldom", "seldom")])
def test_a_statement_may_have_all_that_was_ticked(
    engine: Engine, load: Load, said: Any, survey: Survey, titles: tuple[str, ...], cells: tuple[str, str]
):
    engine.run(_with_a_matrix, survey)

    assert load(sheet((*PAIR, *titles), (*S0001, *cells, "why")))["Count"] == 1
    assert said() == [
        ("QID80_1_1", 1, ""),
        ("QID80_1_2", 1, ""),
        ("QID80_2_2", 1, ""),
        ("QID81_1_1", None, "why"),
    ]


@pytest.mark.parametrize("cell", ["1,000", "-12,345"])
def test_a_number_with_two_meanings_is_refused(engine: Engine, load: Load, survey: Survey, cell: str):
    engine.run(_with_numbers, survey)
    for question in ("QID50", "QID51", "QID52"):
        assert "can be read in two ways" in load(sheet((*PAIR, question), (*S0001, cell)))


@pytest.mark.parametrize("cell", ["0,125", "12,5", "1000", "1.000"])
def test_a_number_with_one_meaning_is_taken(engine: Engine, load: Load, survey: Survey, cell: str):
    engine.run(_with_numbers, survey)
    assert load(sheet((*PAIR, "QID50"), (*S0001, cell)))["Count"] == 1


@pytest.mark.parametrize("day", ["2026/5/4", "2026-5-4", "2026.05.04", "2026-05-04"])
@pytest.mark.parametrize("hour", ["9:12", "09:12:00"])
def test_times_that_begin_with_the_year_are_understood(engine: Engine, load: Load, day: str, hour: str):
    assert load(sheet((*PAIR, "EndDate", "Q1"), (*S0001, f"{day} {hour}", "2")))["Count"] == 1
    form = engine.run(lambda: Evaluation.objects.get(imported=True))
    assert f"{form.finished_at:%Y-%m-%d %H:%M}" == "2026-05-04 09:12"


@pytest.mark.parametrize("day", ["5/4/2026 9:12", "04.05.2026 09:12", "2026/13/4", "2026/5/4 25:00"])
def test_other_times_are_refused(load: Load, day: str):
    assert "is no time" in load(sheet((*PAIR, "EndDate", "Q1"), (*S0001, day, "2")))
