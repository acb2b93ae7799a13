"""Drill-downs and profiles on the site, with and without a script."""

import random
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from qxportal.engine.models import Answer, Evaluation, Question
from qxportal.engine.site.questionnaire import validity
from tests.qxportal.engine.site.conftest import round_of
from tests.qxportal.engine.site.test_questionnaire import block, ids, item, must, plan, said, walk
from tests.qxportal.engine.site.test_saving import Device, value
from tests.qxportal.engine.surveys.survey_files import drill_down, elements, leadership, profile, question
from tests.support.site_fixture import words

COUNTRY, REGION, TOWN = LISTS = ("QID15_1", "QID15_2", "QID15_3")


def alone(make, **options):
    """A form with this question on its only page, and a text after it."""
    form = leadership()
    make(form, **options)
    question(form, "QID16").update(Selector="ML", Choices={}, ChoiceOrder=[])
    home = block(form, "QID15")
    home["BlockElements"] = [
        {"Type": "Question", "QuestionID": "QID15"},
        {"Type": "Page Break"},
        {"Type": "Question", "QuestionID": "QID16"},
    ]
    elements(form, "FL")[0]["Payload"]["Flow"] = [{"Type": "Block", "ID": home["ID"], "FlowID": "FL_2"}]
    return form


@pytest.fixture
def places(engine):
    return round_of(engine, alone(drill_down))


def offered(page, name):
    """The labels of a list, that of its empty line first."""
    found = re.search(rf'<select id="input-{name}".*?</select>', page.text, re.DOTALL)
    assert found, name
    return [text.strip() for text in re.findall(r"<option[^>]*>(.*?)</option>", found[0], re.DOTALL)]


def kept(engine, round):
    return [next(iter(value(engine, round, name)), None) for name in LISTS]


# -- without a script


def test_lists_open_one_after_another_without_script(engine, places, visitor):
    ben = visitor(places.ben)
    page = ben.get(f"{places.path}go-on/")
    assert offered(page, COUNTRY) == ["Choose…", "Austria", "Germany", "Singapore"]
    assert offered(page, REGION) == ["First choose: Country"] == offered(page, TOWN)

    page = ben.submit(page, {COUNTRY: "2"})
    assert page.url.endswith("/pages/QID15/#field-QID15_2")
    assert offered(page, REGION) == ["Choose…", "Bavaria", "Saxony"]
    assert offered(page, TOWN) == ["First choose: Region"]

    page = ben.submit(page, {REGION: "2"})
    assert offered(page, TOWN) == ["Choose…", "Neustadt", "Munich"]

    page = ben.submit(page, {TOWN: "2"})
    assert page.url.partition("#")[0].endswith("/pages/QID16/")
    assert kept(engine, places) == [2, 2, 2]
    copy = words(ben.get(f"{places.path}copy/"))
    assert "Where do you work? Country Germany Region Bavaria Town Munich" in copy


def test_button_of_the_question_shows_the_next_list(places, visitor):
    ben = visitor(places.ben)

    page = ben.submit(ben.get(f"{places.path}go-on/"), {COUNTRY: "1"}, button="stay")

    assert "/pages/QID15/" in page.url
    assert offered(page, REGION) == ["Choose…", "Tyrol"]


def test_whoever_leaves_a_list_open_goes_on(engine, places, visitor):
    ben = visitor(places.ben)
    page = ben.submit(ben.get(f"{places.path}go-on/"), {COUNTRY: "2"})

    assert ben.submit(page, {}).url.partition("#")[0].endswith("/pages/QID16/")
    assert kept(engine, places) == [2, None, None]


def test_answer_without_further_lists_is_whole(engine, places, visitor):
    ben = visitor(places.ben)

    page = ben.submit(ben.get(f"{places.path}go-on/"), {COUNTRY: "3"})

    assert page.url.partition("#")[0].endswith("/pages/QID16/")
    assert offered(ben.get(f"{places.path}pages/QID15/"), REGION) == ["Nothing to choose here"]
    assert "All questions are answered." in words(ben.submit(page, {"QID16": "Calm."}))


