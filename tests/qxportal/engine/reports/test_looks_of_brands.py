"""A brand's logo and colour in reports: on cover and headings, and always readable."""

import hashlib
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from qxportal.engine.reports import colors, html, pdf
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.fingerprint import fingerprint, rendering_key
from qxportal.engine.reports.types import Look, Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

FORMS = [evaluation("Self", 5, 1, 3), *[evaluation("Peer", 2, 4, 4)] * 5]


def picture(color: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (240, 60), color).save(out, "PNG")
    return out.getvalue()


def look(color: str = "#ffd400", logo: bytes = b"") -> Look:
    return Look(color, hashlib.sha256(logo).hexdigest() if logo else "", logo)


@given(st.integers(0, 0xFFFFFF), st.sampled_from([colors.LIGHT, colors.SITE_LIGHT, colors.SITE_DARK]))
def test_every_color_can_be_read_on_every_page(number, on):
    assert colors.contrast(colors.readable(f"#{number:06x}", on), on) >= 4.5


def test_color_that_can_be_read_stays():
    assert colors.readable("#1f4fd8") == "#1f4fd8"
    assert colors.readable("") == ""


def test_headings_and_cover_have_the_color():
    document = html.html(report(source(FORMS, look=look()), Viewer()))

    assert f"h2, .accent, .from {{ color: {colors.readable('#ffd400')} }}" in document
    assert "#ffd400" not in document  # too light to be readable
    assert "<style>" not in html.html(report(source(FORMS), Viewer()))


@pytest.mark.long
def test_cover_has_the_logo_and_says_whose_it_is():
    data = report(source(FORMS, look=look(logo=picture("#e0b000"))), Viewer())

    document = PdfReader(io.BytesIO(pdf.render(data)))

    painted = [[operator for _, operator in sheet.get_contents().operations].count(b"Do") for sheet in document.pages]  # type: ignore[union-attr]
    assert [image.image.size for image in document.pages[0].images if image.image] == [(240, 60)]
    assert painted == [1, *[0] * (len(document.pages) - 1)]
    assert 'alt="Marlstone Instruments"' in html.html(data)
    assert pdf.render(data) == pdf.render(data)


def test_other_logo_is_another_rendering_of_the_same_figures():
    one = report(source(FORMS, look=look(logo=picture("#e0b000"))), Viewer())
    other = replace(one, look=look(logo=picture("#00b0e0")))

    assert rendering_key(one) != rendering_key(other)
    assert fingerprint(one) == fingerprint(other)
    assert "PNG" not in repr(one)
