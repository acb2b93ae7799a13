"""The nouns that an organisation may rename, and the name of its survey service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.utils.translation import gettext, pgettext
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
SERVICE = "Service"  # key of the service's name among an organisation's terms

SERVICE_PLACES = ("service", "Service", "the_service", "in_service", "to_service", "from_service", "by_service")

_service_name: ContextVar[Callable[[], str]] = ContextVar("service_name")


def term_of(org: Any, word: str) -> str:
    """The organisation's own term for a noun of the API, or ours."""
    own = getattr(org, "terms", None) or {}
    return str(own.get(word) or TERMS.get(word) or gettext(word))


def activate_service(name: Callable[[], str]) -> None:
    """Set the service's name for this request or task; `name` is called when a sentence first needs it."""
    _service_name.set(name)


@contextmanager
def service_called(name: str) -> Iterator[None]:
    """Use this name for the service during the block; empty stands for "the survey service"."""
    token = _service_name.set(lambda: name)
    try:
        yield
    finally:
        _service_name.reset(token)


def service_words() -> dict[str, str]:
    """The service's name in each grammatical position, in the active language.

    `service` begins no sentence, `Service` begins one, `the_service` is an object ("reach %(the_service)s"); the others
    bring their preposition along, since languages join it to the article: in_service, to_service, from_service,
    by_service.
    """
    name = _service_name.get(_unnamed)()
    if not name:
        return {
            "service": pgettext("subject of a sentence", "the survey service"),
            "Service": pgettext("subject at the start of a sentence", "The survey service"),
            "the_service": pgettext("object of a sentence", "the survey service"),
            "in_service": gettext("in the survey service"),
            "to_service": gettext("to the survey service"),
            "from_service": gettext("from the survey service"),
            "by_service": gettext("by the survey service"),
        }
    return {
        "service": name,
        "Service": name,
        "the_service": name,
        "in_service": gettext("in %(name)s") % {"name": name},
        "to_service": gettext("to %(name)s") % {"name": name},
        "from_service": gettext("from %(name)s") % {"name": name},
        "by_service": gettext("by %(name)s") % {"name": name},
    }


def _unnamed() -> str:
    return ""
