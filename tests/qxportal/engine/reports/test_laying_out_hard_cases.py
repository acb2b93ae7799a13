"""Long words, many groups and equal figures: nothing leaves the page, and nothing covers anything else."""

import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from qxportal.engine.reports import charts, html, pdf
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.results import Cell, CompetencyResult, Group, Verdict
from qxportal.engine.reports.types import Competency, Evaluation, Item, Kind, Relationship, ReportSource, Viewer
from tests.qxportal.engine.reports.report_sources import COMPETENCIES, RELATIONSHIPS, evaluation, source
from tests.support.samples import sample

pytestmark = pytest.mark.long

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LINK = "https://intranet.example.com/people/performance/2026/" + "a" * 150 + "?q=1"
RIGHT_EDGE = (210 - 17) / 25.4 * 96 + 1  # CSS pixels, a rounding apart


def wide() -> ReportSource:
    """Long words and links wherever somebody may write."""
    competencies = tuple(
        replace(
            each,
            name=f"{each.name} {WORD}",
            description=f"{LINK} {WORD}",
            items=tuple(replace(item, text=f"{item.text} {LINK}") for item in each.items),
        )
        for each in COMPETENCIES
    )
    return source(
        [evaluation("Self", 4, 4, 4), *[evaluation("Peer", 1, 3, 5, said=f"{WORD}{WORD} {LINK}")] * 5],
        competencies=competencies,
        relationships=tuple(replace(each, label=f"{each.label} {WORD}") for each in RELATIONSHIPS),
        scale=tuple(f"{n} {WORD}" for n in range(1, 6)),
        subject_name=f"Anna {WORD} {WORD}",
        subject_title=LINK,
        subject_department=WORD,
        assessment_name=f"{WORD} {LINK}",
        brand_name=WORD,
    )


def many(count: int) -> ReportSource:
    """A source with so many relationships of an assessment's own, all of one opinion."""
    own = tuple(Relationship(name=f"G{n}", label=f"Group {n}", kind=Kind.CUSTOM, invited=3) for n in range(count))
    forms = [evaluation(name, 4, 4, 4) for name in ("Self", "Manager")]
    forms += [evaluation(each.name, 4, 4, 4) for each in own for _rater in range(3)]
    return source(forms, relationships=(*RELATIONSHIPS[:2], *own))


def boxes(data: ReportSource, *names: str) -> Iterator[tuple[int, Any]]:
    """Every box of these classes with its page."""
    for number, sheet in enumerate(pdf.laid_out(report(data, Viewer())).pages, start=1):
        yield from ((number, box) for box in sheet._page_box.descendants() if type(box).__name__ in names)


def outside(data: ReportSource) -> list[str]:
    return [
        f"page {number}: {box.text[:40]}"
        for number, box in boxes(data, "TextBox")
        if box.text.strip()
        and (box.position_x + box.width > RIGHT_EDGE or box.position_y + box.height > 297 / 25.4 * 96)
    ]


LANGUAGES = ("en", "de", "fr", "es")
LAYOUTS = {"wide": wide(), "1": many(1), "4": many(4), "5": many(5), "10": many(10)}
# Each takes a second: every run tries the longest words in two languages, the most groups in one, few in the others.
OFTEN = {("wide", "en"), ("wide", "de"), ("10", "de"), ("1", "fr"), ("4", "es")}


@pytest.mark.parametrize(
    ("name", "language"),
    [
        pytest.param(name, language, marks=() if (name, language) in OFTEN else pytest.mark.thorough)
        for name in LAYOUTS
        for language in LANGUAGES
    ],
)
def test_no_text_leaves_the_page(name, language):
    assert outside(replace(LAYOUTS[name], language=language)) == []


