"""Tables are read as they were written, in every format and whatever their cells say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qxportal.engine.responses.columns import Table as Laid
from qxportal.engine.responses.layouts import LAYOUTS
from qxportal.threesixty.calls.assessments import GetEvaluationStatus
from qxportal.threesixty.calls.responses import GetLegacyResponseData
from qxportal.threesixty.csv import read_csv, read_own, read_rows, to_csv
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.wire.answers import RawResponse, read_answer

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# what XML can hold, and a line end that no format turns into another
SHOWN = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Cc"]) | st.just("\n"), max_size=30)
NAMES = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cn", "Cc"]), min_size=1, max_size=12)
RESPONSES = GetLegacyResponseData(survey_id="SV_1")
EVALUATIONS = GetEvaluationStatus(
    assessment_id="TS_1",
    include_evaluation_responses=True,
    include_subject_metadata=True,
    include_evaluator_metadata=True,
)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5))
def test_any_cell_of_a_csv_file_comes_back(rows):
    assert read_rows(to_csv(rows[0], rows[1:]).encode()) == rows


@given(st.data())
def test_responses_are_the_same_in_every_format(drawn):
    others = drawn.draw(st.lists(NAMES.filter(lambda name: name not in FIXED), unique=True, max_size=4))
    names = ["ResponseID", "Status", "Finished", *others]
    cells = st.tuples(*[SHOWN] * len(others))
    laid = {
        f"R_{number}": [f"R_{number}", "32", "1", *said]
        for number, said in enumerate(drawn.draw(st.lists(cells, min_size=1, max_size=4)))
    }
    found = []
    for layout, kind in LAYOUTS.values():
        table = Laid("Leadership", "EN", names, names, names, iter([list(laid.values())]))
        body = b"".join(layout(table, names))
        found.append(RESPONSES.read(read_answer(RESPONSES, RawResponse(200, {"content-type": kind}, body))))

    assert found[1:] == [found[0]] * 3
    assert [list(one.values.values()) for one in found[0]] == [row[3:] for row in laid.values()]


FIXED = {
    "ResponseID",
    "ResponseSet",
    "Name",
    "ExternalDataReference",
    "EmailAddress",
    "IPAddress",
    "Status",
    "StartDate",
    "EndDate",
    "Finished",
}


def evaluations(header, *cells):
    body = to_csv(header, [cells]).encode()
    return EVALUATIONS.read(read_answer(EVALUATIONS, RawResponse(200, {"content-type": "text/csv"}, body)))


FIRST = ("SubjectEmail", "EvaluatorEmail", "Relationship", "Status")
SAID = ("anna@acme.example", "boris@acme.example", "Manager", "Completed")


def test_metadata_may_have_the_names_of_other_columns():
    [one] = evaluations(
        [*FIRST, "Subject Email", "Subject Team", "Subject team", "Subject Te am", "Evaluator Status", "QID1"],
        *SAID,
        "anna@home.example",
        "Sales",
        "Leads",
        "Both",
        "Guest",
        "4",
    )

    assert (one.subject_email, one.status) == ("anna@acme.example", "Completed")
    assert one.subject_metadata == {"Email": "anna@home.example", "Team": "Sales", "team": "Leads", "Te am": "Both"}
    assert one.evaluator_metadata == {"Status": "Guest"}
    assert one.answers == {"QID1": "4"}


def test_columns_with_spaces_are_the_usual_ones_where_there_are_no_others():
    [one] = evaluations(["Subject Email", "Evaluator Email", "relationship", "STATUS"], *SAID)

    assert (one.subject_email, one.evaluator_email, one.subject_metadata) == (*SAID[:2], {})


@pytest.mark.parametrize("again", ["status", "STATUS", "Sta tus"])
def test_a_column_that_is_there_twice_is_refused(again):
    with pytest.raises(MalformedResponse, match="one twice"):
        evaluations([*FIRST, again], *SAID, "Declined")
    with pytest.raises(MalformedResponse, match="one twice"):
        evaluations([*FIRST, "Subject Team", "Subject Team"], *SAID, "Sales", "Leads")


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r\n\r\n"])
def test_a_file_of_our_own_may_end_as_it_likes(end):
    rows = read_own(f"\ufeffFirstName,Email\r\nAnna,anna@acme.example{end}")
    assert rows == [{"firstname": "Anna", "email": "anna@acme.example"}]


@pytest.mark.parametrize("text", ["", "\n", "Email,Email\n", 'Email\n"anna', "Email\na,b", "Email\n\ud800"])
def test_a_file_of_our_own_that_is_no_table_is_none(text):
    assert read_own(text) is None


@given(st.text())
def test_no_file_of_our_own_crashes_its_reader(text):
    assert read_own(text) is None or list(read_csv(f"{text}\n".encode(), ())) == list(read_own(text) or ())
