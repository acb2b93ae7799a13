"""Whatever is uploaded as a survey is taken or refused with a 400, in bounded time, and what is taken can be read."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qxportal.engine.assessments.answering import Given
from qxportal.engine.http.errors import Problem
from qxportal.engine.site.questionnaire.drill_down import NotTogetherError, offered, whole
from qxportal.engine.site.questionnaire.items import of_stem
from qxportal.engine.surveys import answer_columns
from qxportal.engine.surveys.qsf.read import read as read_qsf
from tests.qxportal.engine.conftest import PATH, Caller
from tests.qxportal.engine.surveys.survey_files import LEADERSHIP, elements, leadership, packed, refusal
from tests.support import quick_http
from tests.support.engine_fixture import Engine
from tests.support.samples import thorough

QUIET = settings(
    max_examples=80 if thorough() else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
SOON = 60.0  # seconds that a caller waits; on a machine of its own it takes one or two
KINDS = ("MC", "Matrix", "TE", "SBS", "PGR", "Slider", "HotSpot", "DB", "Profile", "HL", "DD", "Hologram")
SELECTORS = ("SAVR", "MAVR", "Likert", "Profile", "MaxDiff", "TE", "CS", "FORM", "NPS", "LD", "Bipolar", "")
KEYS = (
    "QuestionText",
    "SubSelector",
    "Choices",
    "ChoiceOrder",
    "Answers",
    "AnswerOrder",
    "AnswerMap",
    "RecodeValues",
    "AnalyzeChoices",
    "Validation",
    "Configuration",
    "Language",
    "Groups",
    "AdditionalQuestions",
    "ChoiceDataExportTags",
    "DataExportTag",
    "DisplayLogic",
    "DynamicChoices",
    "DynamicAnswers",
    "Turns",
    "AnswerDataExportTag",
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 12),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("0", "1", "2", "Display", "Type", "TextEntry", "x", "Locator", "Static")),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [before, *(path for key in keys for path in paths(value[key], (*before, key)))]


PLACES = paths(leadership())[1:]


def upload(engine: Engine, file: bytes) -> str | None:
    """The id of the survey, None where it was refused; both are quick."""
    user, began = engine.api_user, time.monotonic()
    fields = {
        "Request": "importSurvey",
        "User": user.user_name,
        "Token": user.token,
        "Format": "JSON",
        "Version": "2.5",
        "Name": "Form",
    }
    answer = quick_http.post(engine.url + PATH, data=fields, files={"FileContents": ("f", file)}, timeout=60)
    assert time.monotonic() - began < SOON
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        return str(answer.json()["Result"]["SurveyID"])
    assert answer.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|FileContents", answer.text
    return None


def read_again(call: Caller, survey: str | None) -> None:
    """What was taken can be written, counted and translated."""
    if survey is None:
        return
    for version in ("2.0", "2.5"):
        answer = call("getSurvey", form="XML", version=version, SurveyID=survey, ExportLogic=1)
        assert answer.status_code == 200, answer.text
    call.result("getQuotas", SurveyID=survey)
    call.result("importSurveyTranslations", SurveyID=survey, FileContents="ID,DE\nSurveyName,Formular\n")


@QUIET
@given(data=st.data())
def test_any_place_of_a_file_may_hold_anything(engine: Engine, call: Caller, data: st.DataObject):
    form: Any = leadership()
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(PLACES))
        where = form
        try:
            for key in path[:-1]:
                where = where[key]
            if data.draw(st.booleans()):
                where[path[-1]] = data.draw(ANYTHING)
            else:
                del where[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away

    read_again(call, upload(engine, packed(form)))


@QUIET
@given(
    payload=st.fixed_dictionaries(
        {"QuestionID": st.just("QID1"), "QuestionType": st.sampled_from(KINDS), "Selector": st.sampled_from(SELECTORS)},
        optional=dict.fromkeys(KEYS, ANYTHING),
    )
)
def test_any_question_is_taken_or_refused(engine: Engine, call: Caller, payload: dict[str, Any]):
    form = {"SurveyEntry": {}, "SurveyElements": [{"Element": "SQ", "Payload": payload}]}

    read_again(call, upload(engine, packed(form)))


@QUIET
@given(form=ANYTHING)
def test_any_json_is_taken_or_refused(engine: Engine, form: Any):
    upload(engine, packed(form))
    upload(engine, packed({"SurveyElements": form, "SurveyEntry": form}))
    upload(
        engine, packed({"SurveyElements": [{"Element": kind, "Payload": form} for kind in ("SQ", "BL", "FL", "QO")]})
    )


TAGS = st.sampled_from(
    (
        "[[AdvancedFormat]]",
        "[[Question:MC]]",
        "[[Question:Matrix:Bipolar]]",
        "[[Choices]]",
        "[[AdvancedAnswers]]",
        "[[Answer:1]]",
        "[[Choice:x]]",
        "[[Block:x]]",
        "[[PageBreak]]",
        "[[ED:a:b]]",
        "[[ID:x]]",
        "[[MultipleAnswer]]",
        "[[",
        "]]",
        "1. What?",
        "2. And? [[TE]]",
        "- a",
        "a) b",
        "",
        "",
        "words",
        "[[Question:TE:Form]]",
        "[[Required]]",
    )
)


@QUIET
@given(lines=st.lists(st.one_of(TAGS, st.text(max_size=8)), max_size=14))
def test_any_text_is_taken_or_refused(engine: Engine, call: Caller, lines: list[str]):
    file = "\n".join(lines).encode("utf-8", "ignore") or b" "

    answer = call.upload("importSurvey", file, Name="Form", ImportFormat="TXT")

    assert answer.status_code in (200, 400), answer.text
    read_again(call, answer.json()["Result"]["SurveyID"] if answer.status_code == 200 else None)


def many(count: int, payload: str) -> bytes:
    item = '{"Element":"SQ","PrimaryAttribute":"QID%d","Payload":%s}'
    return ('{"SurveyElements":[' + ",".join(item % (n, payload) for n in range(count)) + "]}").encode()


def wide(rows: int, columns: int) -> bytes:
    """A matrix whose every cell is answered."""
    lists = [{str(n): {"Display": "x"} for n in range(size)} for size in (rows, columns)]
    payload = {"QuestionType": "Matrix", "Selector": "TE", "Choices": lists[0], "Answers": lists[1]}
    return many(1, json.dumps(payload))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"[" * 8_000_000, "more than 1000000 values"),
        (b"[" * 900_000 + b"]" * 900_000, "nested more than 60 deep"),
        (b'{"SurveyElements":' + b"[" * 61 + b"]" * 61 + b"}", "nested more than 60 deep"),
        (b"[" + b"0," * 2_000_000 + b"0]", "more than 1000000 values"),
        (many(100_000, "{}"), "100000 questions, at most 500"),
        (many(501, '{"QuestionType":"TE"}'), "501 questions, at most 500"),
        (wide(250, 250), "QID0: 62500 answers, at most 5000"),
        (b'{"SurveyElements": 1' + b"0" * 40 + b"}", "a number of more than 30 digits"),
        (b'{"SurveyElements": 1e999}', "a number that is too large"),
        (b'{"SurveyElements": NaN}', "NaN is no number"),
        (b'{"SurveyElements": "\\ud800"}', "characters that are no text"),
        (b'{"SurveyElements": "\\u0000"}', "characters that are no text"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
        (b"PK\x03\x04", "The file is no JSON"),
        (b"", "it has no question"),
    ],
)
def test_a_file_that_is_too_much_is_refused_soon(call: Caller, file: bytes, words: str):
    began = time.monotonic()

    assert words in refusal(call, file or b'{"SurveyElements": []}')

    assert time.monotonic() - began < SOON


def test_words_that_would_grow_with_every_answer_are_refused(call: Caller):
    """A few megabytes of labels would be repeated for each statement in each language."""
    form = leadership()
    label = {str(n): {"Display": "x" * 2_000} for n in range(200)}
    form["SurveyElements"] = [
        {
            "Element": "SQ",
            "PrimaryAttribute": "QID1",
            "Payload": {
                "QuestionType": "Matrix",
                "Selector": "Likert",
                "Choices": label,
                "Answers": label,
                "Language": {code: {"Answers": label} for code in ("DE", "FR", "IT")},
            },
        }
    ]
    began = time.monotonic()

    assert "characters in questions and choices, at most 10000000" in refusal(call, packed(form))

    assert time.monotonic() - began < SOON


def test_the_largest_survey_is_taken_and_written_again(call: Caller):
    form = leadership()
    matrix = {
        "QuestionType": "Matrix",
        "Selector": "Likert",
        "SubSelector": "SingleAnswer",
        "QuestionText": "How often?",
        "Choices": {str(n): {"Display": f"Statement {n}"} for n in range(1, 11)},
        "Answers": {str(n): {"Display": f"Point {n}"} for n in range(1, 6)},
    }
    form["SurveyElements"] = [
        {"Element": "SQ", "PrimaryAttribute": f"QID{n}", "Payload": {**matrix, "QuestionText": f"How often {n}?"}}
        for n in range(500)
    ]
    began = time.monotonic()

    answer = call.upload("importSurvey", packed(form), Name="Form")

    assert answer.status_code == 200, answer.text
    survey = answer.json()["Result"]["SurveyID"]
    read_again(call, survey)
    assert call("getSurvey", form="XML", SurveyID=survey).text.count("<Choice ") == 5_000
    assert time.monotonic() - began < 4 * SOON


@pytest.mark.parametrize("text", ["[[a]]" * 19_000, "1. x " + "[[TE]]" * 10_000, "<" * 90_000, "1. " + "<b" * 40_000])
def test_long_lines_take_no_long_time(call: Caller, text: str):
    began = time.monotonic()

    answer = call.upload("importSurvey", text.encode(), Name="Form", ImportFormat="TXT")

    assert answer.status_code in (200, 400), answer.text
    assert time.monotonic() - began < SOON


def test_a_file_over_8_mb_is_refused(call: Caller):
    blank = LEADERSHIP + b" " * (8 * 1024 * 1024 - len(LEADERSHIP) + 1)

    answer = call.upload("importSurvey", blank, Name="Form")

    assert (answer.status_code, "8 MB" in answer.text) == (400, True)
    assert call.upload("importSurvey", blank[:-1], Name="Form").status_code == 200


def test_blocks_without_end_are_refused(call: Caller):
    form = leadership()
    elements(form, "BL")[0]["Payload"] = [{"ID": f"BL_{n}", "BlockElements": []} for n in range(301)]

    assert "301 blocks, at most 300" in refusal(call, packed(form))


LISTS = st.dictionaries(st.sampled_from(("1", "2", "3", "4")), ANYTHING | st.just({"Display": "x"}), max_size=4)
PARENTS: tuple[Any, ...] = (None, "", 0, "0", 1, "2", "3", ["4"], {"1": 1}, "9")
ABOVE = st.dictionaries(st.sampled_from(("1", "2", "3", "4")), st.sampled_from(PARENTS), max_size=4)


@QUIET
@given(
    payload=st.fixed_dictionaries(
        {"QuestionID": st.just("QID1"), "QuestionText": st.just("Where?")}
        | {"QuestionType": st.sampled_from(("DD", "Matrix")), "Selector": st.sampled_from(("DL", "Profile"))},
        optional={
            "SubSelector": st.sampled_from(("SingleAnswer", "MultipleAnswer", "DL")),
            "Choices": LISTS,
            "Answers": LISTS | st.dictionaries(st.sampled_from(("1", "2", "3")), LISTS, max_size=3),
            "AnswerMap": ABOVE | ANYTHING,
            **dict.fromkeys(("AnswerOrder", "RecodeValues", "AnalyzeChoices", "Language"), ANYTHING),
        },
    )
)
def test_lists_and_own_scales_of_any_shape_are_refused_or_can_be_asked(payload: dict[str, Any]):
    try:
        draft = read_qsf(packed({"SurveyEntry": {}, "SurveyElements": [{"Element": "SQ", "Payload": payload}]}))
        parts = {part.public_id: part for stem in draft.stems for part in answer_columns.parts(stem)}
    except Problem:
        return
    for item in (item for stem in draft.stems for item in of_stem(stem, "")):
        fields = list(item.fields)
        assert {one.name for one in fields} <= set(parts)
        if item.layout == "drill":
            for one, options in zip(fields, offered(fields, {one.name: 1 for one in fields}), strict=True):
                assert {option.value for option in options} <= set(parts[one.name].chosen)
            chosen = {one.name: Given(value=one.options[-1].value) for one in fields[-1:] if one.options}
            with suppress(NotTogetherError):  # where each list offers everything, none follows from another
                assert set(whole(fields, chosen)) == {one.name for one in fields}
