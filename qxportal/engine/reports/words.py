"""The report's own words for codes and numbers, in the report's language."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from qxportal.engine.reports.shape import Gap, Insight, Quadrant, Spread, Viewer, ViewerKind


def gap_words(gap: Gap | None) -> str:
    """How the self rating stands to the others', as a sentence; never a bare sign."""
    if gap is None:
        return ""
    words: Mapping[Gap, str] = {
        Gap.HIGHER: _("You rated yourself higher"),
        Gap.SIMILAR: _("You and others agree"),
        Gap.LOWER: _("You rated yourself lower"),
    }
    return words[gap]


def spread_words(spread: Spread | None) -> str:
    """How far raters are apart, in one word."""
    if spread is None:
        return ""
    words: Mapping[Spread, str] = {Spread.TIGHT: _("tight"), Spread.MIXED: _("mixed"), Spread.SPLIT: _("split")}
    return words[spread]


def insight_sentence(insight: Insight | None, *, strong: bool) -> str:
    """What a large gap may mean, given whether others see a strength."""
    if insight is Insight.BLIND_SPOT:
        return _("A strength, which you rate even higher") if strong else _("Possible blind spot: you rate it higher")
    if insight is Insight.HIDDEN_STRENGTH:
        return (
            _("Hidden strength: others rate it higher") if strong else _("You are stricter with yourself than others")
        )
    return ""


def quadrant_words(quadrant: Quadrant) -> str:
    """The name of a field on the map of self against others."""
    words: Mapping[Quadrant, str] = {
        Quadrant.AGREED_STRENGTH: _("Agreed strengths"),
        Quadrant.HIDDEN_STRENGTH: _("Hidden strengths"),
        Quadrant.BLIND_SPOT: _("Possible blind spots"),
        Quadrant.AGREED_NEED: _("Agreed needs"),
    }
    return words[quadrant]


def prepared_for(viewer: Viewer, *, subject_name: str, brand_name: str) -> str:
    """The name on the cover."""
    if viewer.kind is ViewerKind.PERSON and viewer.name:
        return viewer.name
    if viewer.kind is ViewerKind.ADMIN:
        return viewer.name or _("the administrators of %(brand)s") % {"brand": brand_name}
    return subject_name
