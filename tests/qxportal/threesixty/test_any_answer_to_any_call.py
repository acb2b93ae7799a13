"""Whatever a server answers to whatever call, the caller gets a record or one of our errors, and of the right sort."""

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qxportal.engine.http.api_responses import element
from qxportal.threesixty.calls.base import AnswerKind, Call
from qxportal.threesixty.calls.persons import GetLazyPersons
from qxportal.threesixty.command.run import _plain
from qxportal.threesixty.errors import MalformedResponse, ThreeSixtyError, TransientError
from qxportal.threesixty.wire.answers import RawResponse, read_answer, retry_after
from qxportal.threesixty.wire.pdf import Link
from tests.qxportal.threesixty.recorded import PDF, RESPONSES_CSV, RESPONSES_HTML, RESPONSES_XML, SURVEY, XML
from tests.qxportal.threesixty.test_calls_on_the_wire import SENT
from tests.qxportal.threesixty.uploads import FILES
from tests.support.samples import thorough

pytestmark = pytest.mark.long

EXAMPLES = settings(max_examples=100 if thorough() else 30)  # each is read by every call

CALLS: list[Call[Any]] = [*(call for call, _ in SENT), *(call for call, *_ in FILES)]
EVERY = [*CALLS, GetLazyPersons()]
KEYS = st.sampled_from(
    [
        "Persons",
        "PersonID",
        "Email",
        "MetaData",
        "External",
        "Assessments",
        "ThreeSixtyID",
        "Relationships",
        "Name",
        "Translations",
        "WorkFlowOptions",
        "CreationDate",
        "Surveys",
        "SurveyID",
        "SurveyName",
        "responses",
        "Count",
        "Ignored",
        "Row",
        "UserIDs",
        "Users",
        "UserID",
        "TotalSurveys",
        "LastResponseDate",
        "Quotas",
        "QuotaID",
        "ID",
        "Limit",
        "Messages",
        "Message",
        "MessageID",
        "Images",
        "Panels",
        "INVITE",
        "EN",
        "R_1",
        "ResponseID",
        "Finished",
        "StartDate",
        "Meta",
        "Result",
        "Status",
        "ErrorCode",
        "QualtricsErrorCode",
        "ErrorMessage",
        "PDF",
        "URL",
        "Cost centre",
        "element",
        "",
    ]
)
WORDS = st.sampled_from(
    [
        "0000-00-00 00:00:00",
        "2026-03-01 09:30:00",
        "0001-01-01T00:00:00+14:00",
        "P_3kd92mXq0PzLw7b",
        "Success",
        "Error",
        "1",
        "401",
        "9" * 5000,
        "https://eu.qualtrics.com/report.pdf",
        "http://[::1",
        "JVBERi0=",
        "ESEC27",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | WORDS
SHAPES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))
ROWS = {  # of each listing: the identifier of its rows, and what else they may say
    "Persons": ("PersonID", ["FirstName", "Email", "MetaData", "External", "UserID"]),
    "Assessments": ("ThreeSixtyID", ["Name", "Status", "CreationDate", "WorkFlowOptions", "Relationships"]),
    "Surveys": ("SurveyID", ["SurveyName", "SurveyStatus", "LastModified", "responses"]),
    "Quotas": ("QuotaID", ["Name", "Limit", "Count", "LogicType"]),
    "UserIDs": ("UserID", ["UserName", "TotalSurveys", "LastResponseDate"]),
    "Relationships": ("Name", ["Translations"]),
}


def listings(identifiers, values):
    """Listings as servers give them, but for what the rows say beside their identifier."""

    def listing(name):
        key, others = ROWS[name]
        row = st.fixed_dictionaries({key: identifiers}, optional=dict.fromkeys(others, values))
        return st.fixed_dictionaries({name: st.lists(row, min_size=1, max_size=3)}) | row

    return st.sampled_from(sorted(ROWS)).flatmap(listing)


TYPES = st.sampled_from(["application/json", "text/xml", "text/csv", "text/html; charset=utf-8", "application/pdf", ""])
HEADERS = st.dictionaries(
    st.sampled_from(["requeststatus", "retry-after", "location"]), st.text(max_size=20) | st.just("Failure")
)


def read(call, answer):
    """What the caller gets; any error but ours, or one that a change must not end with, is a failure."""
    try:
        found = read_answer(call, answer)
    except ThreeSixtyError as problem:
        if call.mutates:
            assert not isinstance(problem, MalformedResponse)
            assert not isinstance(problem, TransientError) or answer.status in (200, 429, 503)
        return problem
    try:
        return found if isinstance(found, Link) else call.read(found)
    except MalformedResponse as problem:  # of a change, the client says that its outcome is unknown
        return problem


def envelope(result):
    return {"Meta": {"Status": "Success", "Debug": ""}, "Result": result}


