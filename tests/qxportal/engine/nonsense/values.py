"""Values for parameters: what one would send, what nobody would, and ids of everything."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from qxportal.threesixty.catalogue import ParamSpec

Values = st.SearchStrategy[Any]

WORDS = ("", " ", "0", "1", "2", "true", "Done", "Admin", "Subjects", "Evaluators", "360", "EN", "Peer", "Self", "QID1")
NUMBERS = ("-1", "-0", "00", "1.5", "1e9", "9" * 12, "9" * 30, "2147483648", "9223372036854775808", "٣", "½", "NaN")
TIMES = (
    "2026-01-01 00:00:00",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "2026-02-30 00:00:00",
    "2026-1-1 1:1:1",
    "0000-00-00 00:00:00",
    "2026-03-29 02:30:00",
)
CHARACTERS = (
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\ufffe",
    "\u202e",
    "\u2028",
    "'; DROP TABLE x; --",
    "%s%n{}",
    "İ" * 200,
)
LONG = ("x" * 201, "x" * 5_000, "🙂" * 3_000, "," * 5_000, "(" * 2_000, "a@b." + "c" * 300)
TEXTS = (
    "null",
    "[]",
    "{}",
    '""',
    "NaN",
    "-Infinity",
    "1e999",
    '"\\ud800"',
    '{"a": "\\u0000"}',
    "[" * 3_000,
    '{"a":' * 600,
    '{"Name": 7}',
    '["Mentor", "mentor"]',
    '[{"Name": "Mentor", "Translations": {"DE": 5}}]',
    '{"MinimumEvaluators": -1}',
    json.dumps({str(number): number for number in range(500)}),
    json.dumps(list(range(3_000))),
    "9" * 5_000,
)
FILES = (
    "FirstName,LastName,Email\r\nMara,Berg,mara@m.example",
    "Email,SubjectEmail,Relationship\na@m.example,a@m.example,Self",
    "ParticipantUniqueIdentifier,SubjectUniqueIdentifier,Relationship,QID1\nP_1,P_2,Peer,9",
    '"',
    "," * 3_000,
    "\r\r\n\n",
    "Email\n" * 200,
    '{"SurveyEntry": {"SurveyName": []}, "SurveyElements": [{}, null, 5]}',
    '{"SurveyElements": {"a": {}}}',
    "[[Question:MC]]\n[[Choices]]\n",
    "[[Block:]]\n[[Question:Matrix]]\nx\n[[Answers]]\n",
    "<a>&lol;</a>",
    "%PDF-1.4",
    "GIF89a",
    "iVBORw0KGgo=",
    "language,text\nDE,\n",
)
EXTRA = tuple("\u0000\ud800\U0001f600\r\n\"'<>&,;%[]{}\\")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(CHARACTERS)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
WILD = st.one_of(*map(st.sampled_from, (WORDS, NUMBERS, CHARACTERS, LONG, TEXTS)), st.text(max_size=30))


def texts(param: ParamSpec, ids: Sequence[str]) -> Values:
    """Texts for a parameter, most of them of a kind that it takes."""
    fitting = [WILD, st.sampled_from(ids)]
    if param.kind == "datetime":
        fitting.append(st.sampled_from(TIMES))
    if param.kind == "list":
        fitting.append(st.lists(st.sampled_from((*ids, "QID1", "QID2", "", " ")), max_size=4).map(",".join))
    if param.kind == "flag":
        fitting.append(st.sampled_from(("0", "1")))
    if param.choices:
        fitting.append(st.sampled_from(param.choices))
    if param.name == "FileContents":
        fitting += [st.sampled_from(FILES)] * 2
    return st.one_of(fitting)


def anything(param: ParamSpec, ids: Sequence[str]) -> Values:
    """What a JSON body may hold: texts too, but numbers, lists and maps besides."""
    return texts(param, ids) | NESTED | st.lists(st.sampled_from(ids), max_size=4)


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> str:
    """A sound text with a piece cut out, put in, or doubled; in JSON a value may be exchanged instead."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict | list) and found and draw(st.integers(0, 3)):
        return json.dumps(draw(exchanged(found)))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    middle = draw(st.sampled_from(("", text[start:end] * 2, *WORDS, *CHARACTERS, *EXTRA)))
    return text[:start] + middle + text[end:]


@st.composite
def exchanged(draw: st.DrawFn, found: Any) -> Any:
    """The same structure with something else at one place, at any depth."""
    if not isinstance(found, dict | list) or not found or draw(st.integers(0, 4)) == 0:
        return draw(NESTED | WILD)
    if isinstance(found, list):
        place = draw(st.integers(0, len(found) - 1))
        return [*found[:place], draw(exchanged(found[place])), *found[place + 1 :]]
    key = draw(st.sampled_from(sorted(found)))
    other = draw(st.sampled_from((key, key, key, *WORDS, *CHARACTERS)))
    return {**{name: value for name, value in found.items() if name != key}, other: draw(exchanged(found[key]))}
