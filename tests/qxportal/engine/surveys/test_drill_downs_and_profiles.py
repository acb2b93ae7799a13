"""Lists that depend on each other, and matrices in which each statement has a scale of its own: from file to report."""

import time
from random import Random
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest

from qxportal.engine.models import Answer, Evaluation, Question, Stem
from qxportal.engine.seed.answers import answer_evaluation
from qxportal.engine.site.questionnaire.plan import plan
from qxportal.engine.surveys.choices import Choice
from qxportal.engine.surveys.drill_down import tree
from qxportal.engine.surveys.listing_answers import list_answers
from qxportal.engine.surveys.scales_of_profiles import keep_scales
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import (
    asked,
    drill_down,
    imported,
    leadership,
    packed,
    profile,
    refusal,
)
from tests.qxportal.engine.surveys.test_use_an_imported_survey import answer, pdf_of, report_of, review
from tests.support.engine_fixture import Engine

NOT_SAID = "what belongs to which answer is not said: each list offers all answers."


def warnings(call: Caller, form: Any) -> list[str]:
    result = call.upload("importSurvey", packed(form), Name="Leadership feedback").json()["Result"]
    return [one["What"] for one in result.get("Warnings", []) if one["Where"].startswith("QID15")]


def of(form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    drill_down(form).update(changes)
    return form


# -- drill-downs


def test_each_list_is_a_choice_below_that_of_the_list_before(call: Caller):
    rows = asked(call, imported(call, packed(of(leadership()))))
    country, region, town = (rows[f"QID15_{number}"] for number in (1, 2, 3))

    assert {str(one.kind) for one in (country, region, town)} == {"Choice"}
    assert [one.tag for one in (country, region, town)] == ["place_1", "place_2", "place_3"]
    assert country.choices == ["Austria", "Germany", "Singapore"]
    assert (region.choices, region.recodes) == (["Tyrol", "Bavaria", "Saxony"], ["4", "5", "6"])
    assert [country.above, region.above, town.above] == [[0, 0, 0], [1, 2, 2], [2, 2, 3, 1]]
    assert country.translations["DE"]["choices"][0] == "Österreich"
    assert town.competency is None


def test_nothing_of_a_drill_down_or_a_profile_is_told_as_not_understood(call: Caller):
    form = of(leadership())
    profile(form, "QID16")

    assert warnings(call, form) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AnswerMap": {}}, NOT_SAID),
        ({"AnswerMap": "None"}, NOT_SAID),
        ({"AnswerMap": dict.fromkeys("12345")}, NOT_SAID),
        ({"AnswerMap": {"4": "99", "5": "2"}}, "answers that belong to none in the list before were left out: 1."),
        ({"AnswerMap": {"4": "5", "5": "4"}}, "answers that belong to none in the list before were left out: 2."),
        ({"Answers": {}}, "it has no lists or no answers: it is shown, but cannot be answered."),
        ({"Choices": []}, "it has no lists or no answers: it is shown, but cannot be answered."),
    ],
)
def test_what_a_file_does_not_say_of_its_lists_is_told(call: Caller, changes: dict[str, Any], words: str):
    assert warnings(call, of(leadership(), **changes)) == [words]


@pytest.mark.parametrize("top", [None, "", "0", 0, False, []])
def test_answers_of_the_first_list_are_marked_in_any_way(top: Any):
    found = tree({"AnswerMap": {"1": top, "2": 1}}, "QID1", 2, _choices(2))

    assert [[one.id for one in listed] for listed in found.lists] == [["1"], ["2"]]
    assert found.lost == 0


