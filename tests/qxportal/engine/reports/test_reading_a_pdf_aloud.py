"""PDF/UA-1 for reports: all page content is in the structure tree or an artifact, and has a language."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from qxportal.engine.reports import html, pdf
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

pytestmark = pytest.mark.long

PAINTING = {b"Tj", b"TJ", b"'", b'"', b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"sh", b"Do"}
FORMS = [
    evaluation("Self", 5, 1, 3, said="Ich will klar sein."),
    evaluation("Manager", 4, 3, 5),
    *[evaluation("Peer", 2, 4, 4, said="Hält Besprechungen kurz.")] * 5,
]


def english(**changes: Any) -> ReportData:
    """A report in English over a survey in German."""
    return report(source(FORMS, language="en", survey_language="de", **changes), Viewer())


@pytest.fixture(scope="module")
def document() -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render(english(example=True))))


def elements(node: Any, language: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """The elements of the structure, each with the language that it inherits."""
    for child in node if isinstance(node, list) else [node]:
        each = child.get_object() if hasattr(child, "get_object") else child
        if isinstance(each, list):
            yield from elements(each, language)
        elif isinstance(each, dict) and "/S" in each:
            spoken = str(each.get("/Lang", language))
            yield each, spoken
            yield from elements(each.get("/K", []), spoken)


def tree(document: PdfReader) -> list[tuple[dict[str, Any], str]]:
    root: Any = document.trailer["/Root"]
    return list(elements(root["/StructTreeRoot"]["/K"], root["/Lang"]))


def marked(document: PdfReader) -> set[tuple[int, int]]:
    """Page and mark of all content that hangs in the structure."""
    pages = {sheet.indirect_reference.idnum: number for number, sheet in enumerate(document.pages)}  # type: ignore[union-attr]
    return {
        (pages[each.raw_get("/Pg").idnum], int(kid))  # type: ignore[attr-defined]
        for each, _language in tree(document)
        for kid in each["/K"]
        if isinstance(kid, int)
    }


def test_all_that_is_painted_is_in_the_structure_or_an_artifact(document):
    known, loose, artifacts = marked(document), [], set()
    for number, sheet in enumerate(document.pages):
        inside: list[Any] = []
        for operands, operator in sheet.get_contents().operations:
            if operator == b"BMC":
                inside.append(operands[0])
            elif operator == b"BDC":
                inside.append(operands[0] if operands[0] == "/Artifact" else int(operands[1]["/MCID"]))
            elif operator == b"EMC":
                inside.pop()
            elif operator in PAINTING:
                mark = inside[-1] if inside else None
                if mark == "/Artifact" and operator == b"TJ":
                    artifacts.add(number)
                if mark != "/Artifact" and (number, mark) not in known:
                    loose.append((number, operator, mark))

    assert loose == []
    assert artifacts == set(range(len(document.pages)))  # the line below each page, or the one above an example


def test_every_mark_belongs_to_one_element(document):
    root: Any = document.trailer["/Root"]
    numbers = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]

    of_pages = {
        (int(numbers[at]), mark)
        for at in range(0, 2 * len(document.pages), 2)
        for mark, owner in enumerate(numbers[at + 1])
        if owner.get_object() is not None and str(owner) != "NullObject"
    }
    assert of_pages == marked(document)


def test_figures_have_words_and_links_lead_somewhere(document):
    kinds = [(str(each["/S"]), each) for each, _language in tree(document)]

    assert [each for kind, each in kinds if kind == "/Figure" and not each.get("/Alt")] == []
    assert any(kind == "/Figure" for kind, _each in kinds)
    assert [kind for kind, _each in kinds if kind in ("/Link", "/Annot")] == []


def test_words_of_the_survey_say_their_language(document):
    spoken = {(str(each["/S"]), language) for each, language in tree(document)}

    assert {("/TH", "de"), ("/H3", "de"), ("/LBody", "de"), ("/H2", "en"), ("/TD", "en")} <= spoken
    assert ("/H2", "de") not in spoken


def test_survey_in_the_language_of_the_report_needs_no_word_of_it():
    own = html.document(replace(english(), survey_language=""))[0]
    other = html.document(english())[0]

    assert 'lang="de"' not in own
    assert '<th scope="row" lang="de">Makes priorities clear</th>' in other
    assert '<th scope="row">All statements</th>' in other
    assert html.web(english()).count('lang="de"') > 10
