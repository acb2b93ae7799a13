"""Small files in the shape of real ones: every cell as it was written, every row under the file's own number."""

import pytest

from qxportal.core.tables.problems import TableProblem
from tests.support.case_files import case
from tests.support.tables import cells, described

FILES = [
    (
        "01_q360_subjects_bom_crlf.csv",
        4,
        ("Jürgen", "Größe", "juergen@t.example", "00A7", "DE", "München", "(089) 55 01", "2021-01-31"),
    ),
    ("02_q360_evaluators.csv", 4, ("Li", "Wei", "li.wei@t.example", "000901", "000123", "DirectReport", "上海")),
    ("03_classic_evaluators.csv", 4, ("Vic", "Old", "vic.old@t.example", "JOSE@T.EXAMPLE", "PEER", "", "")),
    ("04_excel_unicode_text_utf16_tab.txt", 2, ("Åsa", "Öberg", "asa@t.example", "0007")),
    ("05_excel_semicolon_cp1252.csv", 2, ("Zoë", "Müller", "zoe@t.example", "R&D")),
    ("05c_cp1252_comma.csv", 2, ("Zoë", "Müller", "zoe@t.example", "R&D")),
    ("08b_workday_no_title.csv", 2, ("010023", "Renée", "D'Arcy", "renee@t.example", "Director, Ops", "Kim Lee")),
    (
        "09_personio.csv",
        2,
        ("0012", "Jörg", "Weiß", "joerg.weiss@t.example", "IT", "Admin", "Anna Groß", "2021-09-01", "Aktiv"),
    ),
    ("11_q360_example_metadata_headers.csv", 3, ("Pam", "Vee", "pam@t.example", "U2", "pam2#brand", "EN", "a", "b")),
    ("12_headers_spaced_and_cased.csv", 2, ("Ray", "Bee", "ray@t.example", "X1")),
    ("13_header_twice_empty.csv", 2, ("Sam", "Gee", "sam@t.example", "", "", "")),
    ("14_tsv.tsv", 2, ("Tia,Jay", "Jay", "tia@t.example")),
    ("15_cr_only_mac.csv", 3, ("Val", "Ell", "val@t.example")),
]


@pytest.mark.parametrize(("name", "number", "last"), FILES, ids=[name for name, *_rest in FILES])
def test_every_cell_of_a_file_is_read(name, number, last):
    found = cells(case(f"people/{name}"))

    assert found[-1] == (number, last)
    assert found[0][0] == 1
    assert len(found) == number


def test_report_of_an_hr_system_keeps_phones_and_placeholders():
    header, *rows = cells(case("people/06_bamboohr_report.csv"))

    assert header[1][:3] == ("Employee #", "Last name, First name", "First Name")
    assert rows[0][1][0] == "000017"
    assert rows[0][1][5] == "2019-03-01"  # 06/15/2022 in the same column tells
    assert rows[1][1][5] == "00/00/0000"
    assert rows[2][1][10] == ""


def test_quotation_mark_inside_a_cell_names_its_row():
    with pytest.raises(TableProblem, match="Row 3 cannot be read"):
        cells(case("people/17_quote_inside.csv"))


@pytest.mark.parametrize("name", [name for name, *_rest in FILES if not name.startswith("05")])
def test_sound_files_ask_nothing(name):
    assert described(case(f"people/{name}")).open_questions == ()
