"""What a relationship is called on pages and in mails, in the language that is active."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qxportal.core.languages import text_in
from qxportal.engine.models import Assessment, Relationship
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF


def relationship_label(assessment: Assessment, name: str) -> str:
    """What an evaluator is to the subject, in a word or two."""
    words = {SELF: _("Self"), MANAGER: _("Manager"), PEER: _("Colleague"), DIRECT_REPORT: _("Direct report")}
    return words.get(name) or own_label(assessment, name)


def own_label(assessment: Assessment, name: str) -> str:
    """What an assessment's own relationship is called; the name itself where it is not translated."""
    own = Relationship.objects.filter(assessment=assessment, name=name).first()
    return (text_in(own.translations, get_language() or "") if own else "") or name
