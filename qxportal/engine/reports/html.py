"""The report as HTML: tables, charts, texts and formatted numbers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from math import ceil
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils import translation
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from qxportal.core.line_ends import with_plain_line_ends
from qxportal.engine.reports import charts, colors, comparison_table, labels, painting
from qxportal.engine.reports.aggregate import INSIGHT_FROM, SELF, SIMILAR_BELOW, strength_line
from qxportal.engine.reports.charts import Mark
from qxportal.engine.reports.fingerprint import fingerprint, letters_of
from qxportal.engine.reports.ink import Drawing, Ink
from qxportal.engine.reports.painting import Painter
from qxportal.engine.reports.results import Cell, CompetencyResult, Gap, ItemResult, ReportData
from qxportal.engine.reports.suppression import ALL_OTHERS
from qxportal.engine.reports.svg import Svg
from qxportal.engine.reports.types import Norm
from qxportal.ui import dates

TEXT = re.compile(r"(?<=>)[^<>]*?[^\s<>]{16}[^<>]*(?=<)")  # text between tags with a word of 16 characters or more
INSIGHTS_LISTED = 8
MOST_TOGETHER = 12  # statements of a competency kept on one page; longer ones break across pages
MOST_COLUMNS = 6  # groups side by side; more would leave no room for the statement
LONG_NAME = 48  # characters that fit the cover's largest font size
COVER_CHARS, ROLE_CHARS = 220, 160
FOOT_CHARS = 60  # of a name in the page footer
NORM_WORDS, NORM_CHARS = 3, 12  # that fit above a column
COUNTER = "\0"  # places where the style sheet counts pages


def html(report: ReportData) -> str:
    """The whole report as one HTML document in its own language."""
    return document(report)[0]


def document(report: ReportData) -> tuple[str, Mapping[str, Drawing]]:
    """The report as an HTML document, and the charts by the names of its images."""
    ink = Ink()
    with translation.override(report.language):
        page = _templates().get_template("report.html").render(Context(_context(report, ink), use_l10n=False))
    return _breakable(with_plain_line_ends(page)), ink.drawings


def web(report: ReportData) -> SafeString:
    """The same report as part of a web page."""
    with translation.override(report.language):
        context = Context(_context(report, Svg(), wide_strips=True), use_l10n=False)
        return mark_safe(_templates().get_template("web.html").render(context))  # noqa: S308  # the templates escape


def _breakable(document: str) -> str:
    """Allow breaks in texts with a very long word; allowing them in all texts would cost a third of the time."""
    head, start, body = document.partition("<body")
    return head + TEXT.sub(lambda found: f'<span class="breaks">{found[0]}</span>', start + body)


@cache
def _templates() -> Engine:
    return Engine(
        dirs=[str(Path(__file__).parent / "templates")],
        libraries={"i18n": "django.templatetags.i18n"},
        builtins=["qxportal.engine.reports.direction"],
        loaders=[("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])],
    )


def _context(report: ReportData, painter: Painter, *, wide_strips: bool = False) -> dict[str, Any]:
    """The template context; a web page has room for wide strips in every row."""
    marks = charts.styles(report.groups)
    merged = next((group for group in report.groups if group.key == ALL_OTHERS), None)
    norms = [_norm(norm, dashes, painter) for norm, dashes in zip(report.norms, charts.NORM_DASHES, strict=False)]
    wide = charts.WIDE_STRIP - (0 if wide_strips else charts.NARROWER * len(norms))
    crowded = len(report.groups) > MOST_COLUMNS
    strip = charts.WIDE_STRIP if wide_strips or crowded else charts.STRIP_WIDTH
    unit = Fraction(len(report.scale) - 1, 4)
    return {
        "report": report,
        **_cover(report),
        "fingerprint": fingerprint(report),
        "legend": [
            {"label": g.label, "n": g.n, "mark": painting.key(marks[g.key], painter, alt=_symbol(g.label))}
            for g in report.groups
        ],
        "norms": norms,
        "other_scales": any(item.points for each in report.competencies for item in each.items),
        "has_unasked": any(line.unasked for line in report.responses),
        "merged": merged,
        "merged_names": ", ".join(merged.merged) if merged else "",
        "headline": _headline(report),
        "axis": _axis(report, painter, charts.STRIP_WIDTH),
        "wide_axis": _axis(report, painter, wide),
        "many_axis": _axis(report, painter, charts.WIDE_STRIP),
        "crowded": crowded,
        "overview": _overview(report, marks, painter, wide),
        "strengths": [_ranked(item) for item in report.strengths],
        "needs": [_ranked(item) for item in report.needs],
        "map": _map(report, painter),
        "has_map": any(each.verdict for each in report.competencies),
        "fields": [
            {"name": labels.heading(verdict), "dots": dots}
            for verdict, dots in charts.by_verdict(report.competencies).items()
        ],
        "insights": _insights(report),
        "gap": number_format(ceil(INSIGHT_FROM * unit * 10) / 10, 1),  # the smallest difference of printed means
        "competencies": [_competency(each, report, marks, painter, strip) for each in report.competencies],
        "comparison": comparison_table.section(
            report, dates.long_date(report.comparison.data_date) if report.comparison else "", listed=wide_strips
        ),
        "sections": _sections(report),
        "mixed_label": _("Several groups"),
        "plan": [
            {"goal": each.goal, "steps": each.steps, "day": dates.long_date(each.due) if each.due else ""}
            for each in report.plan
        ],
        "missing": bool(letters_of(report).missing),
    }


def _cover(report: ReportData) -> dict[str, Any]:
    """Names and dates for the cover and the page footer."""
    role = Truncator(" · ".join(filter(None, (report.subject_title, report.subject_department)))).chars(ROLE_CHARS)
    shown = (report.brand_name, report.subject_name, report.assessment_name, role, report.cover, report.confidential)
    return {
        "role": role,
        "color": colors.readable(report.look.color),
        "crowded_cover": sum(map(len, shown)) > COVER_CHARS,
        "long_name": len(report.subject_name) > LONG_NAME,
        "opened_on": dates.long_date(report.opened_on) if report.opened_on else "",
        "last_day": dates.long_date(min(report.closed_on or report.data_date, report.data_date)),
        "data_day": dates.long_date(report.data_date),
        "page": (_("Page %(page)s of %(pages)s") % {"page": COUNTER, "pages": COUNTER}).split(COUNTER),
        "foot": {
            "name": Truncator(report.subject_name).chars(FOOT_CHARS),
            "assessment": Truncator(report.assessment_name).chars(FOOT_CHARS),
        },
    }


def _axis(report: ReportData, painter: Painter, width: int) -> SafeString:
    points = len(report.scale)
    alt = _("Scale from 1 to %(points)d") % {"points": points}
    return painting.axis(charts.axis(points, width), width, painter, alt=alt)


def _overview(report: ReportData, marks: Mapping[str, Mark], painter: Painter, width: int) -> list[dict[str, Any]]:
    """Competencies, the best rated first."""
    by_score = sorted(report.competencies, key=lambda each: -(each.others.mean if each.others else 0))
    return [
        {
            **_row(each, report, marks, painter, width),
            "own": _number(each.self_cell, own=True),
            "named_norms": [
                (norm.name, _decimal(norm.means[each.id], report.language))
                for norm in report.norms
                if each.id in norm.means
            ],
            "words": labels.verdict(each.verdict),
        }
        for each in by_score
    ]


def _competency(
    competency: CompetencyResult, report: ReportData, marks: Mapping[str, Mark], painter: Painter, width: int
) -> dict[str, Any]:
    """A competency with its statements; long ones, and those with many groups, break across pages."""
    whole = {**_full_row(competency, report, marks, painter, width), "name": _("All statements"), "whole": True}
    return {
        "name": competency.name,
        "description": competency.description,
        "words": labels.verdict(competency.verdict),
        "flows": len(report.groups) > MOST_COLUMNS or len(competency.items) > MOST_TOGETHER,
        "rows": [whole, *(_full_row(item, report, marks, painter, width) for item in competency.items)],
    }


def _sections(report: ReportData) -> list[tuple[str, str]]:
    """Ids and names of the sections on the web page."""
    parts = [
        ("reading", _("How to read this report"), True),
        ("summary", _("Summary"), True),
        ("map", _("How you and others see you"), any(each.verdict for each in report.competencies)),
        ("competencies", _("Competencies and statements"), bool(report.groups and report.competencies)),
        ("comparison", _("Compared with the earlier round"), report.comparison is not None),
        ("comments", _("In their own words"), bool(report.comments)),
        ("next", _("Next steps"), True),
    ]
    return [(id_, name) for id_, name, there in parts if there]


def _symbol(label: str) -> str:
    return _("Symbol for %(label)s") % {"label": label}


def _map(report: ReportData, painter: Painter) -> SafeString:
    points = len(report.scale)
    similar = float(SIMILAR_BELOW * Fraction(points - 1, 4))
    chart = charts.quadrant_map(report.competencies, points, line=float(strength_line(points)), similar=similar)
    names = {number: f"{number} {each.name}" for number, each in enumerate(report.competencies, start=1)}
    alt = _("Map of self ratings against others’ ratings; the list beside it names the points")
    return painting.quadrants(chart, painter, alt=alt, names=names)


def _number(cell: Cell | None, *, own: bool = False) -> dict[str, Any] | None:
    """A mean with its number of raters, which is left out for the subject; None without a cell."""
    if cell is None:
        return None
    mean = _decimal(cell.mean, get_language() or "")
    return {"mean": mean, "text": mean if own else f"{mean}{'°' if cell.indicative else ''} ({cell.n})", "own": own}


@lru_cache(maxsize=2_000)
def _decimal(mean: float, language: str) -> str:
    """A mean formatted for the active language; cached, because reports repeat a few dozen means."""
    return number_format(mean, 1)


def _norm(norm: Norm, dashes: str, painter: Painter) -> dict[str, Any]:
    """One table of external figures: its name in the legend, a shorter one above its column, and its line."""
    return {
        "name": norm.name,
        "head": Truncator(norm.name).words(NORM_WORDS) if " " in norm.name else Truncator(norm.name).chars(NORM_CHARS),
        "people": _people(norm.people) if norm.people else "",
        "mark": painting.norm_key(dashes, painter, alt=_symbol(norm.name)),
    }


def _row(
    result: CompetencyResult | ItemResult,
    report: ReportData,
    marks: Mapping[str, Mark],
    painter: Painter,
    width: int = charts.STRIP_WIDTH,
) -> dict[str, Any]:
    name = result.name if isinstance(result, CompetencyResult) else _statement(result)
    norms = [norm.means.get(result.id) for norm in report.norms]
    said = _said(result, report) if painter.names_marks else {}
    strip = charts.strip(result.cells, result.others, marks, len(report.scale), width, norms, said)
    return {
        "name": name,
        "strip": painting.strip(strip, painter, alt=_("Dot plot of the figures in this row")),
        "others": _number(result.others),
        "norms": ["" if mean is None else _decimal(mean, report.language) for mean in norms],
    }


def _said(result: CompetencyResult | ItemResult, report: ReportData) -> dict[str, str]:
    """The text of each group's mark, by key."""
    cells = ((group, _number(result.cells.get(group.key), own=group.key == SELF)) for group in report.groups)
    return {group.key: f"{group.label} {cell['text']}" for group, cell in cells if cell}


