"""PDFs of the portal's own pages."""

import tempfile
from io import BytesIO

import pytest
from pypdf import PdfReader

from assessments.letter_pdf import STYLES
from assessments.pdf_pages import _press, printed


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85"], ids=["line", "paragraph", "next line"])
def test_texts_with_another_end_of_line_are_printed(end: str) -> None:
    made = printed(f"<html lang=en><title>Letter</title><p>Dear Ann, {end}your code follows. {end}</p></html>", STYLES)

    words = PdfReader(BytesIO(made)).pages[0].extract_text()
    assert " ".join(words.split()) == "Dear Ann, your code follows."


def test_printer_that_is_let_go_deletes_the_files_of_its_fonts(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    press = _press.__wrapped__(STYLES)
    assert list(tmp_path.glob("weasyprint-*"))

    del press

    assert not list(tmp_path.glob("weasyprint-*"))
