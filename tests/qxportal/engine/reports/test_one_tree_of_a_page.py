"""A report's document is XML and HTML at once: however it is read, the page is the same."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
import tinyhtml5
from pypdf import PdfReader

from qxportal.engine.reports import html
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.pdf import render
from qxportal.engine.reports.types import OpenQuestion, Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source
from tests.qxportal.engine.reports.test_reports_in_other_languages import reports, sources


def told(element: ElementTree.Element) -> list[object]:
    """Tags, attributes and texts of a tree, without blanks between blocks."""
    found: list[object] = []
    for each in element.iter():
        found.append((each.tag, sorted(each.attrib.items())))
        found += [" ".join(text.split()) for text in (each.text, each.tail) if text and text.strip()]
    return found


@pytest.mark.parametrize("name", [*sources(), "plan"])
def test_document_says_the_same_as_xml_and_as_html(name):
    document = html.html(reports("de")[name])

    as_html = tinyhtml5.parse(document, namespace_html_elements=False)
    assert told(ElementTree.fromstring(document)) == told(as_html)  # noqa: S314  # our own


def test_comment_with_a_character_that_xml_does_not_know_is_printed():
    said = "Fine\x01word"  # which no font prints and XML does not know
    data = report(source([evaluation("Peer", 4, 4, 4, said=said) for _rater in range(3)]), Viewer())
    with pytest.raises(ElementTree.ParseError):
        ElementTree.fromstring(html.html(data))  # noqa: S314  # our own

    assert render(data).startswith(b"%PDF")


def test_texts_with_other_ends_of_lines_are_printed():
    asked = OpenQuestion(id="Q1", text="What is going well? \u2029What should change? \u2028")
    said = [evaluation("Peer", 4, 4, 4, said="Listens well. \u2029Asks before deciding.") for _rater in range(3)]
    data = report(source(said, open_questions=(asked,), subject_title="Director \x85Calibration"), Viewer())

    pages = PdfReader(BytesIO(render(data))).pages

    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "What is going well? What should change?" in words
    assert "Listens well. Asks before deciding." in words
    assert "Director Calibration" in words
