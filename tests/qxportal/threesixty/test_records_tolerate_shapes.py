"""Answers are read whatever plausible shape they take; anything else is an MalformedResponse, never a crash."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qxportal.threesixty.calls.assessments import GetAssessment, GetAssessments, GetCustomRelationships
from qxportal.threesixty.calls.persons import CreatePerson, GetPersons, ImportPersons
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.threesixty.calls.users import GetUserIDs
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.records import Created, LibraryObjects, PersonRecord, read_relationships
from qxportal.threesixty.strict_json import read_json

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
        "responses",
        "Count",
        "Ignored",
        "Row",
    ]
)
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | FRACTIONS
    | st.text()
    | st.sampled_from(
        [
            "0000-00-00 00:00:00",
            "2026-03-01 09:30:00",
            "P_3kd92mXq0PzLw7b",
            "1",
            "9" * 5000,
            "0001-01-01T00:00:00+14:00",
        ]
    )
)
SHAPES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))
UPLOAD = ImportPersons(
    type=ImportType.DIRECTORY, file_contents="", clean_import=False, clear_relationships=False, update_responses=False
)
READERS = [
    GetPersons(),
    GetAssessments(),
    GetAssessment(assessment_id="TS_1"),
    GetCustomRelationships(assessment_id="TS_1"),
    GetSurveys(),
    UPLOAD,
    CreatePerson(email="a@acme.example", first_name="Anna", last_name="Berger"),
]


@given(SHAPES)
def test_no_shape_crashes_a_reader(shape):
    for call in READERS:
        try:
            call.read(shape)
        except MalformedResponse:
            continue


@given(SHAPES)
def test_json_is_read_as_it_was_written(shape):
    text = json.dumps(shape)
    try:
        assert read_json(text.encode()) == shape
    except MalformedResponse:
        assert any(part.isdigit() for part in text)  # only a number can be too large here


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_json_reader(body):
    try:
        read_json(body)
    except MalformedResponse:
        return


@pytest.mark.parametrize(
    "body",
    ['{"a":1,"a":2}', "NaN", "-Infinity", "1e999", "1" * 19, "[" * 51 + "]" * 51, "[" * 100_000, '{"a":', "", "{} x"],
)
def test_unsound_json_is_refused(body):
    with pytest.raises(MalformedResponse):
        read_json(body.encode())


def test_rows_come_as_list_or_map_and_ids_as_number_or_text():
    row = {"PersonID": 4711, "External": "TRUE", "MetaData": [], "UserID": None}
    for result in ({"Persons": [row]}, {"Persons": {"4711": row}}, [row]):
        [person] = GetPersons().read(result)
        assert (person.vendor_id, person.external, person.metadata, person.user_id) == ("4711", True, {}, "")
        assert person.raw == row
    assert GetPersons().read({"Persons": []}) == ()


def test_a_row_that_the_database_cannot_store_is_still_read():
    person = PersonRecord.read(read_json(b'{"PersonID": "P_1", "LastName": "Ber\\u0000ger", "FirstName": "\\ud800"}'))
    assert (person.last_name, person.first_name) == ("Ber\x00ger", "\ud800")


def test_a_row_without_its_id_is_refused():
    with pytest.raises(MalformedResponse, match="PersonID"):
        GetPersons().read({"Persons": [{"LastName": "Berger"}]})


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2026-03-01 09:30:00", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00+01:00", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (None, None),
        ("soon", None),
    ],
)
def test_times_are_utc_or_unset(said, read):
    record = GetAssessment(assessment_id="TS_1").read({"ThreeSixtyID": "TS_1", "CreationDate": said})
    assert record.created_at == read


@pytest.mark.parametrize(
    "said",
    [
        ["Customer"],
        [{"Name": "Customer"}],
        {"Customer": []},
        {"1": "Customer"},
        {"1": {"Name": "Customer"}},
        {"Relationships": [{"Name": "Customer", "Translations": []}]},
    ],
)
def test_relationships_come_in_many_forms(said):
    assert [record.name for record in read_relationships(said)] == ["Customer"]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("P_1", "P_1"),
        ({"PersonID": "P_1"}, "P_1"),
        (None, ""),
        ([], ""),
        ("Success", ""),
        ("1", ""),
        ({"Success": 1}, ""),
    ],
)
def test_a_new_id_comes_bare_or_in_a_map(said, read):
    assert Created.read(said, "PersonID").vendor_id == read


def test_an_empty_list_may_come_as_an_empty_text_as_in_xml():
    assert [GetPersons().read(""), GetSurveys().read(""), GetUserIDs().read("")] == [(), (), ()]


@pytest.mark.parametrize("said", [[""], [[]], [{"Name": ""}], {"": ""}])
def test_a_relationship_without_a_name_is_refused(said):
    with pytest.raises(MalformedResponse):
        read_relationships(said)


@pytest.mark.parametrize("said", [{"Messages": [{"ID": "MS_1"}]}, {"Images": [""]}, {"Panels": [7]}])
def test_a_library_object_without_an_id_is_refused(said):
    with pytest.raises(MalformedResponse):
        LibraryObjects.read(said)


def test_why_a_row_was_ignored_can_be_kept():
    [row] = UPLOAD.read({"Ignored": [{"Row": "7", "Reason": "No\x00 address\r\n" + "x" * 5000}]}).ignored

    assert (row.row, row.reason[:14], len(row.reason)) == (7, "No  address  x", 500)
    assert UPLOAD.read({"Count": None}).count is None


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ([{"Where": "QID2", "What": "it has no choices."}], [("QID2", "it has no choices.")]),
        ([{"Where": "QID2"}, "odd", None], [("QID2", "")]),
        ([], []),
        (None, []),
        ("all well", []),
    ],
)
def test_what_an_import_did_not_understand_is_read(told, read):
    made = Created.read({"SurveyID": "SV_1", "Warnings": told}, "SurveyID")

    assert (made.vendor_id, [(one.where, one.what) for one in made.warnings]) == ("SV_1", read)
