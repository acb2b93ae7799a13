"""The report's own words for codes and numbers, in the report's language."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from qxportal.engine.reports.types import Spread, Verdict, Viewer, ViewerKind


def spread_words(spread: Spread | None) -> str:
    """How far raters are apart, in one word."""
    if spread is None:
        return ""
    words: Mapping[Spread, str] = {Spread.TIGHT: _("tight"), Spread.MIXED: _("mixed"), Spread.SPLIT: _("split")}
    return words[spread]


def verdict_words(verdict: Verdict | None) -> str:
    """What self rating and the others' say together; never a bare sign."""
    if verdict is None:
        return ""
    words: Mapping[Verdict, str] = {
        Verdict.AGREED_STRENGTH: _("You and others agree: a strength"),
        Verdict.AGREED_NEED: _("You and others agree: room for growth"),
        Verdict.HIDDEN_STRENGTH: _("Hidden strength: others rate it higher"),
        Verdict.BLIND_SPOT: _("Possible blind spot: you rate it higher"),
        Verdict.RATED_HIGHER: _("A strength, which you rate even higher"),
        Verdict.RATED_LOWER: _("You are stricter with yourself than others"),
        Verdict.SOMEWHAT_HIGHER: _("You rated yourself somewhat higher"),
        Verdict.SOMEWHAT_LOWER: _("You rated yourself somewhat lower"),
    }
    return words[verdict]


def field_words(verdict: Verdict) -> str:
    """The heading above the competencies of one verdict, beside the map of self against others."""
    words: Mapping[Verdict, str] = {
        Verdict.AGREED_STRENGTH: _("Agreed strengths"),
        Verdict.HIDDEN_STRENGTH: _("Hidden strengths"),
        Verdict.BLIND_SPOT: _("Possible blind spots"),
        Verdict.AGREED_NEED: _("Agreed needs"),
        Verdict.RATED_HIGHER: _("Strengths that you rate even higher"),
        Verdict.RATED_LOWER: _("Where you are stricter than others"),
        Verdict.SOMEWHAT_HIGHER: _("Rated somewhat higher by you"),
        Verdict.SOMEWHAT_LOWER: _("Rated somewhat lower by you"),
    }
    return words[verdict]


def prepared_for(viewer: Viewer, *, subject_name: str, brand_name: str) -> str:
    """The name on the cover."""
    if viewer.kind is ViewerKind.PERSON and viewer.name:
        return viewer.name
    if viewer.kind is ViewerKind.ADMIN:
        return _("the administrators of %(brand)s") % {"brand": brand_name}
    return subject_name
