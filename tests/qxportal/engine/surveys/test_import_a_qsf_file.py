"""importSurvey: what a QSF file holds becomes what is asked."""

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
)
from tests.support.engine_fixture import Engine

Shape = tuple[str, str, list[str], list[str], bool]


@pytest.fixture
def survey(call: Caller) -> Survey:
    return imported(call, LEADERSHIP)


def test_the_survey_is_the_callers_inactive_and_in_its_languages(engine: Engine, survey: Survey):
    assert (survey.name, survey.description) == ("Leadership feedback", "Four competencies, three open questions")
    assert (survey.owner_id, survey.creator_id) == (engine.api_user.row.pk, engine.api_user.row.pk)
    assert (survey.active, survey.activated_at, survey.starts_at) == (False, None, None)
    assert (survey.language, survey.languages) == ("EN", ["DE", "FR"])
    assert survey.options["PreviousButton"] == " ← "


@pytest.mark.parametrize(
    ("id", "shape"),
    [
        (
            "QID2_1",
            ("DIR_1", "Rating", ["Almost never", "Seldom", "Sometimes", "Often", "Almost always"], [], True),
        ),
        ("QID6_3", ("TRUST_3", "Rating", ["Almost never", "Seldom", "Sometimes", "Often", "Almost always"], [], True)),
        ("QID3_2", ("COMPASS_2", "Rating", [""] * 7, [], False)),
        ("QID5_4", ("CHANNEL_4", "Mark", ["Other, namely"], [], False)),
        ("QID5_4_TEXT", ("CHANNEL_4_TEXT", "Text", [], [], False)),
        (
            "QID8",
            ("CONTACT", "Choice", ["Daily", "Every week", "Every month", "Less often"], ["30", "4", "1", "0"], True),
        ),
        (
            "QID9",
            (
                "SINCE",
                "Choice",
                ["Less than one", "One or two", "Three to five", "More than five"],
                ["1", "2", "4", "5"],
                False,
            ),
        ),
        ("QID10_2_TEXT", ("AGAIN_TEXT", "Text", [], [], False)),
        (
            "QID11",
            ("RECOMMEND", "Rating", [str(n) for n in range(11)], [str(n) for n in range(11)], False),
        ),
        ("QID12_2", ("TIME_2", "Number", [], [], False)),
        ("QID13", ("KEEP", "Text", [], [], True)),
        ("QID16_2", ("MOMENTS_2", "Text", [], [], False)),
        ("QID19#1_2", ("SUPPORT#1_2", "Rating", ["Too little", "Enough", "Plenty"], [], False)),
        ("QID19#2_1_1", ("SUPPORT#2_1_1_TEXT", "Text", [], [], False)),
    ],
)
def test_every_kind_of_question_becomes_what_is_answered(call: Caller, survey: Survey, id: str, shape: Shape):
    one = asked(call, survey)[id]

    assert (one.tag, str(one.kind), one.choices, one.recodes, one.required) == shape


def test_the_poles_of_a_bipolar_statement_are_set_apart(call: Caller, survey: Survey):
    style = asked(call, survey)["QID3_1"]

    assert style.text == "Decides alone – Decides with others"
    assert style.translations["DE"]["text"] == "Entscheidet allein – Entscheidet mit anderen"


def test_what_is_answered_comes_in_the_order_of_the_flow_and_of_the_choices(call: Caller, survey: Survey):
    ids = list(asked(call, survey))

    assert ids[:2] == ["QID2_1", "QID2_2"]
    assert [id for id in ids if id.startswith("QID6")] == [f"QID6_{n}" for n in (1, 2, 4, 3, 5, 6)]
    stems = list(dict.fromkeys(id.partition("_")[0].partition("#")[0] for id in ids))
    assert stems == [f"QID{n}" for n in (2, 3, 4, 5, 6, 7, 19, 8, 9, 10, 11, 12, 13, 14, 15, 16)]