@pytest.mark.parametrize(
    "map",
    [
        {"1": None, "2": None, "3": "1", "4": "1", "5": 4},
        {"1": ["3", "4"], "2": [], "3": None, "4": [5]},
        {"1": {"0": "3", "1": "4"}, "2": None, "4": {"0": 5}},
        {"1": {"3": None, "4": {"5": None}}, "2": None},
    ],
    ids=["answers above", "answers below", "lists as maps", "maps in maps"],
)
def test_map_may_name_the_answer_above_or_those_below(map: Any):
    found = tree({"AnswerMap": map}, "QID1", 3, _choices(5))

    assert [[one.id for one in listed] for listed in found.lists] == [["1", "2"], ["3", "4"], ["5"]]
    assert found.values_above == [[0, 0], [1, 1], [2]]


@pytest.mark.parametrize(
    "above",
    [
        {str(n): str(n) for n in range(1, 30)},
        {str(n): str(n + 1) for n in range(1, 29)} | {"29": "1"},
        {str(n): {"x": [{}]} for n in range(1, 30)} | {"1": "\u0000", "2": 1.5, "3": True},
        ["1", "2", "3"],
    ],
)
def test_maps_that_lead_nowhere_end(above: Any):
    found = tree({"AnswerMap": above}, "QID1", 2, _choices(29))

    assert sum(map(len, found.lists)) + found.lost == 29


def _choices(number: int) -> list[Any]:
    return [Choice(str(n), f"Place {n}", str(n)) for n in range(1, number + 1)]


def test_answers_deeper_than_the_lists_are_left_out():
    found = tree({"AnswerMap": {"2": "1", "3": "2", "4": "3"}}, "QID1", 2, _choices(4))

    assert [[one.id for one in listed] for listed in found.lists] == [["1"], ["2"]]
    assert found.lost == 2


def test_drill_down_of_twenty_thousand_answers_is_taken_soon(call: Caller):
    answers = {str(n): {"Display": f"Place {n}"} for n in range(1, 20_001)}
    above = {str(n): None if n <= 50 else str(n - 50 if n <= 1_050 else 51 + n % 1_000) for n in range(1, 20_001)}
    above |= {str(n): str(1 + n % 50) for n in range(51, 1_051)}
    began = time.monotonic()

    rows = asked(call, imported(call, packed(of(leadership(), Answers=answers, AnswerMap=above, Language=[]))))

    assert time.monotonic() - began < 60
    assert [len(rows[f"QID15_{number}"].choices) for number in (1, 2, 3)] == [50, 1_000, 18_950]
    answers["20001"] = {"Display": "One too many"}
    assert "20001 choices, at most 20000" in refusal(call, packed(of(leadership(), Answers=answers)))


def test_definition_says_what_stands_below_what_and_which_scale_is_whose(call: Caller):
    form = of(leadership())
    profile(form, "QID16")
    survey = imported(call, packed(form))

    content = call("getSurvey", form="XML", SurveyID=survey.public_id).content
    root: Any = ElementTree.fromstring(content, forbid_dtd=True)
    places = root.find("Questions/Question[@QuestionID='QID15']")
    ways = root.find("Questions/Question[@QuestionID='QID16']")

    assert [one.get("Parent") for one in places.iterfind("Answers/Answer")][:6] == [None, None, None, "1", "2", "2"]
    assert ways.find("Answers") is None
    assert [len(one.findall("Answers/Answer")) for one in ways.iterfind("Choices/Choice")] == [3, 5]


def test_drill_downs_that_were_texts_become_choices(engine: Engine, call: Caller):
    form = of(leadership())
    survey = imported(call, packed(form), Activate="1")
    assessment = engine.assessment("Leaders", survey=survey)
    subject, rater, other = engine.people(3)
    about = engine.subject(assessment, subject)
    told = [engine.evaluation(about, person, "Peer") for person in (rater, other)]

    def as_before() -> None:
        lists = Question.objects.filter(survey=survey, stem__public_id="QID15")
        lists.update(kind="Text", choices=[], recodes=[], above=[], translations={})
        said = (("Germany", "Saxony", "Neustadt"), ("Germany", "Tyrol", ""))
        for form, texts in zip(told, said, strict=True):
            for one, text in zip(lists, texts, strict=True):
                Answer.objects.create(evaluation=form, question=one, text=text)

    engine.run(as_before)

    assert engine.run(lambda: list_answers(Stem.objects.filter(type="DD"), Question.objects, Answer.objects)) == 3
    assert engine.run(lambda: list_answers(Stem.objects.filter(type="DD"), Question.objects, Answer.objects)) == 0
    assert asked(call, survey)["QID15_3"].choices == ["Neustadt", "Munich", "Neustadt", "Innsbruck"]
    known = engine.run(lambda: list(Answer.objects.order_by("pk").values_list("value", "text")))
    assert known == [(2, ""), (3, ""), (3, ""), (None, "Germany"), (None, "Tyrol"), (None, "")]


