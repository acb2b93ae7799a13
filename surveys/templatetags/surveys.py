"""Rows of the list of surveys, built in Python because a template took most of the list's time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape
from typing import Protocol

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qxportal.ui.templatetags.portal import ago, state
from surveys.models import Survey

register = template.Library()
MOST_NAMED = 3  # number of assessments listed for one survey


class Named(Protocol):
    """An assessment in a list of surveys."""

    pk: int
    name: str


@register.simple_tag
def survey_rows(
    lines: Iterable[tuple[Survey, Sequence[Named]]], here: str, assessments: str, hidden: Mapping[str, bool]
) -> SafeString:
    """A row for each survey with the assessments that use it; their pages are below `here` and `assessments`.

    Hidden columns are left out.
    """
    here, assessments = escape(here), escape(assessments)
    used, synced = escape(_("Used by")), escape(_("Last synced"))
    unused, more = f'<span class="text-secondary">{escape(_("Not used"))}</span>', escape(_("and %(n)s more"))

    @cache  # cached within one page: a sync's rows share their time, and there are few states
    def when(seen_at: datetime) -> str:
        return f'<td data-label="{synced}">{ago(seen_at)}</td>'

    @cache
    def badge(status: str) -> str:
        return f"<td>{state('survey', status)}</td>"

    def users(found: Sequence[Named]) -> str:
        links = ", ".join(f'<a href="{assessments}{one.pk}/">{escape(one.name)}</a>' for one in found[:MOST_NAMED])
        rest = len(found) - MOST_NAMED
        others = f" {more % {'n': rest}}" if rest > 0 else ""
        return f'<td data-label="{used}">{links or unused}{others}</td>'

    return SafeString(
        "\n".join(
            ('<tr class="is-gone">' if survey.gone_at else "<tr>")
            + f'<th scope="row"><a class="row-link" href="{here}{survey.pk}/">{escape(survey.name)}</a></th>'
            + ("" if "state" in hidden else badge(survey.status))
            + ("" if "used" in hidden else users(found))
            + ("" if "synced" in hidden else when(survey.seen_at))
            + "</tr>"
            for survey, found in lines
        )
    )
