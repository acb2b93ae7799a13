import pytest

from qxportal.core.tables import limits
from qxportal.core.tables.problems import TableProblem
from tests.support.tables import cells, described, read


def test_separator_is_what_makes_even_rows():
    file = "Name;Place;Mail\n" + "".join(f"Ann {n};Wien, {n}. Bezirk, AT;a{n}@x.example\n" for n in range(9))

    assert described(file.encode()).reading.separator == ";"


def test_address_signs_are_no_separators():
    file = "Email\nann@x.example\nbob@y.example\n"

    assert cells(file.encode()) == [(1, ("Email",)), (2, ("ann@x.example",)), (3, ("bob@y.example",))]


def test_uneven_rows_do_not_hide_the_separator():
    file = "A|B|C|D\n1|2|3|4,5\n1|2|3\n1|2|3|4,5\n"

    assert described(file.encode()).reading.separator == "|"


def test_separator_that_the_file_names_is_taken_and_its_row_not_counted():
    assert cells(b"sep=;\r\nName;City\r\nAnn;Rome\r\n") == [(1, ("Name", "City")), (2, ("Ann", "Rome"))]


def test_rows_are_counted_as_a_spreadsheet_does():
    file = 'Name,Note\n\nAnn,"first\r\nsecond"\n\n\nBob,\n'

    assert cells(file.encode()) == [(1, ("Name", "Note")), (3, ("Ann", "first\nsecond")), (6, ("Bob", ""))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_row(end):
    assert cells(f"Name,City{end}Ann,Rome{end}Bob,Bonn".encode())[-1] == (3, ("Bob", "Bonn"))


def test_text_stays_as_written():
    file = "Name,Id,Note,More\nNA,007,+43 1,1E5\nNone, x ,=1+1,null\n"

    assert cells(file.encode())[1:] == [(2, ("NA", "007", "+43 1", "1E5")), (3, ("None", " x ", "=1+1", "null"))]


def test_quotation_mark_that_is_never_closed_names_its_row():
    with pytest.raises(TableProblem, match="opened in row 3 is never closed"):
        cells(b'Name,City\nAnn,Rome\nBob,"Bonn\nCid,Kiel\n')


def test_one_cell_of_ten_megabytes_is_refused_with_its_row():
    with pytest.raises(TableProblem, match="Row 2 is longer"):
        cells(b"Name,City\n" + b"x" * 10_000_000 + b",Rome\n")


def test_cell_longer_than_a_spreadsheet_has_is_a_problem_of_its_row():
    _header, row = read(b"Name,City\n" + b"x" * 40_000 + b",Rome\n")

    assert str(row.problems[0]) == "Cell A2 has more than 32767 characters."


def test_rows_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "TEXT_ROWS", 100)
    head = b"Name,City\n"

    assert described(head + b"Ann,Rome\n" * 100).row_count == 100
    with pytest.raises(TableProblem, match="more than 100 rows"):
        described(head + b"Ann,Rome\n" * 200)
    with pytest.raises(TableProblem, match="more than 100 rows"):
        described(head + b"Ann,Rome\n" * 101)


def test_columns_beyond_the_limit_are_refused():
    wide = b",".join(b"x%d" % n for n in range(16_384)) + b"\n"

    with pytest.raises(TableProblem, match="Row 1 has more than 500 columns"):
        described(wide + wide)


@pytest.mark.parametrize("file", [b"", b"\n\n\n", b"Name,City\n", b"\xef\xbb\xbf"])
def test_nothing_below_a_header_is_refused(file):
    with pytest.raises(TableProblem, match=r"no rows below its header|is empty"):
        described(file)
