"""Workbooks that were made to cost more than they show: refused in words, before they cost memory."""

import io
import zipfile

import pytest

from qxportal.core.tables import limits
from qxportal.core.tables.problems import TableProblem
from tests.support.tables import cells, described, read
from tests.support.workbooks import ods, ods_row, row, xlsx

HEAD = row(1, "Name", "Id")


def test_sheet_that_unpacks_to_far_more_than_it_packs_is_refused():
    with pytest.raises(TableProblem, match="unpacks to more"):
        described(xlsx(HEAD + row(2, "Ann") + " " * (limits.RATIO_FROM * 2)))


def test_shared_texts_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setattr(limits, "STRINGS_BYTES", 1_000)
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + "<si><t>x</t></si>" * 100 + "</sst>"
    )
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="rId2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )

    with pytest.raises(TableProblem, match="unpacks to more"):
        described(
            xlsx(
                HEAD + row(2, "Ann", '<c r="HERE" t="s"><v>0</v></c>'),
                parts={"xl/sharedStrings.xml": shared, "xl/_rels/workbook.xml.rels": links},
            )
        )


@pytest.mark.parametrize("declared", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_not_expanded(declared):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'

    with pytest.raises(TableProblem, match="damaged"):
        described(xlsx(HEAD + row(2, "Ann"), parts={declared: bomb}))


def test_cell_that_stands_in_another_row_than_it_says_is_refused():
    with pytest.raises(TableProblem, match="damaged"):
        described(xlsx(HEAD + '<row r="2"><c r="A1048576"><v>1</v></c></row>'))


def test_rows_that_go_back_are_refused():
    with pytest.raises(TableProblem, match="damaged"):
        described(xlsx(row(5, "Name") + row(2, "Ann")))


def test_two_parts_of_one_name_are_refused():
    out = io.BytesIO(xlsx(HEAD + row(2, "Ann")))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as packed:
        packed.writestr("xl/workbook.xml", "<other/>")

    with pytest.raises(TableProblem, match="damaged"):
        described(out.getvalue())


def test_spaces_that_a_number_stands_for_are_bounded():
    spaces = (
        '<table:table-cell office:value-type="string"><text:p>a<text:s text:c="99999999"/></text:p></table:table-cell>'
    )

    with pytest.raises(TableProblem, match="damaged"):
        described(ods(ods_row("Name") + ods_row(spaces)))


def test_one_cell_of_ten_megabytes_is_a_problem_of_its_row():
    noise = "".join(chr(33 + (place * place) % 90) for place in range(200_000)).replace("<", "").replace("&", "")
    found = read(xlsx(HEAD + row(2, noise * 2, "1")))

    assert str(found[1].problems[0]) == "Cell A2 has more than 32767 characters."


@pytest.mark.parametrize("cut", [10, 200, -30])
def test_file_that_was_cut_off_is_refused(cut):
    with pytest.raises(TableProblem, match=r"damaged|is not a table"):
        cells(xlsx(HEAD + row(2, "Ann"))[:cut])


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
def test_parts_that_are_no_xml_are_refused(part):
    with pytest.raises(TableProblem, match=r"damaged|no sheet"):
        cells(xlsx(HEAD + row(2, "Ann"), parts={part: "<open"}))


def test_large_files_are_refused_by_their_size(monkeypatch):
    monkeypatch.setattr(limits, "WORKBOOK_BYTES", 500)
    monkeypatch.setattr(limits, "TEXT_BYTES", 500)

    with pytest.raises(TableProblem, match="larger than 0 MB"):
        described(xlsx(HEAD + row(2, "Ann")))
    with pytest.raises(TableProblem, match="larger than 0 MB"):
        described(b"Name,City\n" + b"Ann,Rome\n" * 100)
