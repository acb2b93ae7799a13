"""Comparison of a report with the same person's report of an earlier round: printed figures and differences.

Nothing is computed from answers. A figure is compared if both reports print one for the same statement and line, on
scales with the same number of points; a competency, if its figure is about the same statements in both; and "All
others", if the same groups were merged. So a comparison reveals nothing beyond the two reports.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qxportal.engine.reports.results import OVERALL, Before, Cell, Comparison, CompetencyResult, ItemResult, ReportData
from qxportal.engine.reports.suppression import ALL_OTHERS
from qxportal.engine.reports.types import Earlier


def beside(report: ReportData, then: ReportData, earlier: Earlier) -> ReportData:
    """The report with its comparison; `then` is the earlier report."""
    old = {item.id: item for each in then.competencies for item in each.items}
    items = [item for each in report.competencies for item in each.items]
    there = {item.id: old[earlier.pairs[item.id]] for item in items if earlier.pairs.get(item.id) in old}
    one_scale = len(report.scale) == len(then.scale)
    same = {
        item.id: there[item.id] for item in items if item.id in there and one_scale and _alike(item, there[item.id])
    }
    merged = _merged(report) == _merged(then)
    figures: dict[str, Mapping[str, Before]] = {}
    for each in report.competencies:
        figures[each.id] = _of_competency(each, then, same, merged=merged)
        figures |= {item.id: _figures(item, same[item.id], merged=merged) for item in each.items if item.id in same}
    found = Comparison(
        assessment_id=then.assessment_id,
        assessment_name=then.assessment_name,
        edition=earlier.edition,
        data_date=then.data_date,
        time_zone=then.time_zone,
        compared=len(same),
        statements=len(items),
        other_scale=len(there) - len(same),
        figures={id: lines for id, lines in figures.items() if lines},
    )
    return replace(report, comparison=found)


def cells(result: ItemResult | CompetencyResult) -> dict[str, Cell]:
    """All printed figures of a statement or competency by line."""
    return {**result.cells, **({OVERALL: result.others} if result.others else {})}


def as_json(found: Comparison) -> dict[str, Any]:
    """The comparison as the API's JSON, without statements that are not compared."""
    return {
        "ThreeSixtyID": found.assessment_id,
        "AssessmentName": found.assessment_name,
        "Edition": found.edition,
        "DataDate": found.data_date.isoformat(),
        "TimeZone": found.time_zone,
        "Statements": found.statements,
        "Compared": found.compared,
        "OtherScale": found.other_scale,
        "Figures": {
            id: {key: {"Mean": one.cell.mean, "Count": one.cell.n, "Change": one.change} for key, one in lines.items()}
            for id, lines in found.figures.items()
        },
    }


def _alike(now: ItemResult, then: ItemResult) -> bool:
    """Whether two statements have the same number of points; `points` is None on the report's own scale."""
    return now.points == then.points


def _merged(report: ReportData) -> tuple[str, ...]:
    return next((group.merged for group in report.groups if group.key == ALL_OTHERS), ())


def _figures(
    now: ItemResult | CompetencyResult, then: ItemResult | CompetencyResult, *, merged: bool
) -> dict[str, Before]:
    """The figures printed by both reports, by line."""
    before = cells(then)
    return {
        key: Before(cell=before[key], change=round(cell.mean - before[key].mean, 1))
        for key, cell in cells(now).items()
        if key in before and (key != ALL_OTHERS or merged)
    }


def _of_competency(
    now: CompetencyResult, then: ReportData, same: Mapping[str, ItemResult], *, merged: bool
) -> dict[str, Before]:
    """A competency's figures in the lines in which both reports computed them from the same statements."""
    names = {same[item.id].id for item in now.items if item.id in same}
    old = [each for each in then.competencies if names & {item.id for item in each.items}]
    if len(old) != 1:
        return {}
    here = {
        key: {same[item.id].id if item.id in same else "" for item in items} for key, items in _by_line(now).items()
    }
    there = {key: {item.id for item in items} for key, items in _by_line(old[0]).items()}
    found = _figures(now, old[0], merged=merged)
    return {key: one for key, one in found.items() if here.get(key) == there.get(key)}


def _by_line(competency: CompetencyResult) -> dict[str, list[ItemResult]]:
    """The statements with a figure, by line."""
    found: dict[str, list[ItemResult]] = {}
    for item in competency.items:
        for key in cells(item):
            found.setdefault(key, []).append(item)
    return found