@pytest.mark.parametrize(
    ("given", "where", "problem", "then"),
    [
        (
            {COUNTRY: "1", REGION: "2", TOWN: ""},
            REGION,
            "“Bavaria” does not belong to “Austria”. Choose one of the answers shown.",
            ["Choose…", "Tyrol"],
        ),
        ({COUNTRY: "", REGION: "2", TOWN: ""}, COUNTRY, "Choose an answer in the list “Country” first.", None),
        ({COUNTRY: "2", REGION: "3", TOWN: "1"}, TOWN, "“Neustadt” does not belong to “Saxony”.", None),
        ({COUNTRY: "9", REGION: "2", TOWN: ""}, COUNTRY, "Choose one of the answers shown.", None),
        ({COUNTRY: "2 or 3", REGION: "", TOWN: "-1"}, COUNTRY, "Choose one of the answers shown.", None),
    ],
)
def test_impossible_answers_are_refused_in_plain_words(engine, places, visitor, given, where, problem, then):
    ben = visitor(places.ben)
    page = ben.get(f"{places.path}go-on/")
    ben.submit(page, {COUNTRY: "2", REGION: "2", TOWN: "2"})

    answer = ben.submit(page, given)

    assert answer.status_code == 422
    assert problem in words(answer)
    assert f'id="problem-{where}"' in answer.text
    assert then is None or offered(answer, REGION) == then
    assert kept(engine, places) == [2, 2, 2]


# -- with the script


def test_answers_are_saved_list_by_list(engine, places, visitor):
    phone = Device(visitor(places.ben), places.path)

    answers = [phone.save(**given).json() for given in ({COUNTRY: "2"}, {REGION: "3"}, {TOWN: "3"})]

    assert [one["moves"] for one in answers] == [True] * 3
    assert {name for one in answers for name in one["kept"]} == set(LISTS)
    assert kept(engine, places) == [2, 3, 3]


def test_another_answer_takes_away_what_stood_below(engine, places, visitor):
    phone = Device(visitor(places.ben), places.path)
    phone.save(**{TOWN: "3"})
    assert kept(engine, places) == [2, 3, 3]

    phone.save(**{COUNTRY: "1"})

    assert kept(engine, places) == [1, None, None]


def test_impossible_answers_of_a_script_are_refused_and_others_kept(engine, visitor):
    form = leadership()
    drill_down(form)
    question(form, "QID16").update(Selector="ML", Choices={}, ChoiceOrder=[])
    home = block(form, "QID15")
    home["BlockElements"] = [{"Type": "Question", "QuestionID": id} for id in ("QID15", "QID16")]
    elements(form, "FL")[0]["Payload"]["Flow"] = [{"Type": "Block", "ID": home["ID"], "FlowID": "FL_2"}]
    round = round_of(engine, form)
    phone = Device(visitor(round.ben), round.path)
    phone.save(**{TOWN: "2"})

    answer = phone.save(**{COUNTRY: "1", TOWN: "2", "QID16": "Listens."}).json()

    assert answer["refused"] == {TOWN: "“Munich” does not belong to “Austria”. Choose one of the answers shown."}
    assert answer["kept"] == ["QID16"]
    assert kept(engine, round) == [2, 2, 2]


def test_newer_answer_of_two_devices_wins_with_all_its_lists(engine, places, visitor):
    phone, desk = (Device(visitor(places.ben), places.path) for _device in range(2))
    phone.save(**{TOWN: "2"})

    desk.save(age=60_000, **{COUNTRY: "1"})
    assert kept(engine, places) == [2, 2, 2]
    answer = desk.save(**{REGION: "1"}).json()

    assert kept(engine, places) == [1, 1, None]
    assert answer["moves"]


def test_page_that_was_not_touched_changes_no_answer(engine, places, visitor):
    ben = visitor(places.ben)
    page = ben.get(f"{places.path}go-on/")
    Device(visitor(places.ben), places.path).save(**{TOWN: "2"})

    ben.submit(page, {})

    assert kept(engine, places) == [2, 2, 2]


def test_devices_at_the_same_time_leave_no_impossible_answer(engine, places, visitor):
    devices = [Device(visitor(places.ben), places.path) for _device in range(2)]
    choices = [{TOWN: "1"}, {TOWN: "4"}, {COUNTRY: "3"}, {REGION: "3"}, {COUNTRY: "1", REGION: "1", TOWN: ""}]

    def answer(device):
        chance = random.Random(devices.index(device))
        return [device.save(**chance.choice(choices)).status_code for _time in range(15)]

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(answer, devices))

    assert answers == [[200] * 15] * 2
    assert tuple(kept(engine, places)) in {(2, 2, 1), (1, 1, 4), (3, None, None), (2, 3, None), (1, 1, None)}


