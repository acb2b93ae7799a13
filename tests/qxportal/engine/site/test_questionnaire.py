"""Which questions are asked for which answers, and what is missing: without a server or a database."""

import pytest

from qxportal.engine.models import Question
from qxportal.engine.site.questionnaire import validity
from qxportal.engine.site.questionnaire.items import of_stem
from qxportal.engine.site.questionnaire.pages import pages
from qxportal.engine.site.questionnaire.plan import Plan, block_of
from qxportal.engine.site.questionnaire.reading import NotAnAnswerError, read
from qxportal.engine.surveys import answer_columns
from qxportal.engine.surveys.logic import Answered
from qxportal.engine.surveys.parsed_survey import TRASH
from qxportal.engine.surveys.qsf.read import read as read_qsf
from tests.qxportal.engine.surveys.survey_files import elements, leadership, packed, question

NAMES = {"SubjectFirstName": "Anna", "SubjectLastName": "Berger", "Relationship": "Peer"}


def plan(form, language=""):
    draft = read_qsf(packed(form))
    parts = {part.public_id: part for stem in draft.stems for part in answer_columns.parts(stem)}
    return Plan(
        1,
        language or "EN",
        {one.id: block_of(one.id, one.payload, one.questions) for one in draft.blocks if one.kind != TRASH},
        draft.flow or [{"Type": "Block", "ID": one.id} for one in draft.blocks if one.kind != TRASH],
        {stem.id: of_stem(stem, language) for stem in draft.stems},
        {name: number for number, name in enumerate(parts)},
        {name: part.kind for name, part in parts.items()},
        {name: part.chosen for name, part in parts.items()},
        {str(one["Field"]): str(one["Value"]) for one in draft.embedded_data},
    )


def said(form, **values):
    kinds = plan(form).kinds
    return {
        name: Answered(kinds[name], value if isinstance(value, int) else None, value if isinstance(value, str) else "")
        for name, value in values.items()
    }


def walk(form, answers=None, seed="R_1", language=""):
    return pages(plan(form, language), answers or {}, NAMES, seed)


def ids(found):
    return [item.id for page in found for item in page.items]


def item(found, id):
    return next(one for page in found for one in page.items if one.id == id)


def block(form, of):
    return next(
        one for one in elements(form, "BL")[0]["Payload"] if of in [e.get("QuestionID") for e in one["BlockElements"]]
    )


# -- flow


def test_pages_follow_blocks_and_page_breaks():
    found = [[one.id for one in page.items] for page in walk(leadership())]

    assert found[0] == ["QID1", "QID18"]
    assert [page for page in found if page[0] in ("QID2", "QID4")] == [["QID2", "QID3"], ["QID4", "QID5"]]
    assert "QID17" not in ids(walk(leadership()))


def test_randomizer_orders_blocks_by_the_seed_alone():
    orders = {seed: ids(walk(leadership(), seed=seed)) for seed in map(str, range(12))}

    assert {seed: ids(walk(leadership(), seed=seed)) for seed in orders} == orders
    assert {order.index("QID6") < order.index("QID2") for order in orders.values()} == {True, False}


def test_randomizer_takes_as_many_blocks_as_it_says():
    form = leadership()
    elements(form, "FL")[0]["Payload"]["Flow"][2]["SubSet"] = "1"

    assert {sum(id in ids(walk(form, seed=str(n))) for id in ("QID2", "QID6")) for n in range(12)} == {1}


def test_branch_is_asked_only_where_its_condition_holds():
    form = leadership()
    inside = {"QID13", "QID14"}

    assert inside <= set(ids(walk(form, said(form, QID8=1))))
    assert not inside & set(ids(walk(form, said(form, QID8=4))))


def test_end_of_survey_ends_it():
    form = leadership()
    elements(form, "FL")[0]["Payload"]["Flow"].insert(2, {"Type": "EndSurvey", "FlowID": "FL_99"})

    assert ids(walk(form)) == ["QID1", "QID18"]


def test_display_logic_shows_and_hides_a_question():
    form = leadership()

    assert "QID10" in ids(walk(form, said(form, QID8=2)))
    assert "QID10" not in ids(walk(form, said(form, QID8=4)))


@pytest.mark.parametrize(
    ("target", "left_out"),
    [
        ("ENDOFBLOCK", {"QID9", "QID10", "QID11", "QID12"}),
        ("QID11", {"QID9", "QID10"}),
        ("ENDOFSURVEY", {"QID9", "QID10", "QID11", "QID12", "QID13", "QID14", "QID15", "QID16"}),
    ],
)
def test_skip_logic_leads_past_questions(target, left_out):
    form = leadership()
    for one in block(form, "QID8")["BlockElements"]:
        if one.get("QuestionID") == "QID8":
            one["SkipLogic"] = [
                {"ChoiceLocator": "q://QID8/SelectableChoice/1", "Condition": "Selected", "SkipToDestination": target}
            ]
    everything = set(ids(walk(form, said(form, QID8=2))))

    assert everything - set(ids(walk(form, said(form, QID8=1)))) == left_out & everything


# -- words


def test_names_stand_in_the_places_left_for_them():
    assert "Your answers about Anna are reported" in item(walk(leadership()), "QID1").text


def test_earlier_answers_are_quoted():
    form = leadership()
    question(form, "QID13")["QuestionText"] = "You meet ${q://QID8/ChoiceGroup/SelectedChoices}. What works?"

    assert item(walk(form, said(form, QID8=1)), "QID13").text == "You meet Daily. What works?"