def test_the_trash_and_plain_texts_are_kept_but_not_asked(engine: Engine, survey: Survey):
    stems = engine.run(lambda: {stem.public_id: stem for stem in survey.stems.select_related("block")})

    assert len(stems) == 19
    assert stems["QID17"].block == engine.run(survey.blocks.get, kind="Trash")
    assert stems["QID1"].text.startswith("<h2>Leadership feedback</h2>")
    for id in ("QID1", "QID17", "QID18"):
        assert engine.run(stems[id].parts.count) == 0


def test_nothing_that_the_file_says_of_a_question_is_lost(engine: Engine, survey: Survey):
    stems = engine.run(lambda: {stem.public_id: stem for stem in survey.stems.all()})

    for element in elements(leadership(), "SQ"):
        assert stems[element["PrimaryAttribute"]].payload == element["Payload"]


def test_blocks_flow_and_embedded_data_are_kept(engine: Engine, survey: Survey):
    blocks = engine.run(lambda: list(survey.blocks.all()))

    assert [block.description for block in blocks][2:4] == ["Direction and openness", "Builds trust"]
    assert {"Type": "Page Break"} in blocks[2].payload["BlockElements"]
    assert [step["Type"] for step in survey.flow] == [
        "EmbeddedData",
        "Block",
        "BlockRandomizer",
        "Standard",
        "Standard",
        "Branch",
        "EndSurvey",
    ]
    assert survey.flow[2]["Flow"][1]["ID"] == "BL_7hJkLo9PzXcVbNm"
    assert survey.flow[5]["BranchLogic"]["Type"] == "BooleanExpression"
    assert [(field["Field"], field["Value"]) for field in survey.embedded_data] == [
        ("Round", "Spring 2026"),
        ("Team", ""),
    ]


def test_quotas_and_response_sets_are_kept(engine: Engine, survey: Survey):
    quotas = engine.run(lambda: list(survey.quotas.values_list("public_id", "name", "limit", "logic_type")))

    assert quotas == [
        ("QO_4bVnMq8WeRtYu1o", "Close colleagues", 12, "Simple"),
        ("QO_6pLkJh2GfDsAz3x", "All forms", 200, "Simple"),
    ]
    assert engine.run(lambda: [one.name for one in survey.response_sets.all()]) == ["Pilot 2025"]


def test_every_answer_speaks_the_languages_of_the_survey(call: Caller, survey: Survey):
    questions = asked(call, survey)

    assert questions["QID6_3"].translations["DE"] == {
        "text": "Behandelt alle mit demselben Respekt",
        "choices": ["Fast nie", "Selten", "Manchmal", "Oft", "Fast immer"],
        "others": ["Kann ich nicht beurteilen"],
    }
    assert questions["QID5_4_TEXT"].translations["FR"]["text"].endswith("– Autre, à savoir")
    assert "FR" not in questions["QID8"].translations


def test_competencies_are_labels_own_blocks_or_texts(call: Caller, survey: Survey):
    names = {id: one.competency.name for id, one in asked(call, survey).items() if one.competency}

    assert list(dict.fromkeys(names.values())) == [
        "How often does this person give direction?",
        "Leadership style",
        "How often does this person communicate openly?",
        "Builds trust",
        "How often does this person help others to grow?",
        "What do you get, and what would you need?",
        "Recommendation",
    ]
    assert names["QID6_1"] == "Builds trust"


def test_the_same_lead_in_everywhere_leaves_the_names_of_the_blocks(call: Caller):
    form = leadership()
    for id in ("QID2", "QID4", "QID6", "QID7"):
        question(form, id)["QuestionText"] = "How often do you see this?"

    names = {id: one.competency.name for id, one in asked(call, imported(call, packed(form))).items() if one.competency}

    assert (names["QID2_1"], names["QID4_1"]) == ("Direction and openness", "Direction and openness")
    assert (names["QID6_1"], names["QID7_1"]) == ("Builds trust", "How often do you see this?")