def _statement(item: ItemResult) -> str:
    """The statement's text, with its scale's ends if the question has several scales, and its number of points if it
    is not the report's.
    """
    said = {"statement": item.text, "points": item.points}
    if item.ends is not None:
        said |= dict(zip(("low", "high"), item.ends, strict=True))
        if item.points is None:
            return _("%(statement)s (%(low)s to %(high)s)") % said
        return _("%(statement)s (%(low)s to %(high)s, scale from 1 to %(points)d)") % said
    return item.text if item.points is None else _("%(statement)s (scale from 1 to %(points)d)") % said


def _full_row(
    result: CompetencyResult | ItemResult, report: ReportData, marks: Mapping[str, Mark], painter: Painter, width: int
) -> dict[str, Any]:
    row = _row(result, report, marks, painter, width)
    groups = [(group, _number(result.cells.get(group.key), own=group.key == SELF)) for group in report.groups]
    named = [(group.label, cell["text"]) for group, cell in groups if cell]
    named += [(_("Others overall"), row["others"]["text"])] if row["others"] else []
    named += [(norm.name, mean) for mean, norm in zip(row["norms"], report.norms, strict=True) if mean]
    return {
        **row,
        "cells": [cell for _group, cell in groups],
        "named": named,
        "spread": labels.spread(result.others.spread) if result.others else "",
    }


