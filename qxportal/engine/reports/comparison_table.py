"""The report section that compares a report with an earlier round."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qxportal.engine.reports.aggregate import SELF
from qxportal.engine.reports.comparison import cells
from qxportal.engine.reports.results import OVERALL, Before, Cell, Comparison, CompetencyResult, ItemResult, ReportData

MOST_COLUMNS = 6  # more columns leave no room for the statement
MINUS = "\u2212"


def section(report: ReportData, day: str, *, listed: bool) -> dict[str, Any] | None:
    """Template context of the comparison; `day`: date of the earlier report; `listed`: a list without columns."""
    found = report.comparison
    if found is None:
        return None
    present = {key for lines in found.figures.values() for key in lines}
    columns = [(group.key, group.label) for group in report.groups if group.key in present]
    columns += [(OVERALL, _("Others overall"))] if OVERALL in present else []
    return {
        "name": found.assessment_name,
        "day": day,
        "compared": found.compared,
        "statements": found.statements,
        "other_scale": found.other_scale,
        "columns": [label for _key, label in columns],
        "many": listed or len(columns) > MOST_COLUMNS,
        "competencies": [
            {"name": each.name, "rows": rows}
            for each in report.competencies
            if (rows := list(_rows(each, found, columns)))
        ],
    }


def _rows(
    competency: CompetencyResult, found: Comparison, columns: Sequence[tuple[str, str]]
) -> Iterable[dict[str, Any]]:
    """Rows of the competency and its statements that have a compared figure."""
    whole: list[tuple[CompetencyResult | ItemResult, str]] = [(competency, _("All statements"))]
    whole += [(item, item.text) for item in competency.items]
    for result, name in whole:
        if lines := found.figures.get(result.id):
            compared = [_cell(key, cells(result), lines) for key, _label in columns]
            yield {
                "name": name,
                "whole": result is competency,
                "cells": compared,
                "named": [(label, one) for (_key, label), one in zip(columns, compared, strict=True) if one],
            }


def _cell(key: str, now: Mapping[str, Cell], lines: Mapping[str, Before]) -> dict[str, str] | None:
    if key not in lines:
        return None
    before = _figure(lines[key].cell, own=key == SELF)
    return {
        "now": _figure(now[key], own=key == SELF),
        "change": _("%(change)s from %(figure)s") % {"change": _change(lines[key].change), "figure": before},
    }


def _figure(cell: Cell, *, own: bool) -> str:
    """A mean with its number of raters, as in all tables of the report."""
    mean = number_format(cell.mean, 1)
    return mean if own else f"{mean}{'°' if cell.indicative else ''} ({cell.n})"


def _change(change: float) -> str:
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    return f"{sign}{number_format(abs(change), 1)}"
