"""importResponses and the exports: the lists of a drill-down, and statements with scales of their own."""

from typing import Any

import pytest

from qxportal.engine.models import Answer, Question, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.response_imports.conftest import PAIR, S0001, Load, sheet
from tests.qxportal.engine.surveys.survey_files import drill_down, imported, leadership, packed, profile
from tests.support.engine_fixture import Engine

LISTS = ("place_1", "place_2", "place_3")


@pytest.fixture
def form(call: Caller) -> Survey:
    leaders = leadership()
    drill_down(leaders)
    profile(leaders, "QID16")
    return imported(call, packed(leaders), Activate="1")


def chosen(engine: Engine, form: Survey) -> list[int | None]:
    def find() -> list[int | None]:
        lists = Question.objects.filter(survey=form, stem__public_id="QID15")
        answers = Answer.objects.order_by("-evaluation_id")
        return [answers.filter(question=one).values_list("value", flat=True).first() for one in lists]

    return engine.run(find)


@pytest.mark.parametrize(
    ("titles", "cells", "values"),
    [
        (LISTS, ("2", "6", "9"), [2, 3, 3]),
        (LISTS, ("Germany", "Saxony", "Neustadt"), [2, 3, 3]),
        (LISTS, ("Germany", "bavaria", "NEUSTADT"), [2, 2, 1]),
        (LISTS, ("2.0", "5.0", "8.0"), [2, 2, 2]),
        (LISTS, ("Germany", "Germany ~ Bavaria", "Germany ~ Bavaria ~ Munich"), [2, 2, 2]),
        (("QID15_3",), ("Innsbruck",), [1, 1, 4]),
        (("QID15_3", "QID15_1"), ("Munich", "Germany"), [2, 2, 2]),
        (LISTS, ("Singapore", "", ""), [3, None, None]),
        (LISTS, ("Singapore", "-99", "-99"), [3, None, None]),
        (LISTS, ("", "", ""), [None, None, None]),
        (LISTS, ("", "Tyrol", ""), [1, 1, None]),
    ],
)
def test_lists_are_read_together(
    engine: Engine, load: Load, form: Survey, titles: tuple[str, ...], cells: tuple[str, ...], values: list[Any]
):
    assert load(sheet((*PAIR, *titles, "QID16_1"), (*S0001, *cells, "2")), form)["Count"] == 1
    assert chosen(engine, form) == values


@pytest.mark.parametrize(
    ("titles", "cells", "words"),
    [
        (LISTS, ("Austria", "Bavaria", ""), "QID15: 'Bavaria' does not belong to the answers in the lists before it."),
        (LISTS, ("2", "4", "10"), "QID15: '10' does not belong to the answers in the lists before it."),
        (
            LISTS,
            ("Germany", "", "Neustadt"),
            "QID15: 'Neustadt' may mean several answers: fill in the lists before it.",
        ),
        (LISTS, ("France", "", ""), "QID15: 'France' is no answer of this list."),
        (LISTS, ("Munich", "", ""), "QID15: 'Munich' is no answer of this list."),
        (("QID16_1",), ("4",), "QID16_1: '4' is none of 1, 2, 3, nor a label."),
    ],
)
def test_answers_that_do_not_belong_together_are_refused(
    engine: Engine, load: Load, form: Survey, titles: tuple[str, ...], cells: tuple[str, ...], words: str
):
    refused = load(sheet((*PAIR, *titles), (*S0001, *cells)), form)

    assert words in refused
    assert engine.run(Answer.objects.count) == 0


@pytest.mark.parametrize("layout", ["CSV", "JSON", "XML", "HTML"])
@pytest.mark.parametrize("switches", [{}, {"ExportTags": "1", "Labels": "1"}], ids=["recodes", "labels"])
def test_exports_give_a_column_for_each_list_and_are_read_back(
    engine: Engine, call: Caller, load: Load, form: Survey, layout: str, switches: dict[str, str]
):
    load(sheet((*PAIR, *LISTS, "QID16_1", "QID16_2"), (*S0001, "2", "6", "9", "3", "Much")), form)
    told = call("getLegacyResponseData", SurveyID=form.public_id, **{"ExportTags": "1", **switches}).json()
    (row,) = told.values()
    wanted = ("Germany", "Saxony", "Neustadt", "Fast", "Much") if "Labels" in switches else (2, 6, 9, 3, 4)
    assert tuple(row[name] for name in (*LISTS, "ways_1", "ways_2")) == wanted

    file = call("getLegacyResponseData", form=layout, SurveyID=form.public_id, **switches).content
    copy = load(file, form)

    assert copy["Count"] == 1
    assert chosen(engine, form) == [2, 3, 3]