# -- what is missing, conditions, words


def test_required_drill_down_is_missed_until_its_last_list_is_answered():
    form = alone(drill_down, required=True)

    missing = [must(form, **given) for given in ({}, {COUNTRY: 2}, {COUNTRY: 2, REGION: 2})]

    assert [next(iter(one), "") for one in missing] == [COUNTRY, REGION, TOWN]
    assert must(form, **{COUNTRY: 2, REGION: 2, TOWN: 1}) == {} == must(form, **{COUNTRY: 3})


def test_missing_list_is_named_with_its_question(engine, visitor):
    round = round_of(engine, alone(drill_down, required=True))
    ben = visitor(round.ben)
    page = ben.submit(ben.get(f"{round.path}go-on/"), {COUNTRY: "2"})
    page = ben.submit(ben.submit(page, {}), {"QID16": "Calm."})

    assert page.url.partition("#")[0].endswith("/submit/")
    assert "Where do you work? – Region This question must be answered." in words(page)
    assert "pages/QID15/#field-QID15_2" in page.text
    ben.submit(page, {}, action="")
    assert engine.refreshed(round.evaluation).status == Evaluation.Status.IN_PROGRESS


def test_drill_down_counts_as_one_answer():
    form = alone(drill_down)
    given = [said(form, **answers) for answers in ({}, {COUNTRY: 2}, {COUNTRY: 3}, {COUNTRY: 2, REGION: 2, TOWN: 1})]

    assert [validity.counted(walk(form, one), one) for one in given] == [(0, 2), (0, 2), (1, 2), (1, 2)]


@pytest.mark.parametrize(
    ("operand", "given", "shown"),
    [
        ("q://QID15/SelectableChoice/1/2", {COUNTRY: 2}, True),
        ("q://QID15/SelectableChoice/1/2", {COUNTRY: 1}, False),
        ("q://QID15/SelectableAnswer/6", {COUNTRY: 2, REGION: 3}, True),
        ("q://QID15/SelectableChoice/3/9", {COUNTRY: 2, REGION: 3, TOWN: 3}, True),
        ("q://QID15/SelectableChoice/3/9", {COUNTRY: 2, REGION: 2, TOWN: 1}, False),
    ],
)
def test_conditions_ask_for_an_answer_of_a_list(operand, given, shown):
    form = alone(drill_down)
    term = {"Type": "Expression", "LogicType": "Question", "LeftOperand": operand, "Operator": "Selected"}
    question(form, "QID16")["DisplayLogic"] = {"0": {"0": term}}

    assert ("QID16" in ids(walk(form, said(form, **given)))) is shown


def test_skip_logic_leads_on_from_a_list():
    form = alone(drill_down)
    block(form, "QID15")["BlockElements"][0]["SkipLogic"] = [
        {
            "ChoiceLocator": "q://QID15/SelectableChoice/1/3",
            "Condition": "Selected",
            "SkipToDestination": "ENDOFSURVEY",
        }
    ]

    assert ids(walk(form, said(form, **{COUNTRY: 3}))) == ["QID15"]
    assert ids(walk(form, said(form, **{COUNTRY: 1}))) == ["QID15", "QID16"]


def test_answers_of_single_lists_are_quoted():
    form = alone(drill_down)
    quoted = "${q://QID15/ChoiceGroup/SelectedAnswers/3} in ${q://QID15/ChoiceGroup/SelectedAnswers/1}"
    question(form, "QID16")["QuestionText"] = f"What is it like to work in {quoted}?"

    found = item(walk(form, said(form, **{COUNTRY: 2, REGION: 2, TOWN: 1})), "QID16")

    assert found.text == "What is it like to work in Neustadt in Germany?"


def test_drill_down_may_stand_in_a_column():
    form = leadership()
    inner = {key: value for key, value in drill_down(form).items() if key not in ("Choices", "ChoiceOrder")}
    question(form, "QID19")["AdditionalQuestions"]["2"] = inner
    found = item(walk(form), "QID19")

    column = found.columns[1]
    assert (column.layout, [one.name for one in column.fields]) == ("drill", ["QID19#2_1", "QID19#2_2"])
    given = said(form, **{"QID19#2_1": 2})
    assert "QID19#2_2" in {one.field for one in validity.remarks(walk(form, given), given)}
    assert set(plan(form).drill_downs) >= {"QID19#2_1", "QID19#2_2"}


