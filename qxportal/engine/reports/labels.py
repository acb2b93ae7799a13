"""Labels of groups, verdicts, spreads and readers in the active language."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qxportal.engine.reports.results import Spread, Verdict
from qxportal.engine.reports.types import Viewer, ViewerKind
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF

Labels = Mapping[Verdict, Promise]

SPREADS: Mapping[Spread, Promise] = {
    Spread.TIGHT: pgettext_lazy("spread of ratings", "tight"),
    Spread.MIXED: pgettext_lazy("spread of ratings", "mixed"),
    Spread.SPLIT: pgettext_lazy("spread of ratings", "split"),
}
VERDICTS: Labels = {
    Verdict.AGREED_STRENGTH: _("You and others see a strength"),
    Verdict.AGREED_NEED: _("You and others see a development need"),
    Verdict.HIDDEN_STRENGTH: _("Hidden strength: others rate it higher"),
    Verdict.BLIND_SPOT: _("Possible blind spot: you rate it higher"),
    Verdict.RATED_HIGHER: _("A strength that you rate even higher"),
    Verdict.RATED_LOWER: _("A development need that you rate even lower"),
    Verdict.SOMEWHAT_HIGHER: _("You rate yourself somewhat higher"),
    Verdict.SOMEWHAT_LOWER: _("You rate yourself somewhat lower"),
}
RELATIONSHIPS: Mapping[str, Promise] = {
    SELF: pgettext_lazy("relationship", "Self"),
    MANAGER: pgettext_lazy("relationship", "Manager"),
    PEER: pgettext_lazy("relationship", "Peers"),
    DIRECT_REPORT: pgettext_lazy("relationship", "Direct reports"),
}
ALL_OTHERS = pgettext_lazy("relationship", "All others")
MANAGERS = pgettext_lazy("relationship", "Managers")  # as a group like any other
NO_HEADING = pgettext_lazy("competency", "General")
HEADINGS: Labels = {
    Verdict.AGREED_STRENGTH: _("Agreed strengths"),
    Verdict.HIDDEN_STRENGTH: _("Hidden strengths"),
    Verdict.BLIND_SPOT: _("Possible blind spots"),
    Verdict.AGREED_NEED: _("Agreed development needs"),
    Verdict.RATED_HIGHER: _("Strengths that you rate even higher"),
    Verdict.RATED_LOWER: _("Development needs that you rate even lower"),
    Verdict.SOMEWHAT_HIGHER: _("Rated somewhat higher by you"),
    Verdict.SOMEWHAT_LOWER: _("Rated somewhat lower by you"),
}


def relationship(name: str) -> str:
    """The label of a built-in relationship; other names are returned unchanged."""
    return str(RELATIONSHIPS.get(name, name))


def spread(value: Spread | None) -> str:
    """A word for the spread of ratings; empty for None."""
    return str(SPREADS[value]) if value else ""


def verdict(value: Verdict | None) -> str:
    """The label of a verdict; empty for None."""
    return str(VERDICTS[value]) if value else ""


def heading(value: Verdict) -> str:
    """The heading of a verdict's competencies beside the map."""
    return str(HEADINGS[value])


def prepared_for(viewer: Viewer, *, subject_name: str, brand_name: str) -> str:
    """The reader's name on the cover."""
    if viewer.kind is ViewerKind.PERSON and viewer.name:
        return viewer.name
    if viewer.kind is ViewerKind.ADMIN:
        return gettext("the administrators of %(brand)s") % {"brand": brand_name}
    return subject_name
