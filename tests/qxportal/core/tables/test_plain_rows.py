"""Plain rows of a workbook, told without an XML parser: exactly what the parser would have told."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qxportal.core.tables.archive import Archive
from qxportal.core.tables.describe import describe
from qxportal.core.tables.plain_rows import PlainRow, others
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.xlsx import Workbook
from tests.support.workbooks import row, text
from tests.support.workbooks import xlsx as workbook

ERROR = '<c r="HERE" t="e"><v>#N/A</v></c>'
FORMULA = '<c r="HERE"><f>A1&amp;B1</f></c>'
CELLS = (
    "Anna",
    "",
    "Müller & Söhne > 2",
    7,
    0.5,
    ERROR,
    FORMULA,
    '<c r="HERE" s="1"/>',
    '<c r="HERE" s="1"><v>45000</v></c>',
    '<c r="HERE" t="inlineStr"><is><r><t>An</t></r><r><t>na</t></r></is></c>',
    '<c r="HERE" t="inlineStr"><is><t><![CDATA[<row r="9">]]></t></is></c>',
    '<c r="HERE" t="inlineStr"><is><t>a&#10;b</t></is></c>',
    '<c r="HERE"><v/></c>',
)
ATTRIBUTES = ("", 'spans="1:3"', 'hidden="1"', 'hidden="false" ht="12.8"', "spans='1:3'")


def scanned(rows, *, parsed):
    """What a look over a sheet tells; a blank in the name of its rows' element leaves all of it to the parser."""
    data = workbook(rows)
    if parsed:
        data = workbook("", parts={"xl/worksheets/sheet1.xml": sheet(rows, begin="<sheetData >")})
    found = Workbook(Archive(io.BytesIO(data))).scan("People")
    return found.last_row, found.width, found.rows, found.hidden_rows, found.problems


def sheet(rows, begin="<sheetData>"):
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{begin}{rows}</sheetData></worksheet>'


@st.composite
def sheets(draw):
    rows, number = [], 0
    for cells, attributes, gap in draw(
        st.lists(
            st.tuples(st.lists(st.sampled_from(CELLS), max_size=4), st.sampled_from(ATTRIBUTES), st.integers(1, 3)),
            min_size=1,
            max_size=6,
        )
    ):
        number += gap
        rows.append(row(number, *cells, attributes=attributes))
    return draw(st.sampled_from(("", "\n", "<!-- <row r='2'> -->"))).join(rows)


@given(sheets())
@settings(max_examples=60, deadline=None)
def test_plain_rows_tell_what_the_parser_tells(rows):
    assert scanned(rows, parsed=False) == scanned(rows, parsed=True)


def test_rows_across_pieces_are_read(monkeypatch):
    monkeypatch.setattr("qxportal.core.tables.archive.PIECE", 50)
    rows = "".join(row(number, f"Name {number}", ERROR if number == 3 else number) for number in range(1, 40))

    assert scanned(rows, parsed=False) == scanned(rows, parsed=True)
    assert scanned(rows, parsed=False)[:3] == (39, 2, 39)


def test_plain_rows_are_spared_the_parser():
    xml = sheet("".join(row(number, "Anna", FORMULA if number == 2 else 7) for number in range(1, 40))).encode()
    taken: list[PlainRow] = []

    left = b"".join(others(iter([xml[:300], xml[300:]]), taken.append, lambda: xml.index(b"<sheetData>")))

    assert [each.number for each in taken] == [1, *range(3, 40)]
    assert left.count(b"<row ") == 1
    assert len(left) + sum(each.end - each.begin for each in taken) == len(xml)


@pytest.mark.parametrize(
    "rows",
    [
        row(2, "Anna") + row(1, "Bo"),
        row(1, "Anna") + row(1, "Bo"),
        '<row r="1"><c r="A2" t="inlineStr"><is><t>elsewhere</t></is></c></row>',
        row(1, "Anna", attributes='spans="1:1" spans="1:2"'),
        row(1, "Anna", attributes='r="2"'),
        row(1, "<c r='A1'><v>&lt;</c></v>"),
        '<row r="1"><c r="A1"><v>a]]></v></c></row>',
        '<row r="1"><c r="A1"><v>\x01</v></c></row>',
        row(1, "Anna") + '<row r="2"><c r="A2"><v>cut',
    ],
)
def test_damaged_rows_are_refused(rows):
    with pytest.raises(TableProblem, match="damaged"):
        scanned(rows, parsed=False)


def test_rows_that_are_no_utf_8_are_refused():
    part = sheet(row(1, "Name") + row(2, "SIGN")).encode().replace(b"SIGN", b"M\xfcller")
    data = workbook("", parts={"xl/worksheets/sheet1.xml": part})

    with pytest.raises(TableProblem, match="damaged"):
        describe(io.BytesIO(data), "people.xlsx")


def test_blank_rows_at_the_end_are_cut_off():
    rows = row(1, "Name") + row(2, "Anna") + "".join(row(n, '<c r="HERE" s="1"/>') for n in range(3, 30))
    book = Workbook(Archive(io.BytesIO(workbook(rows))))
    found = book.scan("People")
    packed = Archive(book.copy("People", found).closed())

    assert found.last_row == 2
    assert b'<row r="3"' not in packed.read("xl/worksheets/sheet1.xml")
    assert packed.read("xl/worksheets/sheet1.xml").endswith(b"</sheetData></worksheet>")
    assert text("A2", "Anna").encode() in packed.read("xl/worksheets/sheet1.xml")
