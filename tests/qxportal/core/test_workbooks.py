"""Workbooks of templates: read again as text, whatever the cells look like."""

import io

from qxportal.core.tables.describe import describe, rows
from qxportal.core.workbooks import workbook


def test_cells_stay_text() -> None:
    wanted = [("000123", "=1+1"), ("NA", "1/2/2026"), ("Größe", "https://x.example")]

    file = workbook(("Number", "Other"), wanted)

    found = describe(io.BytesIO(file), "template.xlsx")
    every = [row.cells[:2] for row in rows(io.BytesIO(file), "template.xlsx", found.reading)]
    assert every == [("Number", "Other"), *wanted]
