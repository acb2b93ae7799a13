"""The report's numbers, computed only from the cells that suppression lets through.

A statement's number is the mean of its raters. A competency's is the mean of its shown statements, a function of shown
numbers, so it reveals nothing more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, sqrt
from typing import Any

from django.utils import translation

from qxportal.engine.reports import comparison, labels
from qxportal.engine.reports.placing import reaches
from qxportal.engine.reports.results import Cell, CompetencyResult, ItemResult, ReportData, Spread, Verdict
from qxportal.engine.reports.suppression import Visible, visible
from qxportal.engine.reports.types import Item, Norm, Policy, ReportSource, Score, Viewer

# On a scale of 1 to 5; in proportion on other scales.
SIMILAR_BELOW = Fraction(1, 2)
INSIGHT_FROM = Fraction(3, 4)
STRENGTH_FROM = Fraction(7, 2)
TIGHT_UP_TO = 0.65
MIXED_UP_TO = 1.05
LISTED = 5
SELF = "self"


@dataclass(frozen=True, slots=True)
class _Stat:
    """One exact number before rounding: mean, number of raters, and variance if it may be used."""

    mean: Fraction
    n: int
    variance: Fraction | None
    person: bool = False


def report(source: ReportSource, viewer: Viewer) -> ReportData:
    """The report about one subject as this viewer may see it."""
    with translation.override(source.language):
        found = _report(source, viewer)
        if source.earlier is None:
            return found
        return comparison.beside(found, _report(source.earlier.source, viewer), source.earlier)


def _report(source: ReportSource, viewer: Viewer) -> ReportData:
    shown = visible(source)
    policy, unit = source.policy, Fraction(len(source.scale) - 1, 4)
    keys = [group.key for group in shown.groups]
    results: list[CompetencyResult] = []
    ranked: list[tuple[Fraction, ItemResult]] = []
    for competency in source.competencies:
        stats = [_item_stats(item, shown, policy) for item in competency.items]
        items = []
        for item, by_group in zip(competency.items, stats, strict=True):
            others = by_group.get(None)
            result = ItemResult(
                id=item.id,
                text=item.text,
                competency=competency.name,
                cells=_cells(by_group, keys, policy, unit),
                others=_cell(others, policy, unit),
                verdict=_verdict(by_group.get(SELF), others, policy, unit),
                points=item.points,
                ends=item.ends,
            )
            items.append(result)
            if others is not None and others.n >= policy.min_group:
                ranked.append((others.mean, result))
        whole = {key: stat for key in (*keys, None) if (stat := _average(by_group.get(key) for by_group in stats))}
        mine, others = whole.get(SELF), whole.get(None)
        results.append(
            CompetencyResult(
                id=competency.id,
                name=competency.name,
                description=competency.description,
                cells=_cells(whole, keys, policy, unit),
                others=_cell(others, policy, unit),
                verdict=_verdict(mine, others, policy, unit),
                items=tuple(items),
            )
        )
    strengths, needs = _extremes(ranked)
    return ReportData(
        report_id=source.report_id,
        assessment_id=source.assessment_id,
        assessment_name=source.assessment_name,
        brand_name=source.brand_name,
        subject_id=source.subject_id,
        subject_name=source.subject_name,
        subject_title=source.subject_title,
        subject_department=source.subject_department,
        prepared_for=labels.prepared_for(viewer, subject_name=source.subject_name, brand_name=source.brand_name),
        language=source.language,
        scale=source.scale,
        opened_on=source.opened_on,
        closed_on=source.closed_on,
        data_date=source.data_date,
        time_zone=source.time_zone,
        policy=policy,
        groups=shown.groups,
        others_n=sum(group.n for group in shown.groups if group.key != SELF),
        responses=shown.responses,
        competencies=tuple(results),
        strengths=strengths,
        needs=needs,
        comments=shown.comments,
        norms=source.norms,
        other_questions=source.other_questions,
        survey_language=source.survey_language,
        cover=source.cover,
        look=source.look,
        confidential=source.confidential,
        cover_language=source.cover_language,
        confidential_language=source.confidential_language,
        example=source.example,
    )


def _item_stats(item: Item, shown: Visible, policy: Policy) -> dict[str | None, _Stat]:
    """One statement's numbers by group key; under None, of all raters but the subject."""
    stats: dict[str | None, _Stat] = {}
    everyone: list[Score] = []
    size = given = 0  # without known persons, whose answers a reader could subtract
    for group in shown.groups:
        if scores := shown.scores.get((item.id, group.key)):
            person = group.kind is not None and group.kind.exempt
            own = shown.given[item.id, group.key]
            varied = not person and reaches(own, len(scores), policy.spread_min)
            stats[group.key] = _stat(scores, varied=varied, person=person)
            everyone.extend(scores if group.key != SELF else ())
            size, given = (size, given) if person else (size + len(scores), given + own)
    if everyone:
        stats[None] = _stat(everyone, varied=reaches(given, size, policy.spread_min))
    return stats


