"""Headline, map, table and words say one thing about a competency, whatever was answered."""

import html as markup
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qxportal.engine.reports import html, labels
from qxportal.engine.reports.aggregate import report, report_json
from qxportal.engine.reports.results import CompetencyResult, ItemResult, ReportData, Verdict
from qxportal.engine.reports.types import Competency, Evaluation, Item, ReportSource, Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source
from tests.support.samples import thorough

pytestmark = pytest.mark.long

NAMES = ("Gives direction", "Builds trust", "Decides", "Listens", "Gives direction")  # two of one name, as forms have


@st.composite
def sources(draw: st.DrawFn) -> ReportSource:
    """Any form of up to five competencies on any scale, answered by anybody."""
    points = draw(st.integers(2, 10))
    count = draw(st.integers(1, 5))
    competencies = tuple(
        Competency(
            id=f"C{number}",
            name=name,
            items=tuple(
                Item(id=f"{number}.{i}", text=f"Statement {number}.{i}") for i in range(draw(st.integers(1, 3)))
            ),
        )
        for number, name in enumerate(NAMES[:count])
    )
    ids = [item.id for each in competencies for item in each.items]
    raters = ["Self"] * draw(st.integers(0, 1)) + ["Manager"] * draw(st.integers(0, 1))
    raters += ["Peer"] * draw(st.integers(0, 7)) + ["DirectReport"] * draw(st.integers(0, 4))
    forms = tuple(
        Evaluation(relationship=name, answers={each: draw(st.none() | st.integers(1, points)) for each in ids})
        for name in raters
    )
    return source(forms, competencies=competencies, scale=tuple(f"Point {n}" for n in range(1, points + 1)))


def unescaped(page_html: str, pattern: str) -> list[str]:
    return [markup.unescape(found) for found in re.findall(pattern, page_html, re.S)]


def expected(result: CompetencyResult | ItemResult, points: int) -> set[Verdict]:
    """What may be said of the printed means; whether raters differ more is not printed exactly."""
    own, others = result.cells.get("self"), result.others
    if own is None or others is None or others.n < 3:
        return set()
    unit = Fraction(points - 1, 4)
    gap = (Fraction(round(own.mean * 10), 10) - Fraction(round(others.mean * 10), 10)) / unit
    strong = (Fraction(round(others.mean * 10), 10) - 1) / unit >= Fraction(5, 2)
    if abs(gap) < Fraction(1, 2):
        return {Verdict.AGREED_STRENGTH if strong else Verdict.AGREED_NEED}
    said = {Verdict.SOMEWHAT_HIGHER if gap > 0 else Verdict.SOMEWHAT_LOWER}
    if abs(gap) >= Fraction(3, 4) and others.n >= 5:
        said |= {Verdict.RATED_HIGHER if strong else Verdict.BLIND_SPOT} if gap > 0 else set()
        said |= {Verdict.HIDDEN_STRENGTH if strong else Verdict.RATED_LOWER} if gap < 0 else set()
    return said


def fields(text: str) -> dict[str, list[int]]:
    """The lists beside the map: heading -> numbers."""
    found = re.findall(r'<div class="field"><h3[^>]*>(.*?)</h3>(.*?)</div>', text, re.S)
    return {markup.unescape(name): [int(n) for n in re.findall(r"<b>(\d+)</b>", rest)] for name, rest in found}


def listed(text: str) -> int:
    """How many rows the table of large gaps has."""
    table = re.search(r"<caption>Listed where.*?</table>", text, re.S)
    return len(re.findall(r'<tr><th scope="row"', table[0])) if table else 0


@given(sources())
@settings(max_examples=60 if thorough() else 25, deadline=None)
def test_all_places_follow_one_rule(data):
    result = report(data, Viewer())
    points, text = len(data.scale), html.html(result)

    for each in result.competencies:
        assert ({each.verdict} if each.verdict else set()) <= expected(each, points)
        assert bool(each.verdict) == bool(expected(each, points))
        for item in each.items:
            assert bool(item.verdict) == bool(expected(item, points))
    verdicts = [each.verdict for each in result.competencies]
    if any(verdicts):
        assert fields(text) == {
            labels.heading(verdict): [n for n, each in enumerate(verdicts, 1) if each is verdict]
            for verdict in Verdict
            if verdict in verdicts
            or verdict.value in ("agreed_strength", "agreed_need", "hidden_strength", "blind_spot")
        }
        said = [*verdicts, *(item.verdict for each in result.competencies for item in each.items)]
        notable = sum(verdict is not None and verdict.notable for verdict in said)
        assert listed(text) == min(notable, html.INSIGHTS_LISTED)
    assert [each.get("Verdict") for each in report_json(result)["Competencies"]] == [
        v.value if v else None for v in verdicts
    ]
    assert text.count("You rated yourself higher than others did in") == any(
        v in (Verdict.BLIND_SPOT, Verdict.RATED_HIGHER, Verdict.SOMEWHAT_HIGHER) for v in verdicts
    )
    assert ("You see yourself much as others see you." in text) == (
        any(verdicts) and not {v for v in verdicts if v} - {Verdict.AGREED_STRENGTH, Verdict.AGREED_NEED}
    )


@given(sources())
@settings(max_examples=60, deadline=None)
def test_nothing_is_both_among_the_highest_and_the_most_room_for_growth(data):
    result: ReportData = report(data, Viewer())
    text = html.html(result)

    ends = re.search(r"Others rate “(.*?)” highest and (?:see the most room for development in |)“(.*?)”", text)
    if ends:
        assert ends[1] != ends[2]
        means = [(one.others.mean, one.name) for one in result.competencies if one.others and one.others.n >= 3]
        assert max(means)[0] > min(means)[0]
        assert ends[1] in {name for mean, name in means if mean == max(means)[0]}
        assert ends[2] in {name for mean, name in means if mean == min(means)[0]}
    high = [one.others.mean for one in result.strengths if one.others]
    low = [one.others.mean for one in result.needs if one.others]
    assert not high or not low or min(high) > max(low)
    assert not {one.id for one in result.strengths} & {one.id for one in result.needs}


def test_room_for_growth_is_not_seen_in_a_strength():
    forms = [evaluation("Peer", 5, 5, 4)] * 3

    assert "they see a strength in both" in html.html(report(source(forms), Viewer()))


def test_one_competency_is_not_the_highest_of_one():
    forms = [evaluation("Peer", 4, 3, 4)] * 3
    data = source(forms)

    text = html.html(report(replace(data, competencies=data.competencies[:1]), Viewer()))

    assert "Others rate “Gives direction” at 3.5 on average." in text
    assert "highest" not in re.sub("<[^>]*>", "", text).replace("highest first", "").replace("Rated highest", "")


def test_a_form_without_ratings_says_what_it_has():
    forms = [Evaluation(relationship="Peer", answers={}, comments={"Q1": f"Fine {n}"}) for n in range(4)]

    text = html.html(report(source(forms, competencies=(), scale=(), other_questions=2), Viewer()))

    assert "Too few people" not in text
    assert "Peers 6 comments only Peers" in " ".join(re.sub("<[^>]*>", " ", text).split())
    assert "no statements rated on a scale" in text
    assert "It has 2 questions with a choice or a number as their answer" in text
    assert "Fine 3" in text
    assert "The charts" not in text
