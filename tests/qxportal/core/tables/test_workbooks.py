import datetime

import pytest

from qxportal.core.tables import limits
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.workbook import as_text
from tests.support.tables import cells, described, read
from tests.support.workbooks import archive, ods, ods_row, row, xlsx

HEAD = row(1, "Name", "Id", "Since")
ODS_HEAD = ods_row("Name", "Id", "Since")


def test_cells_are_text_with_their_types():
    date = '<c r="HERE" s="1"><v>46024</v></c>'
    moment = '<c r="HERE" s="2"><v>46024.5</v></c>'
    true = '<c r="HERE" t="b"><v>1</v></c>'
    file = xlsx(HEAD + row(2, "NA", "007", date) + row(3, "Añe", 7, moment) + row(4, true, 7.25, 4321000123))

    assert cells(file)[1:] == [
        (2, ("NA", "007", "2026-01-02")),
        (3, ("Añe", "7", "2026-01-02 12:00:00")),
        (4, ("TRUE", "7.25", "4321000123")),
    ]


def test_cells_of_ods_are_text_with_their_types():
    date = '<table:table-cell office:value-type="date" office:date-value="2026-01-02"/>'
    true = '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
    file = ods(ODS_HEAD + ods_row("NA", "007", date) + ods_row("Añe", 7, true))

    assert cells(file)[1:] == [(2, ("NA", "007", "2026-01-02")), (3, ("Añe", "7", "TRUE"))]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7.0, "7"),
        (-0.5, "-0.5"),
        (1e21, "1e+21"),
        (datetime.time(8, 30), "08:30:00"),
        (datetime.timedelta(hours=24, minutes=30), "24:30:00"),
        (False, "FALSE"),
    ],
)
def test_values_as_text(value, text):
    assert as_text(value) == text


def test_line_breaks_in_cells_are_of_one_kind():
    assert cells(xlsx(HEAD + row(2, "a_x000D_\nb", "c", "d")))[1][1][0] == "a\nb"


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_line_breaks_and_tabs_in_cells_of_ods_are_kept(size, monkeypatch):
    monkeypatch.setattr("qxportal.core.tables.archive.PIECE", size)
    cell = (
        '<table:table-cell office:value-type="string"><text:p>a<text:line-break/>b</text:p>'
        "<text:p>c<text:tab/>d</text:p></table:table-cell>"
    )

    assert cells(ods(ODS_HEAD + ods_row(cell, "d")))[1][1][:2] == ("a\nb\nc\td", "d")


def test_rows_keep_their_numbers_where_the_table_begins_further_down():
    head, body = (
        '<row r="3"><c r="B3" t="inlineStr"><is><t>Name</t></is></c></row>',
        '<row r="5"><c r="B5"><v>7</v></c></row>',
    )

    assert cells(xlsx(head + body)) == [(3, ("", "Name")), (5, ("", "7"))]
    blank = '<table:table-cell table:number-columns-repeated="2"/>'
    gap = ods_row(blank, attributes='table:number-rows-repeated="2"')
    assert cells(ods(gap + ods_row(blank, "Name") + gap + ods_row(blank, 7))) == [
        (3, ("", "", "Name")),
        (6, ("", "", "7")),
    ]


def test_errors_and_formulas_without_result_are_problems_of_their_cells():
    error = '<c r="HERE" t="e"><v>#N/A</v></c>'
    without = '<c r="HERE"><f>A1</f><v></v></c>'
    with_result = '<c r="HERE"><f>1+6</f><v>7</v></c>'
    with_text = '<c r="HERE" t="str"><f>IF(A1="","","x")</f><v></v></c>'
    found = read(xlsx(HEAD + row(2, "Ann", error, without) + row(3, "Bob", with_result, with_text)))

    assert {place: str(words) for place, words in found[1].problems.items()} == {
        1: "Cell B2 holds an error such as #N/A. Correct it in the spreadsheet.",
        2: "Cell C2 holds a formula without a result. Open the file in a spreadsheet program and save it.",
    }
    assert (found[2].cells, found[2].problems) == (("Bob", "7", ""), {})


def test_errors_and_formulas_of_ods_are_problems_too():
    error = (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" calcext:value-type="error">'
        "<text:p>#N/A</text:p></table:table-cell>"
    )
    without = '<table:table-cell table:formula="of:=[.A1]"/>'
    found = read(ods(ODS_HEAD + ods_row("Ann", error, without)))

    assert {place: str(words).split(" holds ")[0] for place, words in found[1].problems.items()} == {
        1: "Cell B2",
        2: "Cell C2",
    }


def test_hidden_rows_and_columns_are_counted_and_asked_about():
    columns = '<cols><col min="3" max="9" hidden="1"/></cols>'
    file = xlsx(columns + HEAD + row(2, "Ann", "1", "x", attributes='hidden="1"') + row(3, "Bob", "2", "y"))
    found = described(file)

    assert (found.hidden_rows, found.hidden_columns) == (1, 1)
    assert found.open_questions == ("with_hidden",)
    assert cells(file, with_hidden=True)[1:] == [(2, ("Ann", "1", "x")), (3, ("Bob", "2", "y"))]
    assert cells(file, with_hidden=False) == [(1, ("Name", "Id", "")), (3, ("Bob", "2", ""))]


