import io

from directory.imports.fields import PEOPLE
from directory.imports.source import import_rows
from qxportal.ledger.plans.sources import CLEAR
from tests.support.tables import described
from tests.support.workbooks import row, xlsx

COLUMNS = {0: "first_name", 1: "email", 2: "external", 3: "metadata:Team"}


def rows_of(file, columns=COLUMNS):
    return list(import_rows(io.BytesIO(file), "people", described(file), columns, PEOPLE))


def test_cells_stand_under_their_fields_and_blank_ones_are_left_out():
    found = rows_of(b"Name,Mail,Extern,Team\nAnn, ann@x.example ,ja,\n\nBob,,maybe,007\n")

    assert [(each.row, dict(each.values)) for each in found] == [
        (2, {"first_name": "Ann", "email": "ann@x.example", "external": "yes"}),
        (4, {"first_name": "Bob", "external": "maybe", "metadata:Team": "007"}),
    ]


def test_marker_clears_a_field():
    found = rows_of(b"Name,Mail,Extern,Team\nAnn,a@x.example,NO,(Clear)\nBob,b@x.example,,(leeren)\n")

    assert [each.values["metadata:Team"] for each in found] == [CLEAR, CLEAR]
    assert found[0].values["external"] == "no"


def test_row_with_more_cells_than_names_is_a_problem():
    found = rows_of(b"Name,Mail,Extern,Team\nAnn,a@x.example,no,A,,\nBob,b@x.example,no,B,C\n")

    assert [bool(each.problem) for each in found] == [False, True]


def test_second_header_is_a_problem():
    file = b"FIRSTNAME,LASTNAME,EMAIL\nFirst Name,Last Name,Email\nAnn,Ace,a@x.example\n"

    found = rows_of(file, {0: "first_name", 1: "last_name", 2: "email"})

    assert [str(each.problem) for each in found] == ["The row names the columns once more.", ""]


def test_wrong_cells_count_only_in_columns_that_are_imported():
    error = '<c r="HERE" t="e"><v>#N/A</v></c>'
    file = xlsx(
        row(1, "Name", "Mail", "Salary") + row(2, "Ann", "a@x.example", error) + row(3, error, "b@x.example", 1)
    )

    found = rows_of(file, {0: "first_name", 1: "email"})

    assert [str(each.problem)[:7] for each in found] == ["", "Cell A3"]
