"""What a report calls groups of people, verdicts, spreads and readers, in the language that is active."""

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
MANAGERS = pgettext_lazy("relationship", "Managers")  # where they are a group like any other
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
    """The line of a built-in relationship; any other has the name that the assessment gave it."""
    return str(RELATIONSHIPS.get(name, name))


def spread(value: Spread | None) -> str:
    """How much ratings vary, in one word; empty where that is not shown."""
    return str(SPREADS[value]) if value else ""


def verdict(value: Verdict | None) -> str:
    """What self rating and the others' say together; empty where there is nothing to compare."""
    return str(VERDICTS[value]) if value else ""


def heading(value: Verdict) -> str:
    """The heading above the competencies of one verdict, beside the map of self against others."""
    return str(HEADINGS[value])


def prepared_for(viewer: Viewer, *, subject_name: str, brand_name: str) -> str:
    """The name on the cover."""
    if viewer.kind is ViewerKind.PERSON and viewer.name:
        return viewer.name
    if viewer.kind is ViewerKind.ADMIN:
        return gettext("the administrators of %(brand)s") % {"brand": brand_name}
    return subject_name