def _people(n: int) -> str:
    return ngettext("%(n)s person", "%(n)s people", n) % {"n": number_format(n, 0, force_grouping=True)}


def _ranked(item: ItemResult) -> dict[str, Any]:
    return {
        "text": item.text,
        "competency": item.competency,
        "others": _number(item.others),
        "people": _people(item.others.n) if item.others else "",
    }


def _insights(report: ReportData) -> list[dict[str, Any]]:
    """Notable gaps: competencies first, then statements, the largest on top."""

    def size(result: CompetencyResult | ItemResult) -> float:
        own = result.cells.get(SELF)
        return abs(own.mean - result.others.mean) if own and result.others else 0

    whole = sorted((each for each in report.competencies if _notable(each)), key=size, reverse=True)
    items = sorted((i for each in report.competencies for i in each.items if _notable(i)), key=size, reverse=True)
    found: list[CompetencyResult | ItemResult] = [*whole, *items]
    return [
        {
            "name": result.name if isinstance(result, CompetencyResult) else result.text,
            "competency": "" if isinstance(result, CompetencyResult) else result.competency,
            "own": _number(result.cells.get(SELF), own=True),
            "others": _number(result.others),
            "insight": labels.verdict(result.verdict),
        }
        for result in found[:INSIGHTS_LISTED]
    ]