@pytest.mark.parametrize(
    ("answers", "changes", "scale", "recodes"),
    [
        (["No", "Partly", "Yes"], {}, ["No", "Partly", "Yes"], []),
        (["Yes", "Partly", "No"], {"RecodeValues": {"1": "3", "2": "2", "3": "1"}}, ["No", "Partly", "Yes"], []),
        (["No", "Yes", "Not applicable"], {}, ["No", "Yes"], []),
        (["No", "Yes", "N.N."], {"AnalyzeChoices": {"3": "No"}}, ["No", "Yes"], []),
        (["No", "Yes", "N.N."], {"RecodeValues": {"1": 1, "2": 2, "3": -99}}, ["No", "Yes"], []),
        (
            ["Less", "Same", "More"],
            {"RecodeValues": {"1": "-1", "2": "0", "3": "1"}},
            ["Less", "Same", "More"],
            ["-1", "0", "1"],
        ),
        (["No", "Yes", "Often"], {"RecodeValues": {"1": "a", "2": "b"}}, ["No", "Yes", "Often"], ["a", "b", "3"]),
        (["No", "Partly", "Yes"], {"AnswerOrder": [3, 2, 1]}, ["No", "Partly", "Yes"], []),
    ],
)
def test_a_scale_goes_from_its_lowest_to_its_highest_point(
    call: Caller, answers: list[str], changes: dict[str, Any], scale: list[str], recodes: list[str]
):
    form, order = leadership(), [str(number) for number in range(1, len(answers) + 1)]
    plain = {"AnswerOrder": order, "RecodeValues": [], "AnalyzeChoices": []}
    displayed = {number: {"Display": answer} for number, answer in zip(order, answers, strict=True)}
    question(form, "QID7").update({"Answers": displayed, "Language": []} | plain | changes)

    one = asked(call, imported(call, packed(form)))["QID7_1"]

    assert (str(one.kind), one.choices, one.recodes) == ("Rating", scale, recodes)


def test_maps_and_lists_stand_for_each_other_as_php_writes_them(call: Caller):
    form = leadership()
    blocks = elements(form, "BL")[0]
    blocks["Payload"] = {str(number): block for number, block in enumerate(blocks["Payload"], start=1)}
    flow = elements(form, "FL")[0]["Payload"]
    flow["Flow"] = {str(number): step for number, step in enumerate(flow["Flow"])}
    channel = question(form, "QID5")
    channel["Choices"] = list(channel["Choices"].values())  # a map from 0 on
    channel["ChoiceOrder"] = {"0": 1, "1": 0, "2": 2, "3": 3, "4": 4}
    question(form, "QID8")["Choices"] = {"1": "Daily", "2": "Every week", "3": "Every month", "4": "Less often"}
    question(form, "QID9").update({"Language": {}, "Validation": [], "RecodeValues": {}})
    question(form, "QID14")["Validation"] = {"Settings": {"ForceResponse": "RequestResponse"}}
    del question(form, "QID13")["Configuration"]

    questions = asked(call, imported(call, packed(form)))

    assert [id for id in questions if id.startswith("QID5")] == [
        "QID5_1",
        "QID5_0",
        "QID5_2",
        "QID5_3",
        "QID5_3_TEXT",
        "QID5_4",
    ]
    assert questions["QID8"].choices == ["Daily", "Every week", "Every month", "Less often"]
    assert not questions["QID14"].required
    assert questions["QID9"].recodes == ["1", "2", "4", "5"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"QuestionType": "RO", "Selector": "DND"}, [("", "Number"), ("", "Number")]),
        ({"QuestionType": "CS", "Selector": "VRTL"}, [("", "Number"), ("", "Number")]),
        ({"QuestionType": "MC", "Selector": "MAHR"}, [("", "Mark"), ("", "Mark")]),
        ({"QuestionType": "MC", "Selector": "SB"}, [("", "Choice")]),
        ({"QuestionType": "Matrix", "Selector": "Likert", "SubSelector": "MultipleAnswer"}, [("", "Mark")] * 6),
        ({"QuestionType": "Matrix", "Selector": "TE"}, [("", "Text")] * 6),
        ({"QuestionType": "Matrix", "Selector": "CS"}, [("", "Number")] * 6),
        ({"QuestionType": "Matrix", "Selector": "MaxDiff"}, [("", "Choice")] * 2),
        ({"QuestionType": "HotSpot", "Selector": "OnOff"}, [("", "Mark")] * 2),
        ({"QuestionType": "HotSpot", "Selector": "LD"}, [("", "Choice")] * 2),
        ({"QuestionType": "HL", "Selector": "Text"}, [("", "Choice")] * 2),
        ({"QuestionType": "PGR", "Selector": "DragAndDrop", "Groups": ["Keep", "Drop"]}, None),
        ({"QuestionType": "FileUpload", "Selector": "FileUpload"}, [("", "Text")]),
        ({"QuestionType": "DD", "Selector": "DL"}, [("", "Choice")] * 2),
        ({"QuestionType": "Timing", "Selector": "PageTimer"}, []),
        ({"QuestionType": "Captcha", "Selector": "V2"}, []),
        ({"QuestionType": "Hologram", "Selector": "X"}, []),
    ],
)
def test_rarer_questions_are_answered_in_their_own_ways(
    call: Caller, payload: dict[str, Any], expected: list[tuple[str, str]] | None
):
    form = leadership()
    rare = question(form, "QID15")
    rare.update(payload)
    rare["Choices"] = {"1": {"Display": "Plans"}, "2": {"Display": "Improvises"}}
    rare["Answers"] = {"1": {"Display": "Now"}, "2": {"Display": "Later"}, "3": {"Display": "Never"}}

    questions = asked(call, imported(call, packed(form)))

    kinds = [("", str(one.kind)) for id, one in questions.items() if id.startswith("QID15")]
    assert kinds == (expected if expected is not None else [("", "Choice"), ("", "Number")] * 2)


