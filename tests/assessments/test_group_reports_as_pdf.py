"""Group reports as PDF: the figures of the page, tagged, in parts that fit on a page, in the report's language."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from assessments.models import UnitReport
from assessments.unit_pdf import ACROSS, tables, unit_pdf
from assessments.unit_tables import Row, Shown
from qxportal.threesixty.records.group_reports import GroupCellRecord, GroupReportRecord
from tests.support.mirrored_rows import assessment, organisation

pytestmark = pytest.mark.django_db


def record(units: int, language: str = "EN") -> GroupReportRecord:
    """Units whose figures are all different, and one figure that is withheld."""
    cells = {
        number: {
            "S1": {"Mean": 1 + number / 10, "Count": 6},
            "S2": {"Withheld": "Difference"},
            "C1": {"Mean": 1 + number / 10, "Count": 6, "Statements": 1},
        }
        for number in range(units)
    }
    return GroupReportRecord.read(
        {
            "Language": language,
            "MinimumSubjects": 5,
            "Groups": [{"Name": f"Unit {number}", "Subjects": 6, "Cells": one} for number, one in cells.items()],
            "Scale": {"1": "Never", "2": "Seldom", "3": "Sometimes", "4": "Often", "5": "Always"},
            "Competencies": [
                {"ID": "C1", "Name": "Trust", "Items": [{"ID": "S1", "Text": "Listens"}, {"ID": "S2", "Text": "Asks"}]}
            ],
        }
    )


def printed(units: int, language: str = "EN") -> PdfReader:
    org = organisation()
    report = record(units, language)
    made = UnitReport.objects.create(
        org=org, assessment=assessment(org), title="Department", persons=["P_1"], content=report.raw
    )
    return PdfReader(io.BytesIO(unit_pdf(made, report)))


def words(document: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def elements(document: PdfReader) -> list[Any]:
    """The elements of the structure tree."""
    root: Any = document.trailer["/Root"]
    found, waiting = [], [root["/StructTreeRoot"]["/K"]]
    while waiting:
        one = waiting.pop()
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            found.append(one)
            waiting.append(one.get("/K", []))
    return found


def test_pdf_has_every_figure_and_reason_of_the_page():
    document = printed(8)

    said = words(document)
    for number in range(8):
        assert f"Unit {number}" in said
        assert said.count(f"{1 + number / 10:.1f}") == 2  # the competency, and its statement
    assert said.count("Too close to an earlier report") == 8 + 1  # and what that means
    assert "Confidential" in said


def test_pdf_is_tagged_and_its_headers_have_scopes():
    document = printed(2)

    root: Any = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    scopes = [one["/A"].get_object()["/Scope"] for one in elements(document) if one.get("/S") == "/TH"]
    assert set(scopes) == {"/Column", "/Row"}


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("DE", ("Vertraulich", "Aussage")),
        (
            "FR",
            ("Confidentiel. Une personne qui peut aussi ouvrir", "Carte de chaleur", "Énoncé", "personnes évaluées"),
        ),
        ("ES", ("Confidencial. Quien también pueda abrir", "Mapa de calor", "Afirmación", "personas evaluadas")),
    ],
)
def test_pdf_is_in_the_language_of_the_report(language, sentences):
    document = printed(2, language)

    assert [one for one in sentences if one not in words(document)] == []
    assert "1,1" in words(document)
    assert document.trailer["/Root"]["/Lang"] == language.lower()  # type: ignore[index]


def test_wide_tables_are_parted_with_all_rows():
    cells = [Shown(f"Unit {number}", GroupCellRecord(mean=number, subjects=5)) for number in range(2 * ACROSS + 1)]
    rows = [Row("Listens", 0, cells), Row("Asks", 0, cells[::-1])]

    parts = list(tables([one.unit for one in cells], rows))

    assert [len(part.heads) for part in parts] == [5, 5, 3]
    assert [name for part in parts for name in part.heads] == [one.unit for one in cells]
    assert [one for part in parts for one in part.rows[0].cells] == cells
    assert [one for part in parts for one in part.rows[1].cells] == cells[::-1]