def _notable(result: CompetencyResult | ItemResult) -> bool:
    return result.verdict is not None and result.verdict.notable


def _headline(report: ReportData) -> str:
    """The report in two or three sentences."""
    if not report.competencies:
        return _contents(report)
    rated = [each for each in report.competencies if each.others and each.others.n >= report.policy.min_group]
    if not rated:
        sentences = [_("Too few people gave feedback to show how others see you.")]
        if any(group.key == SELF for group in report.groups):
            sentences.append(_("Your own ratings are in the tables."))
        return " ".join(sentences)
    return " ".join([_ends(report, rated), *_gaps([each for each in rated if each.verdict])])


def _gaps(judged: Sequence[CompetencyResult]) -> list[str]:
    """Sentences on how often the self rating differs from the others'."""
    higher, lower, total = _count(judged, Gap.HIGHER), _count(judged, Gap.LOWER), len(judged)
    if judged and not higher and not lower:
        return [_("You see yourself much as others see you.")]
    above = ngettext(
        "You rated yourself higher than others did in the only competency that can be compared.",
        "You rated yourself higher than others did in %(n)d of %(total)d competencies.",
        total,
    )
    below = ngettext(
        "You rated yourself lower than others did in the only competency that can be compared.",
        "You rated yourself lower than others did in %(n)d of %(total)d competencies.",
        total,
    )
    counted = ((above, higher), (below, lower))
    return [sentence % {"n": number, "total": total} for sentence, number in counted if number]


def _ends(report: ReportData, rated: Sequence[CompetencyResult]) -> str:
    """A sentence on the competencies that others rated highest and lowest."""
    best, least = max(rated, key=_others_mean), min(rated, key=_others_mean)
    named = {"best": best.name, "least": least.name, "mean": number_format(_others_mean(best), 1)}
    if len(rated) == 1:
        return _("Others rate “%(best)s” at %(mean)s on average.") % named
    if best.name == least.name or _others_mean(best) == _others_mean(least):
        return _("Others rate all competencies equally, at %(mean)s on average.") % named
    if _others_mean(least) >= strength_line(len(report.scale)):
        return _("Others rate “%(best)s” highest and “%(least)s” lowest; they see a strength in both.") % named
    return _("Others rate “%(best)s” highest and see the most room for development in “%(least)s”.") % named


def _contents(report: ReportData) -> str:
    """The summary for a survey without rated statements."""
    sentences = [_("The survey has no statements rated on a scale, so there are no averages to compare.")]
    if report.other_questions:
        sentences.append(
            ngettext(
                "It has %(n)d question with a choice or a number as its answer, which reports do not show.",
                "It has %(n)d questions with a choice or a number as their answer, which reports do not show.",
                report.other_questions,
            )
            % {"n": report.other_questions}
        )
    if report.comments:
        sentences.append(_("The comments are in the section “In their own words”."))
    return " ".join(sentences)


def _others_mean(result: CompetencyResult) -> float:
    return result.others.mean if result.others else 0


def _count(results: Iterable[CompetencyResult], gap: Gap) -> int:
    return sum(1 for each in results if each.verdict and each.verdict.gap is gap)