def test_a_profile_has_a_scale_for_each_statement(call: Caller):
    form = leadership()
    profile = question(form, "QID15")
    profile.update({"QuestionType": "Matrix", "Selector": "Profile", "SubSelector": "SingleAnswer"})
    profile["Choices"] = {"1": {"Display": "Pace"}, "2": {"Display": "Care"}}
    profile["Answers"] = {
        "1": {"1": {"Display": "Slow"}, "2": {"Display": "Fast"}},
        "2": {"1": {"Display": "Little"}, "2": {"Display": "Some"}, "3": {"Display": "Much"}},
    }
    profile["AnswerOrder"] = {"1": [1, 2], "2": [1, 2, 3]}

    questions = asked(call, imported(call, packed(form)))

    assert questions["QID15_1"].choices == ["Slow", "Fast"]
    assert questions["QID15_2"].choices == ["Little", "Some", "Much"]


def test_a_file_without_blocks_or_flow_is_one_block(engine: Engine, call: Caller):
    form = leadership()
    form["SurveyElements"] = elements(form, "SQ")

    survey = imported(call, packed(form))

    assert engine.run(survey.blocks.count) == 1
    assert "QID17_1" in asked(call, survey)
    written = call("getSurvey", form="XML", SurveyID=survey.public_id).text
    assert written.count("<Question QuestionID=") == 19 + 2 + 19  # two inside another one; each once in the block


def test_a_block_that_nothing_leads_to_is_not_asked(call: Caller):
    form = leadership()
    del elements(form, "FL")[0]["Payload"]["Flow"][5]

    assert "QID13" not in asked(call, imported(call, packed(form)))


def test_the_same_file_can_be_imported_again(engine: Engine, call: Caller, survey: Survey):
    again = imported(call, LEADERSHIP)

    assert again.public_id != survey.public_id
    assert list(asked(call, again)) == list(asked(call, survey))


def test_a_survey_may_be_active_at_once_and_somebody_elses(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)

    of_tom = imported(call, LEADERSHIP, OwnerID=tom.user_id, Activate="1")
    of_the_brand = imported(call, LEADERSHIP, OwnerID="marlstone")

    assert (of_tom.owner_id, of_tom.active) == (tom.row.pk, True)
    assert of_tom.activated_at is not None
    assert (of_the_brand.owner_id, of_the_brand.public) == (None, True)
    for owner, code in (("", 200), (tom.user_id, 200), (engine.api_user.user_id, 403), ("marlstone", 403)):
        answer = call.upload("importSurvey", LEADERSHIP, user=tom, Name="Form", OwnerID=owner)
        assert answer.status_code == code
    assert call.refused(
        "importSurvey", Name="Form", FileContents=LEADERSHIP.decode(), OwnerID="UR_nobody000000000"
    ) == (400, "ESRV35|OwnerID")