def test_invented_answers_follow_the_lists(engine: Engine, call: Caller):
    survey = imported(call, packed(of(leadership())), Activate="1")
    assessment = engine.assessment("Leaders", survey=survey)
    subject, *raters = engine.people(12)
    about = engine.subject(assessment, subject)
    forms = [engine.evaluation(about, person, "Peer") for person in raters]

    def fill_in() -> list[tuple[int | None, ...]]:
        for number, form in enumerate(forms):
            answer_evaluation(Evaluation.objects.get(pk=form.pk), Random(number))
        lists = Question.objects.filter(survey=survey, stem__public_id="QID15").values_list("pk", flat=True)
        return [
            tuple(
                Answer.objects.filter(evaluation=form, question=one).values_list("value", flat=True).get()
                for one in lists
            )
            for form in forms
        ]

    below = asked(call, survey)
    for country, region, town in engine.run(fill_in):
        assert (region is None) == (country == 3)
        assert region is None or below["QID15_2"].above[region - 1] == country
        assert town is None or below["QID15_3"].above[town - 1] == region


# -- profiles


def test_profile_of_a_real_file_is_taken_whatever_says_its_order_and_recodes(call: Caller):
    form = leadership()
    profile(form).update(RecodeValues={"1": {"1": "10", "2": "20", "3": "30"}}, AnswerOrder=[3, 2, 1])
    profile(form, "QID16").update(RecodeValues={"1": "5", "2": "4", "3": "3"}, AnswerOrder={"1": [1, 2, 3]})

    rows = asked(call, imported(call, packed(form)))

    assert (rows["QID15_1"].choices, rows["QID15_1"].recodes) == (["Slow", "Steady", "Fast"], ["10", "20", "30"])
    assert rows["QID15_2"].choices == ["None", "Little", "Some", "Much", "All"]
    assert (rows["QID16_1"].choices, rows["QID16_1"].recodes) == (["Fast", "Steady", "Slow"], ["3", "4", "5"])
    assert (len(rows["QID16_2"].choices), rows["QID16_2"].others) == (5, [])
    assert str(rows["QID15_1"].kind) == "Rating"


def test_profile_with_answers_of_all_statements_is_a_matrix(call: Caller):
    form = leadership()
    profile(form)["Answers"] = {"1": {"Display": "Seldom"}, "2": {"Display": "Often"}}

    rows = asked(call, imported(call, packed(form)))

    assert rows["QID15_1"].choices == rows["QID15_2"].choices == ["Seldom", "Often"]


def test_boxes_of_a_profile_are_those_of_its_statements(call: Caller):
    form = leadership()
    profile(form)["SubSelector"] = "MultipleAnswer"

    rows = asked(call, imported(call, packed(form)))

    boxes = [one for id, one in rows.items() if id.startswith("QID15_")]
    assert {str(one.kind) for one in boxes} == {"Mark"}
    assert [one.choices[0] for one in boxes] == ["Slow", "Steady", "Fast", "None", "Little", "Some", "Much", "All"]


