import pytest

from qxportal.engine.models import Stem, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.surveys.survey_files import asked, imported, refusal
from tests.support.engine_fixture import Engine

SIMPLE = """Thank you for your time.
It takes five minutes.

[[Block:Working together]]
1. Which of these does this person use,
and more than once a week?
[[MultipleAnswer]]
[[ID:channels]]

- Team meetings
- Talks in person
- Letters

2. How often does this person ...

a) listen before answering
b) explain decisions

Never
Sometimes
Always

[[PageBreak]]

3. What would you add?

[[Block:About you]]
[[ED:Round:Spring: 2026]]

4. Since when have you known each other? [[DropDown]]
[[Required]]

1) Less than a year
2) Longer
"""
ADVANCED = """[[AdvancedFormat]]
[[ED:Round:Spring]]
[[Block:Openness]]

[[Question:Text]]
[[ID:intro]]
<b>Thank you</b> for your time.

[[Question:Matrix:SingleAnswer]]
[[ID:open]]
How often does this person communicate openly?

It is about the last year.
[[Choices]]
Listens
Explains
[[AdvancedAnswers]]
[[Answer:5]]
Always
[[Answer:3]]
Sometimes
[[Answer:1]]
Never
[[Answer:-1]]
Cannot
say

[[PageBreak]]
[[Question:MC:MultipleAnswer:Horizontal]]
Which channels?
[[AdvancedChoices]]
[[Choice]]
Meetings
[[Choice:7]]
Letters

[[Block]]
[[Question:TE:SingleLine]]
One word:
[[Question:TE:Form]]
Two moments
[[Choices]]
The best one
The hardest one
[[Question:RO]]
Order these
[[Choices]]
Speed
Care
[[Question:CS]]
Divide the week
[[Choices]]
Leading
Doing
[[Question:MC:Select]]
[[Required]]
Would you do it again?
[[Choices]]Yes
No
"""


def stems(engine: Engine, survey: Survey) -> list[Stem]:
    return engine.run(lambda: list(survey.stems.select_related("block")))


def test_numbered_questions_with_lists_become_a_survey(engine: Engine, call: Caller):
    survey = imported(call, SIMPLE.encode(), ImportFormat="TXT")

    assert [(one.type, one.selector, one.tag) for one in stems(engine, survey)] == [
        ("DB", "TB", "Q1"),
        ("MC", "MAVR", "channels"),
        ("Matrix", "Likert", "Q3"),
        ("TE", "ML", "Q4"),
        ("MC", "DL", "Q5"),
    ]
    questions = asked(call, survey)
    assert [(id, str(one.kind), one.text) for id, one in questions.items()] == [
        ("QID2_1", "Mark", "Which of these does this person use, and more than once a week? – Team meetings"),
        ("QID2_2", "Mark", "Which of these does this person use, and more than once a week? – Talks in person"),
        ("QID2_3", "Mark", "Which of these does this person use, and more than once a week? – Letters"),
        ("QID3_1", "Rating", "listen before answering"),
        ("QID3_2", "Rating", "explain decisions"),
        ("QID4", "Text", "What would you add?"),
        ("QID5", "Choice", "Since when have you known each other?"),
    ]
    assert questions["QID3_1"].choices == ["Never", "Sometimes", "Always"]
    assert (questions["QID5"].choices, questions["QID5"].required) == (["Less than a year", "Longer"], True)
    competency = questions["QID3_1"].competency
    assert competency is not None
    assert competency.name == "Working together"


def test_blocks_page_breaks_and_fields_of_a_text_are_kept(engine: Engine, call: Caller):
    survey = imported(call, SIMPLE.encode(), ImportFormat="TXT")

    blocks = engine.run(lambda: list(survey.blocks.all()))
    assert [(block.description, block.kind) for block in blocks] == [
        ("", "Default"),
        ("Working together", "Standard"),
        ("About you", "Standard"),
    ]
    assert [one["Type"] for one in blocks[1].payload["BlockElements"]] == [
        "Question",
        "Question",
        "Page Break",
        "Question",
    ]
    assert survey.embedded_data == [{"Field": "Round", "Type": "Custom", "Value": "Spring:2026"}]


def test_the_advanced_format_tells_what_each_question_is(engine: Engine, call: Caller):
    survey = imported(call, ADVANCED.encode("utf-8-sig"), ImportFormat="TXT")

    assert [(one.type, one.selector) for one in stems(engine, survey)] == [
        ("DB", "TB"),
        ("Matrix", "Likert"),
        ("MC", "MAHR"),
        ("TE", "SL"),
        ("TE", "FORM"),
        ("RO", "DND"),
        ("CS", "VRTL"),
        ("MC", "SB"),
    ]
    questions = asked(call, survey)
    listens = questions["QID2_1"]
    assert (listens.tag, listens.choices, listens.recodes) == (
        "open_1",
        ["Never", "Sometimes", "Always"],
        ["1", "3", "5"],
    )
    assert listens.competency is not None
    assert listens.competency.name == "Openness"
    assert questions["QID3_2"].choices == ["Letters"]
    assert [str(questions[id].kind) for id in ("QID4", "QID5_2", "QID6_1", "QID7_2")] == [
        "Text",
        "Text",
        "Number",
        "Number",
    ]
    assert (questions["QID8"].required, questions["QID8"].choices) == (True, ["Yes", "No"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "utf-8-sig"])
