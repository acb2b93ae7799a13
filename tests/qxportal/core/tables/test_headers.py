import pytest

from tests.support.tables import cells, described


@pytest.mark.parametrize(
    ("above", "number"),
    [
        ("", 1),
        ("Employees of Acme\n", 2),
        ("Employees of Acme,,\n\nAs of 2026-11-24,,\n\n", 5),
        ("Report:,Headcount,\nBy:,ann@x.example,\n", 3),
        ("1,2,3\n", 2),
    ],
)
def test_header_is_found_below_titles(above, number):
    file = f"{above}First name,Last name,Email,Team\nAnn,Ace,ann@x.example,A\nBob,Bee,bob@x.example,B\n".encode()

    assert cells(file)[0] == (number, ("First name", "Last name", "Email", "Team"))
    assert [row for row, _cells in cells(file)] == [number, number + 1, number + 2]


def test_another_row_can_be_chosen():
    file = b"Group A,Group B\nFirst name,Email\nAnn,ann@x.example\n"

    assert described(file).reading.header_row == 1
    assert cells(file, header_row=2)[0] == (2, ("First name", "Email"))


def test_row_that_is_not_there_is_not_chosen():
    assert described(b"Name,City\nAnn,Rome\n", header_row=99).reading.header_row == 1