@pytest.mark.parametrize(
    "settings",
    [
        {"RecodeValues": {"1": "5", "2": "4", "3": "3", "4": "2", "5": "1"}},
        {"AnalyzeChoices": {"3": "No"}},
    ],
    ids=["reversed recodes", "an answer beside the scale"],
)
def test_profiles_imported_without_recodes_keep_their_scales(engine: Engine, call: Caller, settings: dict[str, Any]):
    form = leadership()
    profile(form)
    survey = imported(call, packed(form))
    payload = engine.run(lambda: Stem.objects.get(public_id="QID15").payload)
    engine.run(Stem.objects.filter(public_id="QID15").update, payload=payload | settings)

    assert engine.run(lambda: keep_scales(Stem.objects.filter(public_id="QID15"), Question.objects)) == 1
    assert engine.run(lambda: keep_scales(Stem.objects.filter(public_id="QID15"), Question.objects)) == 0

    plan.cache_clear()
    offered = engine.run(lambda: plan(survey.pk, survey.modified_at, survey.language).fields["QID15_1"].options)
    stored = asked(call, survey)["QID15_1"].choices
    assert [(one.value, one.label) for one in offered] == list(enumerate(stored, start=1))


def test_profiles_imported_with_recodes_keep_their_settings(engine: Engine, call: Caller):
    form = leadership()
    profile(form).update(RecodeValues={"1": {"1": "3", "2": "2", "3": "1"}})
    imported(call, packed(form))

    assert engine.run(lambda: keep_scales(Stem.objects.filter(public_id="QID15"), Question.objects)) == 0
    assert "RecodeValues" in engine.run(lambda: Stem.objects.get(public_id="QID15").payload)


def test_profiles_are_reported_in_proportion_with_the_ends_of_each_scale(engine: Engine, call: Caller):
    form = leadership()
    profile(form)
    drill_down(form, "QID16")
    subject, *others = engine.people(5)
    made = review(call, subject, others, packed(form))
    for person, pace, care in zip(others, (3, 3, 1, 3), (5, 4, 4, 3), strict=True):
        answer(engine, person, {"QID15_1": pace, "QID15_2": care}, rest=3)

    report = report_of(call, made, subject)

    found = {one["ID"]: one for competency in report["Competencies"] for one in competency["Items"]}
    assert found["QID15_1"]["Points"] == 3
    assert found["QID15_1"]["Ends"] == ["Slow", "Fast"]
    assert found["QID15_1"]["Others"]["Mean"] == 4.0  # 5, 5, 1 and 5 of 5: in proportion, not 2.5 of 3
    assert found["QID15_2"]["Others"]["Mean"] == 4.0
    assert found["QID15_2"]["Ends"] == ["None", "All"]
    assert "Points" not in found["QID15_2"]
    assert "QID16" not in str(report["Comments"])
    text = " ".join(pdf_of(engine, made, subject).split())
    assert "Pace (Slow to Fast, scale from 1 to 3)" in text
    assert "Care (None to All)" in text
    assert "Neustadt" not in text and "Austria" not in text


def test_editions_in_which_a_drill_down_was_a_text_are_still_given(engine: Engine, call: Caller):
    subject, *others = engine.people(5)
    made = review(call, subject, others, packed(of(leadership())))
    for person in others:
        answer(engine, person, {}, rest=4)

    def as_before() -> None:
        lists = Question.objects.filter(stem__public_id="QID15")
        lists.update(kind="Text", choices=[], recodes=[], above=[])
        Answer.objects.filter(question__in=lists).update(value=None, text="Munich")

    engine.run(as_before)
    before = report_of(call, made, subject)
    assert any(one["QuestionID"] == "QID15_3" and one["Blocks"] for one in before["Comments"])
    engine.run(lambda: list_answers(Stem.objects.filter(type="DD"), Question.objects, Answer.objects))

    now = call.result("getSubjectReport", ThreeSixtyID=made, PersonID=subject.public_id)["Report"]

    assert "Munich" not in str(now)
    assert now["Competencies"] == before["Competencies"]
    assert [one for one in before["Comments"] if not one["QuestionID"].startswith("QID15")] == now["Comments"]
