"""Labels of relationships on pages and in mails, in the active language."""

from collections.abc import Collection, Iterable

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qxportal.core.languages import text_in
from qxportal.engine.models import Assessment, Relationship
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF


def relationship_label(assessment: Assessment, name: str) -> str:
    """The label of one relationship."""
    return relationship_labels(assessment, [name])[name]


def relationship_labels(assessment: Assessment, names: Iterable[str]) -> dict[str, str]:
    """Labels by relationship name; one query."""
    words = {SELF: _("Self"), MANAGER: _("Manager"), PEER: _("Colleague"), DIRECT_REPORT: _("Direct report")}
    wanted = set(names)
    own = own_labels([(assessment.pk, name) for name in wanted - words.keys()])
    return {name: words.get(name) or own[assessment.pk, name] for name in wanted}


def own_label(assessment: Assessment, name: str) -> str:
    """The label of an assessment's own relationship; its name if it is not translated."""
    return own_labels([(assessment.pk, name)])[assessment.pk, name]


def own_labels(wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Labels of assessments' own relationships by assessment and name; one query."""
    rows = Relationship.objects.filter(
        assessment__in={assessment for assessment, _name in wanted}, name__in={name for _assessment, name in wanted}
    )
    language = get_language() or ""
    found = {(own.assessment_id, own.name): text_in(own.translations, language) for own in rows}
    return {one: found.get(one) or one[1] for one in wanted}
