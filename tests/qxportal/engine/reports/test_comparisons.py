"""A report beside one of an earlier round: printed figures of both, where both have one."""

import re
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest

from qxportal.engine.reports import aggregate, html
from qxportal.engine.reports.fingerprint import fingerprint
from qxportal.engine.reports.results import OVERALL, Comparison, ReportData
from qxportal.engine.reports.types import Earlier, Kind, Relationship, Viewer
from tests.qxportal.engine.reports.report_sources import COMPETENCIES, ITEMS, RELATIONSHIPS, evaluation, source

SAME = {name: name for name in ITEMS}
MANY = {"Self": 1, "Manager": 1, "Peer": 4, "DirectReport": 3}


def answers(seed: int, numbers: dict[str, int]) -> list[Any]:
    rng = Random(seed)
    return [
        evaluation(name, *(rng.randint(2, 5) for _item in ITEMS)) for name, n in numbers.items() for _each in range(n)
    ]


def compared(
    now: dict[str, int], then: dict[str, int], pairs: dict[str, str] = SAME, *, changes: Any = None, **before: Any
) -> tuple[ReportData, ReportData, Comparison]:
    """A report with its comparison, the earlier report, and the comparison."""
    old = source(answers(1, then), assessment_name="Round of 2025", data_date=date(2025, 11, 20), **before)
    whole = source(answers(2, now), earlier=Earlier(source=old, pairs=pairs, edition=2), **(changes or {}))
    report = aggregate.report(whole, Viewer())
    assert report.comparison is not None
    return report, aggregate.report(old, Viewer()), report.comparison


def item(report: ReportData, name: str) -> Any:
    return next(one for each in report.competencies for one in each.items if one.id == name)


def test_figures_are_those_that_both_reports_print():
    report, before, found = compared(MANY, MANY)

    for name in ITEMS:
        now, then = item(report, name), item(before, name)
        assert found.figures[name].keys() == {*now.cells, OVERALL}
        for key, one in found.figures[name].items():
            mine, old = (each.others if key == OVERALL else each.cells[key] for each in (now, then))
            assert one.cell == old
            assert one.change == round(mine.mean - old.mean, 1)
    assert (found.compared, found.statements, found.other_scale) == (3, 3, 0)
    assert found.figures["C1"].keys() == {"self", "manager", "group:Peer", "group:DirectReport", OVERALL}


def test_figure_that_one_round_hides_is_not_compared():
    _report, _before, found = compared(MANY, {**MANY, "DirectReport": 0})

    assert all("group:DirectReport" not in lines for lines in found.figures.values())
    assert "group:Peer" in found.figures["A"]


def test_all_others_is_compared_where_the_same_groups_are_in_it():
    thin = {"Peer": 2, "DirectReport": 2}
    _report, _before, found = compared(thin, thin)
    assert "all_others" in found.figures["A"]

    _report, _before, found = compared(thin, {"Peer": 2, "Customer": 2})
    assert all("all_others" not in lines for lines in found.figures.values())
    assert OVERALL in found.figures["A"]


def test_competency_is_compared_where_it_stands_for_the_same_statements():
    _report, _before, found = compared(MANY, MANY, {"A": "A", "C": "C"})

    assert found.figures.keys() == {"A", "C", "C2"}
    assert (found.compared, found.statements) == (2, 3)


def test_competency_with_a_statement_more_then_is_not_compared():
    more = replace(COMPETENCIES[1], items=(*COMPETENCIES[1].items, replace(COMPETENCIES[0].items[0], id="B")))
    one = replace(COMPETENCIES[0], items=COMPETENCIES[0].items[:1])

    _report, _before, found = compared(MANY, MANY, competencies=(one, more))

    assert found.figures.keys() == {"A", "B", "C"}


def test_another_scale_is_said_and_not_compared():
    _report, _before, found = compared(MANY, MANY, scale=tuple("1234567"))
    assert (found.compared, found.other_scale, found.figures) == (0, 3, {})

    own = replace(COMPETENCIES[1], items=(replace(COMPETENCIES[1].items[0], points=7),))
    report, _before, found = compared(MANY, MANY, competencies=(COMPETENCIES[0], own))
    assert (found.compared, found.other_scale) == (2, 1)
    assert "C" not in found.figures
    assert "had a scale with another number of points" in html.web(report)


def test_nothing_in_common_is_said():
    report, _before, found = compared(MANY, MANY, {"A": "elsewhere"})

    assert (found.compared, found.figures) == (0, {})
    assert "there is nothing to compare" in html.web(report)


def figures_in(page: str) -> list[list[str]]:
    """What each row of the section says, figure by figure."""
    section = page.partition('<section class="page" id="comparison">')[2].partition("</section>")[0]
    rows = re.findall(r"<tr.*?</tr>", section.replace('<span class="breaks">', "<span>"), re.DOTALL)
    return [
        [" ".join(re.sub("<[^>]+>", " ", one).split()) for one in re.findall(r"[−+]?\d\.\d°?(?: \(\d+\))?", row)]
        for row in rows
        if '<th scope="row"' in row
    ]


def test_page_and_print_have_the_same_figures_and_others_have_none():
    report, _before, found = compared(MANY, MANY)

    printed, web = html.html(report), html.web(report)

    assert figures_in(web) == figures_in(printed)
    assert [len(row) // 3 for row in figures_in(web)] == [len(lines) for lines in found.figures.values()]
    peers = item(report, "A").cells["group:Peer"]
    assert f"{peers.mean}° ({peers.n})" in web.partition('id="comparison"')[2]
    plain = replace(report, comparison=None)
    assert 'id="comparison"' not in html.web(plain) + html.html(plain)
    assert fingerprint(plain) != fingerprint(report)


def test_many_groups_stand_in_one_column():
    names = [f"Group {number}" for number in range(7)]
    lines = tuple(Relationship(name=name, label=name, kind=Kind.CUSTOM, invited=3) for name in names)
    both: dict[str, Any] = {"relationships": (*RELATIONSHIPS[:1], *lines)}

    report, _before, found = compared(dict.fromkeys(names, 3), dict.fromkeys(names, 3), changes=both, **both)

    section = html.web(report).partition('id="comparison"')[2]
    assert section.count('<span class="value">') == sum(len(lines) for lines in found.figures.values())


@pytest.mark.parametrize(
    ("now", "then", "said"), [(5, 3, "+2.0 from 3.0"), (3, 5, "−2.0 from 5.0"), (3, 3, "0.0 from")]
)
def test_changes_have_their_sign(now: int, then: int, said: str):
    old = source([evaluation("Self", then, then, then)], data_date=date(2025, 11, 20))
    report = aggregate.report(
        source([evaluation("Self", now, now, now)], earlier=Earlier(source=old, pairs=SAME)), Viewer()
    )

    assert said in html.web(report)