def _stat(scores: Sequence[Score], *, varied: bool, person: bool = False) -> _Stat:
    mean = Fraction(sum(scores), len(scores))
    variance = Fraction(sum(score * score for score in scores), len(scores)) - mean**2 if varied else None
    return _Stat(mean, len(scores), variance, person)


def _average(stats: Iterable[_Stat | None]) -> _Stat | None:
    """The mean over statements, with their smallest n, and a variance if all have one."""
    known = [stat for stat in stats if stat is not None]
    if not known:
        return None
    variances = [stat.variance for stat in known if stat.variance is not None]
    return _Stat(
        sum((stat.mean for stat in known), Fraction(0)) / len(known),
        min(stat.n for stat in known),
        sum(variances, Fraction(0)) / len(variances) if len(variances) == len(known) else None,
        known[0].person,
    )


def _cells(stats: dict[str | None, _Stat], keys: Iterable[str], policy: Policy, unit: Fraction) -> dict[str, Cell]:
    cells = {key: _cell(stats.get(key), policy, unit) for key in keys}
    return {key: cell for key, cell in cells.items() if cell is not None}


def _cell(stat: _Stat | None, policy: Policy, unit: Fraction) -> Cell | None:
    if stat is None:
        return None
    return Cell(
        mean=float(_tenths(stat)),
        n=stat.n,
        spread=_spread(stat, unit),
        indicative=not stat.person and stat.n < policy.spread_min,
    )


def _spread(stat: _Stat, unit: Fraction) -> Spread | None:
    if stat.variance is None or stat.person:
        return None
    deviation = sqrt(stat.variance) / float(unit)
    return Spread.TIGHT if deviation <= TIGHT_UP_TO else Spread.MIXED if deviation <= MIXED_UP_TO else Spread.SPLIT


def strength_line(points: int) -> Fraction:
    """The mean from which a competency counts as a strength on a scale of `points` points."""
    return 1 + (STRENGTH_FROM - 1) * Fraction(points - 1, 4)


def _verdict(mine: _Stat | None, others: _Stat | None, policy: Policy, unit: Fraction) -> Verdict | None:
    """The verdict on the printed means, so that a reader who compares these comes to the same result."""
    if mine is None or others is None or others.n < policy.min_group:
        return None
    difference = (_tenths(mine) - _tenths(others)) / unit
    strong = (_tenths(others) - 1) / unit >= STRENGTH_FROM - 1
    if abs(difference) < SIMILAR_BELOW:
        return Verdict.AGREED_STRENGTH if strong else Verdict.AGREED_NEED
    known = others.variance is not None and (difference * unit) ** 2 > others.variance
    if abs(difference) < INSIGHT_FROM or not known:
        return Verdict.SOMEWHAT_HIGHER if difference > 0 else Verdict.SOMEWHAT_LOWER
    if difference > 0:
        return Verdict.RATED_HIGHER if strong else Verdict.BLIND_SPOT
    return Verdict.HIDDEN_STRENGTH if strong else Verdict.RATED_LOWER


def _tenths(stat: _Stat) -> Fraction:
    """The mean as printed: one decimal, rounded half up."""
    return Fraction(floor(stat.mean * 10 + Fraction(1, 2)), 10)