@EXAMPLES
@given(SHAPES | listings(LEAVES, SHAPES))
def test_any_json_is_read_or_refused_by_every_call(shape):
    for said in (shape, envelope(shape), {"Meta": shape, "Result": None}):
        for call in EVERY:
            found = read(call, RawResponse(200, {"content-type": "application/json"}, json.dumps(said).encode()))
            json.dumps(_plain(found), default=str)  # as the command line prints it


@EXAMPLES
@given(st.integers(200, 599), HEADERS, TYPES, st.binary(max_size=200) | SHAPES.map(lambda s: json.dumps(s).encode()))
def test_any_bytes_of_any_type_under_any_status_are_sorted(status, headers, kind, body):
    for call in EVERY:
        read(call, RawResponse(status, {**headers, "content-type": kind}, body))


SAMPLES = {
    "text/xml": [XML, SURVEY, RESPONSES_XML],
    "text/csv": [RESPONSES_CSV],
    "text/html": [RESPONSES_HTML],
    "application/pdf": [PDF.decode()],
}


@pytest.mark.parametrize("kind", SAMPLES)
@EXAMPLES
@given(drawn=st.data())
def test_a_damaged_answer_crashes_nothing(kind, drawn):
    body = bytearray(drawn.draw(st.sampled_from(SAMPLES[kind])).encode())
    for _ in range(drawn.draw(st.integers(1, 3))):
        where = drawn.draw(st.integers(0, len(body) - 1))
        match drawn.draw(st.integers(0, 2)):
            case 0:
                body[where] = drawn.draw(st.integers(0, 255))
            case 1:
                del body[where : where + drawn.draw(st.integers(1, 30))]
            case 2:
                body[where:where] = body[: drawn.draw(st.integers(1, 60))]
        assume(body)
    for call in EVERY:
        read(call, RawResponse(200, {"content-type": kind}, bytes(body)))


TAGS = st.sampled_from(
    [
        "SurveyDefinition",
        "SurveyName",
        "Questions",
        "Question",
        "Type",
        "Choices",
        "Choice",
        "Answers",
        "Answer",
        "Blocks",
        "Block",
        "BlockElements",
        "SurveyFlow",
        "EmbeddedData",
        "Field",
        "Name",
        "Value",
        "Languages",
        "Language",
        "Responses",
        "Response",
        "ResponseID",
        "StartDate",
        "XML",
        "Meta",
        "Status",
        "Result",
        "element",
    ]
)
ATTRIBUTES = st.dictionaries(st.sampled_from(["ID", "QuestionID", "FlowID", "Default", "key", "Recode"]), st.just("1"))
INNER = st.recursive(
    st.sampled_from(["", "1", "QID1", "2026-03-01 09:30:00", "Success", "<![CDATA[a <b>]]>"]),
    lambda inner: st.lists(st.tuples(TAGS, ATTRIBUTES, inner), max_size=4).map(
        lambda nodes: "".join(xml_node(*node) for node in nodes)
    ),
)


def xml_node(tag, attributes, inner):
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{said}>{inner}</{tag}>"


@EXAMPLES
@given(TAGS, INNER)
def test_any_xml_is_read_or_refused_by_every_call(root, inner):
    for call in EVERY:
        read(call, RawResponse(200, {"content-type": "text/xml"}, xml_node(root, {}, inner).encode()))


# A text that is no number and no flag, so that XML, which knows but texts, says the same.
PLAIN = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Cc"]), min_size=1, max_size=20)
FILLED = st.recursive(
    PLAIN | WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(KEYS, inner, min_size=1, max_size=5),
)


@EXAMPLES
@given(FILLED | listings(PLAIN, FILLED))
def test_xml_says_what_json_says(result):
    said = envelope(result)
    in_json = RawResponse(200, {"content-type": "application/json"}, json.dumps(said).encode())
    in_xml = RawResponse(200, {"content-type": "text/xml"}, element("XML", said).encode())
    for call in CALLS:
        if call.answer is AnswerKind.PDF:
            continue  # of several texts the longest counts, and XML keeps their order only
        one, other = read(call, in_json), read(call, in_xml)
        assert repr(one) == repr(other)


@EXAMPLES
@given(st.lists(st.dictionaries(KEYS, SHAPES, max_size=5), max_size=3) | SHAPES)
def test_what_is_left_unread_says_the_same_when_it_is_read(result):
    said = RawResponse(200, {"content-type": "application/json"}, json.dumps(envelope({"Persons": result})).encode())
    whole, unread = (read(call, said) for call in (SENT_PERSONS, GetLazyPersons()))
    if isinstance(whole, ThreeSixtyError) or isinstance(unread, ThreeSixtyError):
        assert isinstance(whole, ThreeSixtyError)  # a row without its key does not stop the others
        return
    assert [unread.read(row) for row in unread.rows] == list(whole)


SENT_PERSONS = next(call for call in CALLS if call.request == "getPersons")


@settings(max_examples=300 if thorough() else 100)
@given(st.text() | st.from_regex(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"))
def test_any_wait_is_understood_or_ignored(header):
    wait = retry_after(header)
    assert wait is None or 1 <= wait <= 360
