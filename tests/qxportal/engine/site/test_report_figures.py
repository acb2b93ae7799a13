"""Figures of reports on the site: those of the PDF, and nothing that minimums hide."""

import re
from typing import Any

import pytest

from qxportal.engine.models import Assessment
from qxportal.engine.reports import html
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.site.conftest import Released, opened
from tests.qxportal.engine.site.figures import on_the_web, printed
from tests.support.engine_fixture import Engine


def test_every_cell_on_the_web_is_that_of_the_pdf(released: Released):
    report = released.report()

    statements = on_the_web(report, "statements")
    assert statements == printed(report, "Competencies and statements")
    assert len(statements) == 4 + 12  # competencies and their statements
    assert {len(values) for _name, values in statements} == {6}  # self, manager, two groups, others, spread
    overview = [(name, values[:2]) for name, values in printed(report, "Summary") if len(values) > 1]
    assert on_the_web(report, "overview") == overview
    insights = [(name, values[:2]) for name, values in printed(report, "How you and others see you")]
    assert on_the_web(report, "insights") == insights


def test_texts_counts_and_lists_on_the_web_are_those_of_the_pdf(released: Released, visitor: Any):
    report = released.report()
    page = opened(visitor(released.anna), released.give())

    document, web = html.html(report), html.web(report)
    assert web in page.text
    for kind in ("quotes", "ranked"):
        lists = [
            [
                " ".join(re.sub(r"<[^>]+>", " ", one).split())
                for one in re.findall(rf'class="{kind}">(.*?)</[uo]l>', text, re.DOTALL)
            ]
            for text in (document, web)
        ]
        assert lists[0] == lists[1] != []
    answered = [re.search(r'<table class="answered">.*?</table>', text, re.DOTALL) for text in (document, web)]
    assert all(answered)
    assert len({re.sub(r"</?span[^>]*>", "", found[0]) for found in answered if found}) == 1


@pytest.mark.parametrize(
    ("minimums", "groups", "blocks"),
    [
        ((4, 5, 6), ["Peers", "Direct reports"], [None]),  # four of each; their comments are mixed
        ((5, 6, 8), ["All others"], [None]),
        ((5, 6, 9), ["All others"], [None]),
        ((9, 9, 10), [], []),
    ],
)
def test_larger_minimums_hold_on_the_web_in_the_pdf_and_in_the_data(
    released: Released, call: Caller, minimums: tuple[int, int, int], groups: list[str], blocks: list[str | None]
):
    names = ("min_group", "min_comments", "min_spread")
    row = Assessment.objects.filter(pk=released.assessment.pk)
    released.engine.run(row.update, **dict(zip(names, minimums, strict=True)))
    released.engine.run(released.assessment.refresh_from_db)
    report = released.report()

    statements = on_the_web(report, "statements")
    assert statements == printed(report, "Competencies and statements") != []
    assert [group.label for group in report.groups if group.kind is None or not group.kind.exempt] == groups
    spread = len(groups) and minimums[2] <= 8  # eight others; the manager is shown alone
    assert {len(values) for _name, values in statements} == {2 + len(groups) + 1 + bool(spread)}
    document, web = html.html(report), html.web(report)
    for text in (" ".join(document.split()), " ".join(web.split())):
        assert f"at least {minimums[0]} of its members have answered" in text
        assert f"at least {minimums[1]} of its members wrote one" in text
        assert f"from {minimums[2]} ratings on" in text
    which = {"ThreeSixtyID": released.assessment.public_id, "PersonID": released.anna.public_id}
    told = call.result("getSubjectReport", **which)["Report"]
    kept = {group["Label"] for group in told["Groups"]} - {"Self", "Manager"}
    assert kept == set(groups)
    for question in told["Comments"]:
        labels = [block.get("Group") for block in question["Blocks"]]
        assert [label for label in labels if label not in ("Self", "Manager")] == blocks
    for result in (one for each in told["Competencies"] for one in (each, *each["Items"])):
        assert all("Spread" not in cell or cell["Count"] >= minimums[2] for cell in result["Results"].values())


def test_nothing_tells_when_anybody_answered(released: Released, visitor: Any, engine: Engine):
    page = opened(visitor(released.anna), released.give())

    about = re.sub(r'src="data:[^"]+"', "", page.text)
    assert not re.search(r"\b\d{1,2}:\d{2}\b", about)
    for evaluator in engine.run(lambda: [str(one.evaluator) for one in released.subject.evaluations.all()]):
        if evaluator != "Anna Berger":
            assert evaluator not in about