def test_german_heads_of_columns_are_hyphenated():
    labels = {"Self": "Selbstbild", "Manager": "Führungskraft", "Peer": "Kolleginnen und Kollegen"}
    relationships = tuple(replace(each, label=labels.get(each.name, each.label)) for each in RELATIONSHIPS)
    forms = [evaluation("Self", 4, 4, 4), evaluation("Manager", 4, 4, 4), *[evaluation("Peer", 1, 3, 5)] * 5]

    lines = [box.text for _, box in boxes(source(forms, relationships=relationships, language="de"), "TextBox")]

    assert {"Selbst\u2010", "bild", "Führungs\u2010", "kraft"} <= set(lines)


@pytest.mark.parametrize("language", sample(LANGUAGES, every=4, first=1))
def test_texts_of_hundreds_of_raters_keep_apart(language):
    forms = [evaluation("Self", 5, 1, 5), evaluation("Manager", 4, 4, 4)]
    forms += [evaluation(name, 2, 5, 2) for name in ("Peer", "DirectReport", "Customer") for _rater in range(150)]
    data = replace(source(forms), language=language)
    lines = [(page, box) for page, box in boxes(data, "TextBox") if box.text.strip()]

    assert any("(451)" in box.text for _page, box in lines)
    touching = [
        (one.text, other.text)
        for number, (page, one) in enumerate(lines)
        for there, other in lines[number + 1 :]
        if page == there
        and min(one.position_x + one.width, other.position_x + other.width) - max(one.position_x, other.position_x)
        > 0.5
        and min(one.position_y + one.height, other.position_y + other.height) - max(one.position_y, other.position_y)
        > 4
    ]
    assert touching == []


@pytest.mark.parametrize("count", sample([3, 4, 5, 6, 10, 20], every=3, first=2))
def test_no_statement_lies_over_a_chart(count):
    pictures, lines = [], []
    for page, box in boxes(many(count), "BlockReplacedBox", "TextBox"):
        if type(box).__name__ == "BlockReplacedBox":
            pictures.append((page, box))
        elif box.text.strip():
            lines.append((page, box))

    assert len(pictures) > 4
    for page, picture in pictures:
        over = [
            box.text
            for other, box in lines
            if other == page
            and box.position_x < picture.position_x + picture.width - 1
            and box.position_x + box.width > picture.position_x + 1
            and box.position_y < picture.position_y + picture.height - 3
            and box.position_y + box.height > picture.position_y + 3
        ]
        assert over == []


def test_every_own_relationship_has_a_mark_of_its_own():
    kinds = [Kind.SELF, Kind.MANAGER, Kind.PEER, Kind.DIRECT_REPORT, None, *[Kind.CUSTOM] * 50]
    groups = [Group(key=str(number), label="", kind=kind, n=3) for number, kind in enumerate(kinds)]

    marks = charts.styles(groups).values()

    assert len({(mark.shape, mark.colour) for mark in marks}) == len(kinds)


@given(st.lists(st.integers(10, 50), min_size=1, max_size=14))
@settings(max_examples=100, deadline=None)
def test_marks_of_a_strip_never_cover_each_other(tenths):
    cells = {str(number): Cell(mean=value / 10, n=3) for number, value in enumerate(tenths)}
    marks = {key: charts.Mark("circle", "#000000") for key in cells}

    strip = charts.strip(cells, None, marks, 5)

    for number, one in enumerate(strip.marks):
        assert 5 <= one.y <= strip.height - 5
        for other in strip.marks[number + 1 :]:
            assert abs(one.x - other.x) >= charts.MARK_WIDTH or abs(one.y - other.y) >= charts.MARK_WIDTH