def test_texts_of_notepad_are_read(call: Caller, encoding: str):
    text = "1. Wie häufig?\r\n\r\nTäglich\r\nSelten\r\n"

    survey = imported(call, text.encode(encoding), ImportFormat="TXT")

    assert asked(call, survey)["QID1"].choices == ["Täglich", "Selten"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no question that can be answered"),
        ("Only a text.", "it has no question that can be answered"),
        ("1. What?\n\na\n\nb\n\nc\n", "Line 7: a third list begins here"),
        ("1. What?\n[[Matrix]]\n\na\nb\n", "Line 1: the matrix has no answers"),
        ("1. What?\n[[Hologram]]\n", "Line 2: [[hologram]] is no tag"),
        ("[[ID:x]]\n1. What?", "Line 1: [[id]] is no tag"),
        ("[[AdvancedFormat]]\nlost words", "Line 2: this text belongs to no question"),
        ("[[AdvancedFormat]]\n[[Choices]]\na", "Line 2: [[choices]] belongs to no question"),
        ("[[AdvancedFormat]]\n[[Question:Hologram]]\nWhat?", "Line 2: 'Hologram' is no type of question"),
        (
            "[[AdvancedFormat]]\n[[Question:MC:Diagonal]]\nWhat?\n[[Choices]]\na",
            "'diagonal' is nothing that a question",
        ),
        ("[[AdvancedFormat]]\n[[Question:MC]]\nWhat?", "Line 2: the question has no choices"),
        ("[[AdvancedFormat]]\n[[Question:MC]]\n[[AdvancedChoices]]\na", "Line 4: this text belongs to no item"),
        ("[[AdvancedFormat]]\n[[Question:TE]]\n[[Answers]]\na", "Line 2: only a matrix has two lists"),
        ("[[AdvancedFormat]]\n[[Question:DB]]\nWhat?\n[[Choices]]\na", "a text that asks nothing has no choices"),
        ("[[ED::x]]", "Line 1: a field has a name"),
        ("1. What?\n" * 501, "Line 501: 501 questions, at most 500"),
        ("[[Block:x]]\n" * 301, "Line 301: 301 blocks, at most 300"),
        ("1. What?\n\n" + "a\n" * 251, "Line 1: 251 choices, at most 250"),
        ("[[AdvancedFormat]]\n[[Question:MC]]\n[[Choices]]\n" + "a\n" * 251, "Line 254: 251 choices, at most 250"),
        ("x" * 100_001, "Line 1: it has more than 100000 characters"),
        ("\n" * 100_001, "The file has more than 100000 lines"),
        ("1. What\0?", "It has characters that are no text"),
    ],
)
def test_a_bad_text_is_refused_with_its_line(call: Caller, text: str, words: str):
    assert words in refusal(call, text.encode() or b" ", ImportFormat="TXT")


def test_what_is_no_text_is_refused(call: Caller):
    assert "not UTF-8 text" in refusal(call, "1. Wie häufig?".encode("cp1252"), ImportFormat="TXT")
    assert "not UTF-8 text" in refusal(call, b"\xff\xfe1", ImportFormat="TXT")


NEVER_TO_ALWAYS = "\n\nNever\nSometimes\nAlways\nCannot say\n"


@pytest.mark.parametrize(
    "text",
    [
        f"1. How often does this person listen? [[Rating]]{NEVER_TO_ALWAYS}",
        f"1. How often does this person listen?\n[[DropDown]]\n[[Rating]]{NEVER_TO_ALWAYS}",
        "[[Question:MC:Rating]]\nHow often?\n[[Choices]]\nNever\nSometimes\nAlways\nCannot say\n",
    ],
    ids=["plain", "as a list to open", "advanced"],
)
def test_one_list_is_a_scale_where_the_file_says_so(call: Caller, text: str):
    question = asked(call, imported(call, text.encode(), ImportFormat="TXT"))["QID1"]

    assert (question.kind, question.choices) == ("Rating", ["Never", "Sometimes", "Always"])


def test_without_a_word_one_list_is_a_choice_and_several_answers_are_no_rating(call: Caller):
    text = f"1. How often does this person listen?{NEVER_TO_ALWAYS}"

    assert asked(call, imported(call, text.encode(), ImportFormat="TXT"))["QID1"].kind == "Choice"
    both = text.replace("?", "? [[MultipleAnswer]] [[Rating]]", 1)
    assert "Line 1: a rating has one answer" in refusal(call, both.encode(), ImportFormat="TXT")