def test_hidden_rows_and_columns_of_ods():
    columns = '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
    rows = ods_row("Ann", "1", "x", attributes='table:visibility="filter"') + ods_row("Bob", "2", "y")
    found = described(ods(columns + ODS_HEAD + rows))

    assert (found.hidden_rows, found.hidden_columns) == (1, 1)
    assert cells(ods(columns + ODS_HEAD + rows), with_hidden=False) == [(1, ("Name", "Id", "")), (3, ("Bob", "2", ""))]


@pytest.mark.parametrize(
    "book",
    [
        lambda sheets: xlsx({name: row(1, "Name") + row(2, name) if full else "" for name, full in sheets.items()}),
        lambda sheets: ods({name: ods_row("Name") + ods_row(name) if full else "" for name, full in sheets.items()}),
    ],
)
def test_first_sheet_with_something_is_suggested_and_another_can_be_chosen(book):
    file = book({"Cover": False, "People": True, "More & more": True})

    assert [sheet.name for sheet in described(file).sheets] == ["Cover", "People", "More & more"]
    assert cells(file)[1] == (2, ("People",))
    assert cells(file, sheet="More & more")[1] == (2, ("More & more",))
    with pytest.raises(TableProblem, match="no sheet named Nobody"):
        described(file, sheet="Nobody")


def test_hidden_sheets_are_the_last_to_be_suggested():
    file = xlsx({"Old": row(1, "Name") + row(2, "Ann"), "New": row(1, "Name") + row(2, "Bob")}, hidden=("Old",))

    assert cells(file)[1] == (2, ("Bob",))
    assert [(sheet.name, sheet.hidden) for sheet in described(file).sheets] == [("Old", True), ("New", False)]


@pytest.mark.parametrize(
    "file",
    [
        xlsx(HEAD + row(2, "Ann", "1", "x") + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'),
        ods(
            ODS_HEAD
            + ods_row("Ann", "1", "x")
            + ods_row(
                '<table:table-cell table:number-columns-repeated="16384"/>',
                attributes='table:number-rows-repeated="1048574"',
            )
        ),
    ],
)
def test_blank_cells_to_the_end_of_a_sheet_cost_nothing(file):
    assert cells(file)[-1] == (2, ("Ann", "1", "x"))
    assert described(file).notes == ()


@pytest.mark.parametrize(
    "file",
    [
        xlsx(HEAD + row(2, "Ann", "1", "x") + row(9000, " ", "", "")),
        ods(
            ODS_HEAD
            + ods_row("Ann", "1", "x")
            + ods_row("<table:table-cell/>", attributes='table:number-rows-repeated="8997"')
            + ods_row("stray")
        ),
    ],
)
def test_rows_below_a_thousand_blank_ones_are_left_out_and_named(file):
    found = described(file)

    assert found.row_count == 1
    assert [str(note) for note in found.notes] == [
        "Row 9000 and those below it were left out: more than 1000 blank rows stand above it."
    ]


def test_rows_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "WORKBOOK_ROWS", 20)

    with pytest.raises(TableProblem, match="more than 20 rows"):
        described(xlsx(HEAD + "".join(row(number, "Ann") for number in range(2, 100))))
    assert described(xlsx(HEAD + "".join(row(number, "Ann") for number in range(2, 22)))).row_count == 20
    with pytest.raises(TableProblem, match="more than 20 rows"):
        described(xlsx(HEAD + "".join(row(number, "Ann") for number in range(2, 23))))
    with pytest.raises(TableProblem, match="more than 20 rows"):
        described(ods(ODS_HEAD + ods_row("Ann", attributes='table:number-rows-repeated="1000000"')))


def test_value_in_a_column_far_right_is_refused_with_its_place():
    far = '<c r="XFD2" t="inlineStr"><is><t>x</t></is></c>'

    with pytest.raises(TableProblem, match=r"Cell XFD2 has a value\. At most 500 columns"):
        described(xlsx(HEAD + f'<row r="2">{far}</row>'))
    wide = '<table:table-cell table:number-columns-repeated="16383"/>'
    with pytest.raises(TableProblem, match=r"Cell XFD2 has a value\. At most 500 columns"):
        described(ods(ODS_HEAD + ods_row(wide, "x")))


def test_sheet_that_is_too_large_on_the_whole_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "CELLS", 1_000)

    with pytest.raises(TableProblem, match="more than 1000 cells up to row 400"):
        described(xlsx(HEAD + row(400, "Ann")))


def test_names_with_a_prefix_are_known():
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c></x:row>'
        '<x:row r="2"><x:c r="A2"><x:v>7</x:v></x:c></x:row><x:row r="3"/></x:sheetData></x:worksheet>'
    )

    assert cells(xlsx("", parts={"xl/worksheets/sheet1.xml": sheet})) == [(1, ("Name",)), (2, ("7",))]


def test_password_is_named():
    with pytest.raises(TableProblem, match="protected by a password"):
        described(ods(ODS_HEAD, manifest="<manifest:encryption-data/>"))


def test_archive_that_is_no_table_is_refused():
    with pytest.raises(TableProblem, match=r"“letter\.docx” is not a table"):
        described(archive({"word/document.xml": "<w/>"}), "letter.docx")
