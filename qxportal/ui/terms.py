"""The nouns of the API that an organisation may rename."""

from typing import Any

from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from qxportal.ui.badges import Words

TERMS: dict[str, Words] = {
    "Assessment": _("Assessment"),
    "Assessments": _("Assessments"),
    "Subject": _("Subject"),
    "Subjects": _("Subjects"),
    "Evaluator": _("Evaluator"),
    "Evaluators": _("Evaluators"),
    "Evaluation": _("Evaluation"),
    "Evaluations": _("Evaluations"),
    "Relationship": _("Relationship"),
    "Relationships": _("Relationships"),
    "Report": _("Report"),
    "Reports": _("Reports"),
}


def term_of(org: Any, word: str) -> str:
    """The organisation's own word for a noun of the API, or ours."""
    own = getattr(org, "terms", None) or {}
    return str(own.get(word) or TERMS.get(word) or _gettext(word))