def _extremes(ranked: list[tuple[Fraction, ItemResult]]) -> tuple[tuple[ItemResult, ...], tuple[ItemResult, ...]]:
    """The statements rated highest and lowest by others; each of the first is above each of the second."""
    best = [result for _mean, result in sorted(ranked, key=lambda pair: -pair[0])]
    half = min(LISTED, len(best) // 2)
    high, low = best[:half], best[len(best) - half :]
    if high and _printed(high[-1]) == _printed(low[0]):
        tie = _printed(low[0])
        high, low = ([each for each in part if _printed(each) != tie] for part in (high, low))
    both = {_folded(each) for each in high} & {_folded(each) for each in low}  # the same statement asked twice
    high, low = ([each for each in part if _folded(each) not in both] for part in (high, low))
    return tuple(high), tuple(reversed(low))


def _folded(item: ItemResult) -> str:
    return " ".join(item.text.split()).casefold()


def _printed(item: ItemResult) -> float:
    return item.others.mean if item.others else 0


def report_json(report: ReportData) -> dict[str, Any]:
    """The report as the API's JSON; suppressed numbers are absent, never null or zero."""
    return {
        "ReportID": report.report_id,
        "ThreeSixtyID": report.assessment_id,
        "AssessmentName": report.assessment_name,
        "PersonID": report.subject_id,
        "SubjectName": report.subject_name,
        "PreparedFor": report.prepared_for,
        "Language": report.language,
        "DataDate": report.data_date.isoformat(),
        "TimeZone": report.time_zone,
        "Policy": {
            "Version": report.policy.version,
            "MinimumGroup": report.policy.min_group,
            "MinimumComments": report.policy.min_comments,
            "MinimumForSpread": report.policy.spread_min,
        },
        "Scale": {str(point): label for point, label in enumerate(report.scale, start=1)},
        "Groups": [
            {
                "Key": group.key,
                "Label": group.label,
                "Count": group.n,
                **({"Merged": list(group.merged)} if group.merged else {}),
            }
            for group in report.groups
        ],
        "OthersCount": report.others_n,
        "Responses": [
            {
                "Relationship": line.label,
                "Invited": line.invited,
                **({} if line.answered is None else {"Answered": line.answered}),
                **({} if line.unasked is None else {"Unasked": line.unasked}),
                **({} if line.shown_as is None else {"ShownAs": line.shown_as}),
            }
            for line in report.responses
        ],
        "Competencies": [
            {
                **_result_json(competency),
                "Name": competency.name,
                "Items": [
                    {
                        **_result_json(item),
                        "Text": item.text,
                        **({"Points": item.points} if item.points else {}),
                        **({"Ends": list(item.ends)} if item.ends else {}),
                    }
                    for item in competency.items
                ],
            }
            for competency in report.competencies
        ],
        **({"Norms": [_norm_json(norm) for norm in report.norms]} if report.norms else {}),
        "Strengths": [item.id for item in report.strengths],
        "Needs": [item.id for item in report.needs],
        "Comments": [
            {
                "QuestionID": question.id,
                "Question": question.text,
                "Withheld": question.withheld,
                "Blocks": [
                    {**({"Group": block.label} if block.label else {}), "Texts": list(block.texts)}
                    for block in question.blocks
                ],
            }
            for question in report.comments
        ],
        **({"Comparison": comparison.as_json(report.comparison)} if report.comparison else {}),
    }


def _result_json(result: CompetencyResult | ItemResult) -> dict[str, Any]:
    return {
        "ID": result.id,
        "Results": {key: _cell_json(cell) for key, cell in result.cells.items()},
        **({"Others": _cell_json(result.others)} if result.others else {}),
        **({"Gap": result.verdict.gap.value, "Verdict": result.verdict.value} if result.verdict else {}),
    }


def _norm_json(norm: Norm) -> dict[str, Any]:
    return {
        "Name": norm.name,
        **({"People": norm.people} if norm.people else {}),
        "Means": dict(norm.means),
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "Mean": cell.mean,
        "Count": cell.n,
        **({"Spread": cell.spread.value} if cell.spread else {}),
        **({"Indicative": True} if cell.indicative else {}),
    }