@given(st.lists(st.tuples(st.integers(10, 50), st.integers(10, 50)), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_numbers_on_the_map_can_be_told_apart(places):
    results = [
        CompetencyResult(
            id=f"C{n}",
            name="",
            description="",
            items=(),
            verdict=Verdict.AGREED_NEED,
            cells={"self": Cell(mean=own / 10, n=1)},
            others=Cell(mean=others / 10, n=5),
        )
        for n, (own, others) in enumerate(places)
    ]

    dots = charts.quadrant_map(results, 5, line=3.5, similar=0.5).dots

    assert [dot.number for dot in dots] == list(range(1, len(places) + 1))
    for index, one in enumerate(dots):
        assert min(one.label_x, one.label_y) >= charts.LABEL_RADIUS
        assert max(one.label_x, one.label_y) <= charts.MAP_SIZE - charts.LABEL_RADIUS
        for other in dots[index + 1 :]:
            assert math.hypot(one.label_x - other.label_x, one.label_y - other.label_y) >= 2 * charts.LABEL_RADIUS


def pages(data: ReportSource) -> list[list[Any]]:
    """The boxes of texts on each page, but of what stands below it."""
    found: dict[int, list[Any]] = {}
    for number, box in boxes(data, "TextBox"):
        if box.position_y < 277 / 25.4 * 96 and box.text.strip():
            found.setdefault(number, []).append(box)
    return [found[number] for number in sorted(found)]


@pytest.mark.parametrize("language", sample(LANGUAGES, every=4, first=1))
def test_twelve_groups_leave_no_page_nearly_empty(language):
    items = tuple(Item(id=name, text=f"Treats people as {name} does") for name in ("A", "B", "C", "D", "E", "F"))
    twelve = many(12)
    answers, comments = dict.fromkeys((item.id for item in items), 4), {"Q1": "Keeps calm."}
    forms = tuple(replace(each, answers=answers, comments=comments) for each in twelve.evaluations)
    competencies = tuple(Competency(id=f"C{n}", name=f"Competency {n}", items=items) for n in range(3))
    found = pages(replace(twelve, language=language, competencies=competencies, evaluations=forms))

    third = 297 / 25.4 * 96 / 3
    assert [each[0].text for each in found if max(box.position_y for box in each) < third] == []


def test_long_competency_begins_on_the_page_of_its_heading():
    items = tuple(Item(id=f"I{n}", text=f"Statement {n}") for n in range(40))
    forms = [Evaluation(relationship="Peer", answers={item.id: 4 for item in items}) for _rater in range(3)]

    found = pages(source(forms, competencies=(Competency(id="C1", name="Everything", items=items),)))

    texts = [{box.text for box in each} for each in found]
    page = next(each for each in texts if "Competencies and statements" in each)
    assert {"Everything", "All statements", "Statement 0"} <= page


def test_text_is_copied_in_the_order_of_reading():
    competencies = tuple(
        Competency(id=f"C{n}", name=f"Competency {n}", items=(Item(id=str(n), text=f"Treats people {n}"),))
        for n in range(4)
    )
    forms = [Evaluation(relationship="Peer", answers={str(n): n + 1 for n in range(4)}) for _rater in range(3)]
    forms.append(Evaluation(relationship="Self", answers={str(n): 3 for n in range(4)}))

    document = PdfReader(io.BytesIO(pdf.render(report(source(forms, competencies=competencies), Viewer()))))
    pages = [" ".join(sheet.extract_text().split()) for sheet in document.pages]

    summary = next(text for text in pages if text.startswith("Summary"))
    assert "4.0 Treats people 3" in summary
    assert summary.index("Rated highest") < summary.index("4.0 Treats") < summary.index("Rated lowest")
    fields = next(text for text in pages if text.startswith("How you and others see you"))
    assert "1 Competency 0" in fields
    assert fields.index("Agreed strengths") < fields.index("Where the views differ most")


def test_no_text_ends_in_a_space_that_spoils_its_lines():
    forms = [
        evaluation("Self", 5, 5, 5, said="Mine"),
        evaluation("Manager", 2, 1, 2),
        *[evaluation("Peer", 2, 1, 2)] * 5,
    ]

    document = html.html(report(source(forms), Viewer()))

    assert re.findall(r'[^\s>]\s+(?:</(?:td|th|p|li|h\d)>|<span class="of">)', document) == []