def test_lists_speak_the_language_of_the_rater():
    form = alone(drill_down)

    found = item(walk(form, language="DE"), "QID15")

    assert found.text == "Wo arbeiten Sie?"
    assert [one.label for one in found.rows[0].fields[0].options] == ["Österreich", "Germany", "Singapore"]


# -- profiles


def test_profile_shows_each_statement_with_its_scale_and_saves_it(engine, visitor):
    round = round_of(engine, alone(profile))
    ben = visitor(round.ben)
    page = ben.get(f"{round.path}go-on/")
    scales = re.findall(r'<fieldset class="scale" id="field-(QID15_\d)".*?</fieldset>', page.text, re.DOTALL)
    points = {name: page.text.count(f'type="radio" name="{name}"') for name in scales}
    assert points == {"QID15_1": 3, "QID15_2": 5}

    refused = ben.submit(page, {"QID15_1": "4", "QID15_2": "5"})
    assert refused.status_code == 422
    assert "Choose one of the answers shown." in words(refused)
    page = ben.submit(refused, {"QID15_1": "3", "QID15_2": "4"})

    assert page.url.partition("#")[0].endswith("/pages/QID16/")
    answers = Answer.objects.filter(evaluation=round.evaluation, question__stem__public_id="QID15")
    assert engine.run(lambda: sorted(answers.values_list("question__public_id", "value"))) == [
        ("QID15_1", 3),
        ("QID15_2", 4),
    ]
    assert "Pace Fast Care Much" in words(ben.get(f"{round.path}copy/"))


def test_profile_as_lists_that_open(engine, visitor):
    form = alone(profile)
    question(form, "QID15")["SubSelector"] = "DL"
    round = round_of(engine, form)

    page = visitor(round.ben).get(f"{round.path}go-on/")

    assert offered(page, "QID15_1") == ["Choose…", "Slow", "Steady", "Fast"]
    assert 'id="field-QID15_2"' in page.text


def test_profile_with_several_answers_has_a_box_for_each():
    form = alone(profile)
    question(form, "QID15")["SubSelector"] = "MultipleAnswer"

    found = item(walk(form), "QID15")

    assert found.layout == "grid"
    assert [[one.label for one in row.fields] for row in found.rows] == [
        ["Slow", "Steady", "Fast"],
        ["None", "Little", "Some", "Much", "All"],
    ]


def test_required_statements_of_a_profile_are_missed_one_by_one():
    form = alone(profile, required=True)

    assert set(must(form)) == {"QID15_1", "QID15_2"}
    assert set(must(form, QID15_1=3)) == {"QID15_2"}


def test_conditions_ask_for_a_statement_of_a_profile():
    form = alone(profile)
    term = {
        "Type": "Expression",
        "LogicType": "Question",
        "LeftOperand": "q://QID15/SelectableChoice/2/5",
        "Operator": "Selected",
    }
    question(form, "QID16")["DisplayLogic"] = {"0": {"0": term}}

    assert "QID16" in ids(walk(form, said(form, QID15_2=5)))
    assert "QID16" not in ids(walk(form, said(form, QID15_1=3, QID15_2=4)))


def test_statements_of_a_matrix_take_words_of_their_own(engine, visitor):
    form = alone(profile)
    question(form, "QID15")["Choices"]["2"]["TextEntry"] = "true"
    round = round_of(engine, form)
    ben = visitor(round.ben)

    ben.submit(ben.get(f"{round.path}go-on/"), {"QID15_2_TEXT": "With people."})

    found = Answer.objects.filter(evaluation=round.evaluation, question__public_id="QID15_2_TEXT")
    assert engine.run(lambda: found.get().text) == "With people."


def test_a_question_whose_columns_were_stored_otherwise_is_not_asked(engine, places, visitor):
    engine.run(Question.objects.filter(survey=places.assessment.survey_id, public_id=REGION).delete)
    ben = visitor(places.ben)

    page = ben.get(f"{places.path}go-on/")

    assert "QID15" not in page.text
    assert "QID16" in page.text
    text = next(name for name in re.findall(r'<textarea[^>]* name="([^"]+)"', page.text))
    assert ben.submit(page, {text: "Asks before deciding."}).status_code == 200
    given = Answer.objects.filter(evaluation=places.evaluation).values_list("text", flat=True)
    assert engine.run(lambda: list(given)) == ["Asks before deciding."]
