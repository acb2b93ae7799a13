"""The figures of an example: enough in each group, the same for the same seed, and marked on every page."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from qxportal.engine.reports import fictional, html, pdf
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.types import Policy, ReportSource, Viewer
from tests.qxportal.engine.reports.report_sources import source

MARK = "Example: a fictional person and made-up figures"


def example(seed: str = "1", minimum: int = 3) -> ReportSource:
    policy = Policy(min_group=minimum, min_comments=minimum, spread_min=max(5, minimum))
    empty = source([], policy=policy, example=True)
    lines = tuple(replace(one, invited=fictional.raters(one.kind, minimum)) for one in empty.relationships)
    return fictional.with_answers(replace(empty, relationships=lines), seed)


@pytest.mark.parametrize("minimum", [3, 10])
def test_every_group_is_shown_with_figures_and_comments(minimum):
    data = report(example(minimum=minimum), Viewer())

    assert [group.label for group in data.groups] == [one.label for one in example().relationships]
    assert all(one.shown_as for one in data.responses)
    assert all(each.others and each.self_cell for each in data.competencies)
    assert not any(one.withheld for one in data.comments)


def test_equal_seeds_give_equal_figures_and_others_do_not():
    assert report(example("a"), Viewer()) == report(example("a"), Viewer())
    assert report(example("a"), Viewer()).competencies != report(example("b"), Viewer()).competencies


def test_scores_stay_on_the_scale():
    for seed in range(30):
        for form in example(str(seed)).evaluations:
            assert all(score is None or 1 <= score <= 5 for score in form.answers.values())


def test_only_examples_are_marked():
    assert MARK in html.html(report(example(), Viewer()))
    assert "xample" not in html.html(report(replace(source(example().evaluations[:0])), Viewer()))


@pytest.mark.long
def test_every_page_says_that_it_is_an_example():
    pages = PdfReader(io.BytesIO(pdf.render(report(example(), Viewer())))).pages

    assert len(pages) > 4
    assert all(MARK in " ".join(page.extract_text().split()) for page in pages)