def test_questions_are_asked_in_another_language():
    assert item(walk(leadership(), language="DE"), "QID13").text.startswith("Was sollte diese Person beibehalten")


# -- choices


def test_choices_come_in_an_order_of_chance_with_fixed_places():
    form = leadership()
    question(form, "QID2")["Randomization"] = {
        "Type": "Advanced",
        "Advanced": {"FixedOrder": ["{~Randomized~}", "{~Randomized~}", "3", "{~Randomized~}"], "RandomizeAll": []},
    }
    orders = [
        [row.choice for row in item(walk(form, seed=str(n)), "QID2").rows]
        for n in range(10)
        if "QID2" in ids(walk(form, seed=str(n)))
    ]

    assert {order[2] for order in orders} == {"3"}
    assert len({tuple(order) for order in orders}) > 1
    assert {frozenset(order) for order in orders} == {frozenset("123456")}


def test_chosen_statements_are_carried_forward():
    form = leadership()
    question(form, "QID16").update(
        Choices={},
        ChoiceOrder=[],
        DynamicChoices={"Locator": "q://QID5/ChoiceGroup/SelectedChoices", "Type": "Dynamic"},
    )

    found = item(walk(form, said(form, QID5_1=1, QID5_3=1)), "QID16")

    assert [row.label for row in found.rows] == ["Team meeting", "E-mail"]


def test_scale_shows_what_stands_beside_it_apart():
    form = leadership()
    options = item(walk(form, seed="1"), "QID2").rows[0].fields[0].options

    assert [option.value for option in options if not option.beside] == [1, 2, 3, 4, 5]
    assert all(option.value < 0 for option in options if option.beside)


# -- reading and validity


def field(found, name):
    return next(one for page in found for one in page.fields if one.name == name)


@pytest.mark.parametrize(("raw", "value", "text"), [("30", 30, ""), (" 0 ", 0, ""), ("100", 100, ""), ("", None, "")])
def test_numbers_are_read(raw, value, text):
    given = read(field(walk(leadership()), "QID12_1"), raw)

    assert (given.value, given.text) == (value, text)


@pytest.mark.parametrize("raw", ["101", "-1", "half", "1.5", "1e3", "٣"])
def test_numbers_outside_a_slider_are_refused(raw):
    with pytest.raises(NotAnAnswerError):
        read(field(walk(leadership()), "QID12_1"), raw)


@pytest.mark.parametrize("raw", ["9", "-9", "x", "1.0", "4 or 1"])
def test_only_shown_options_are_taken(raw):
    with pytest.raises(NotAnAnswerError):
        read(field(walk(leadership()), "QID8"), raw)


def must(form, **answers):
    given = said(form, **answers)
    return {one.field: one.words for one in validity.remarks(walk(form, given), given) if one.must}


def test_required_answers_are_missed_and_others_only_asked_about():
    form = leadership()

    assert "QID8" in must(form)
    assert "QID9" not in must(form)
    assert "QID8" not in must(form, QID8=1)


def test_none_of_these_goes_with_nothing_else():
    form = leadership()

    assert "None of these" in must(form, QID8=1, QID5_5=1, QID5_1=1)["QID5_1"]
    assert "QID5_1" not in must(form, QID8=1, QID5_5=1)


@pytest.mark.parametrize(
    ("settings", "text", "problem"),
    [
        ({"Type": "MinChar", "MinChars": "10"}, "short", "at least 10"),
        ({"Type": "TotalChar", "TotalChars": "5"}, "too long", "at most 5"),
        ({"Type": "ContentType", "ContentType": "ValidEmail"}, "nobody", "e-mail"),
        (
            {"Type": "ContentType", "ContentType": "ValidNumber", "ValidNumber": {"Min": "1", "Max": "9"}},
            "12",
            "1 to 9",
        ),
        ({"Type": "MinChar", "MinChars": "3"}, "long enough", ""),
        ({"Type": "ContentType", "ContentType": "ValidPhone"}, "+43 1 555 01 23", ""),
    ],
)
def test_validation_of_texts_is_kept(settings, text, problem):
    form = leadership()
    question(form, "QID15")["Validation"] = {"Settings": {"ForceResponse": "OFF", **settings}}

    found = must(form, QID8=1, QID15=text).get("QID15", "")

    assert problem in found
    assert bool(found) == bool(problem)


def test_ranks_are_given_once():
    form = leadership()
    question(form, "QID12").update(QuestionType="RO", Selector="DND", Configuration={})

    assert "only once" in must(form, QID8=1, QID12_1=1, QID12_2=1)["QID12_1"]
    assert "QID12_1" not in must(form, QID8=1, QID12_1=1, QID12_2=2, QID12_3=3)


def test_numbers_of_a_constant_sum_add_up():
    form = leadership()
    question(form, "QID12").update(
        QuestionType="CS",
        Selector="VRTL",
        Configuration={},
        Validation={"Settings": {"ForceResponse": "OFF", "Type": "ChoicesTotal", "ChoiceTotal": "100"}},
    )

    assert "add up to 90" in must(form, QID8=1, QID12_1=60, QID12_2=30)["QID12_1"]
    assert "QID12_1" not in must(form, QID8=1, QID12_1=60, QID12_2=30, QID12_3=10)


def test_first_open_page_is_where_an_answer_is_missing():
    form = leadership()
    found = walk(form, seed="1")
    first = next(page for page in found if any(one.kind != Question.Kind.TEXT for one in page.fields))
    answers = {one.name: Answered(one.kind, 1, "") for one in first.fields}

    opened, then = validity.first_open(found, {}), validity.first_open(found, answers)

    assert opened == first
    assert then not in (None, first)
