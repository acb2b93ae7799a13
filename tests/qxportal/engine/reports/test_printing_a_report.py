"""The report as a PDF: tagged, complete, the same each time, and silent about what is hidden."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from qxportal.engine.reports import pdf
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.fingerprint import fingerprint
from qxportal.engine.reports.types import Evaluation, Norm, ReportSource, Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

pytestmark = pytest.mark.long

FORMS = [
    evaluation("Self", 4, 4, 3, said="I try to be clear."),
    evaluation("Manager", 4, 3, 5),
    *(evaluation("Peer", 3, 3, 4, said=f"Keeps the {word} meeting short.") for word in ("Monday", "design", "budget")),
    *(evaluation("Peer", 5, 2, 4) for _rater in range(3)),
]


def printed(data: ReportSource) -> bytes:
    return pdf.render(report(data, Viewer()))


def text_of(document: bytes) -> str:
    return " ".join(" ".join(sheet.extract_text().split()) for sheet in PdfReader(io.BytesIO(document)).pages)


@pytest.fixture(scope="module")
def document() -> bytes:
    return printed(source(FORMS))


def test_it_is_a_tagged_document_with_title_and_language(document):
    reader = PdfReader(io.BytesIO(document))
    root: Any = reader.trailer["/Root"]
    about: Any = reader.metadata
    declared: Any = reader.xmp_metadata

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in root
    assert about.title == "360° feedback report for Ingrid Sørensen: Leadership 360 autumn 2026"
    assert b"pdfuaid" in declared.stream.get_data()
    assert len(reader.pages) >= 6


def heads(node: Any, part: str = "") -> Iterator[tuple[str, str]]:
    """In which part of its table each head of the structure stands, and what it says that it heads."""
    for child in node if isinstance(node, list) else [node]:
        each = child.get_object() if hasattr(child, "get_object") else child
        if isinstance(each, list):
            yield from heads(each, part)
        elif isinstance(each, dict):
            kind = str(each.get("/S", ""))
            if kind == "/TH":
                yield part, str(each["/A"].get("/Scope"))
            yield from heads(each.get("/K", []), kind if kind in ("/THead", "/TBody") else part)


def test_every_head_of_a_table_says_what_it_heads(document):
    found = list(heads(PdfReader(io.BytesIO(document)).trailer["/Root"]["/StructTreeRoot"]))  # type: ignore[index]

    assert set(found) == {("/THead", "/Column"), ("/TBody", "/Row")}
    assert len(found) > 20


def test_it_says_who_it_is_about_and_for_whom(document):
    text = text_of(document)

    assert "Ingrid Sørensen" in text
    assert "Director Calibration Services · Operations" in text
    assert "Prepared for" in text
    assert "Confidential" in text
    assert f"Page 2 of {len(PdfReader(io.BytesIO(document)).pages)}" in text
    assert fingerprint(report(source(FORMS), Viewer())) in text


def test_the_numbers_are_in_the_tables_and_not_only_in_the_charts(document):
    text = text_of(document)

    assert "4.0 (6)" in text  # the peers on priorities
    assert "Keeps the budget meeting short." in text


def test_the_same_report_is_the_same_to_the_byte(document):
    assert printed(source(FORMS)) == document


def test_the_order_and_owners_of_answers_leave_no_trace(document):
    first, second, *rest = (one for one in FORMS if one.relationship == "Peer")
    mixed = [
        replace(first, answers=second.answers, comments=rest[0].comments),
        replace(second, answers=rest[0].answers, comments=first.comments),
        replace(rest[0], answers=first.answers, comments=second.comments),
        *rest[1:],
    ]

    assert printed(source([*reversed(mixed), *FORMS[:2]])) == document


def test_hidden_answers_are_nowhere_in_the_document():
    def world(score: int, said: str) -> list[Evaluation]:
        return [evaluation("Self", 4, 4, 4), *[evaluation("DirectReport", score, score, score, said=said)] * 2]

    one, other = printed(source(world(1, "Delegate more."))), printed(source(world(5, "Wonderful in all respects.")))

    assert one == other
    assert "Delegate" not in text_of(one)
    assert "fewer than 3" in text_of(one)


def test_names_and_comments_cannot_bring_markup_or_fetch_anything(document):
    nasty = [replace(one, comments={"Q1": '<img src="file:///etc/hostname"> & <script>'}) for one in FORMS]

    text = text_of(printed(source(nasty, subject_name="Zoë <b>O’Connor</b>")))

    assert "Zoë <b>O’Connor</b>" in text
    assert '<img src="file:///etc/hostname"> & <script>' in text


def test_letters_of_many_languages_are_printed(document):
    forms = [replace(one, comments={"Q1": f"Świetnie, señor Þór – Ελένη {i}"}) for i, one in enumerate(FORMS)]

    assert "Świetnie, señor Þór – Ελένη 3" in text_of(printed(source(forms)))


def test_several_threads_may_print_at_once(document):
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(printed, [source(FORMS)] * 2)) == {document}


def test_an_empty_assessment_prints_too():
    assert "Too few people gave feedback to show" in text_of(printed(source([])))


def test_figures_to_compare_with_are_named_in_full_and_above_their_column(document):
    norms = (
        Norm(name="Company norms 2025", means={"C1": 3.4, "B": 2.7}, people=12_400),
        Norm(name="Instruments industry of northern Europe", means={"C2": 1.3}),
    )

    text = text_of(printed(source(FORMS, norms=norms)))

    assert "Company norms 2025 (12,400 people)" in text
    assert "Instruments industry of northern Europe" in text
    assert text.count(" of…") == 3  # above the columns of the summary and of two competencies
    assert text.count("2.7") == text_of(document).count("2.7") + 1
    assert text.count("1.3") == 2


def test_figures_to_compare_with_change_the_fingerprint():
    plain, compared = (report(source(FORMS, norms=norms), Viewer()) for norms in ((), (Norm(name="Norms", means={}),)))

    assert fingerprint(plain) != fingerprint(compared)
