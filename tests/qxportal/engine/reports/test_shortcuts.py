"""Shortcuts for WeasyPrint change no word and no place of a page, and draw a line as one rectangle."""

import io
from typing import Any

import pydyf
import pytest
import weasyprint
from pypdf import PdfReader
from pypdf.generic import ContentStream

from qxportal.engine.reports import pdf, shortcuts

HARD = """<html lang="de"><style>
p { width: 60mm; hyphens: auto } .even { text-align: justify } .kept { white-space: pre-line; overflow-wrap: anywhere }
td { border-bottom: 1pt solid #336699; padding: 1mm 10%; float: none } thead { font-weight: 600 }
.side { border-left: 2pt solid; letter-spacing: 1pt } .float { float: right; width: 30% }
</style><p class="even">Geschwindigkeitsbegrenzungen gelten ausdrücklich auch für Besprechungen am Nachmittag.</p>
<p class="kept">Eins\nzwei\u2029drei\n\nhttps://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</p>
<p dir="rtl">يبقى هادئًا عندما تصعب الأمور</p><p class="float">(3.5) \\ rechts</p><p class="side">Links</p>
<table><thead><tr><td>Kopf</td></tr></thead><tbody><tr><td>3,5 (8)</td></tr></tbody></table>
<table style="break-before: page"><tr><td>3,5 (8)</td></tr></table></html>"""


@pytest.fixture(autouse=True)
def taken() -> None:
    pdf.prepare()


def printed() -> PdfReader:
    return PdfReader(io.BytesIO(weasyprint.HTML(string=HARD).write_pdf(pdf_variant="pdf/ua-1")))


def operations(document: PdfReader) -> list[tuple[list[Any], bytes]]:
    return [
        one for page in document.pages for one in ContentStream(page["/Contents"].get_object(), document).operations
    ]


def texts(document: PdfReader) -> list[tuple[list[Any], bytes]]:
    """Every text with its font, its place and its glyphs."""
    return [one for one in operations(document) if one[1] in (b"Tf", b"Tm", b"Tj", b"TJ")]


def test_shortcuts_are_checked_for_the_installed_versions():
    assert (weasyprint.__version__, pydyf.__version__) == shortcuts.CHECKED
    assert len(shortcuts.replaced) == 9


def test_shortcuts_change_no_text_and_no_place(monkeypatch: pytest.MonkeyPatch):
    short = printed()
    for owner, name, before in shortcuts.replaced:
        monkeypatch.setattr(owner, name, before)
    whole = printed()

    assert texts(short) == texts(whole)
    assert len(texts(short)) > 20
    assert [page.extract_text() for page in short.pages] == [page.extract_text() for page in whole.pages]
    assert len(operations(short)) < len(operations(whole))


def test_line_below_a_cell_is_one_rectangle():
    shapes = [operands for operands, operator in operations(printed()) if operator == b"re"]

    below = [one for one in shapes if one[3] == pytest.approx(4 / 3, abs=0.01)]  # a point, in CSS pixels
    beside = [one for one in shapes if one[2] == pytest.approx(8 / 3, abs=0.01)]
    assert (len(below), len(beside)) == (3, 1)


@pytest.mark.parametrize("value", [b"x", "W n", 7, -3, True, 2.0, 0.125, pydyf.String("a(b"), pydyf.Array([1, "x"])])
def test_values_are_written_as_before(value: object):
    [before] = [old for owner, name, old in shortcuts.replaced if (owner, name) == (pydyf, "_to_bytes")]

    assert pydyf._to_bytes(value) == before(value)
