"""Rows of the list of users, built in Python because a template took most of the list's time."""

from collections.abc import Iterable, Mapping
from html import escape

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from directory.models import Person, VendorUser

register = template.Library()
ROW = '<tr><th scope="row">{name}<span class="sub"><code>{key}</code></span></th>{person}{surveys}<td>{links}</td></tr>'


@register.simple_tag
def user_rows(
    lines: Iterable[tuple[VendorUser, Person | None]], here: str, people: str, hidden: Mapping[str, bool]
) -> SafeString:
    """A row for each user with the linked person; their pages are below the URLs `here` and `people`.

    Hidden columns are left out.
    """
    here, people = escape(here), escape(people)
    links = "\n".join(
        f'<a class="inline-link" href="{here}{{pk}}/{verb}">{escape(words)}</a>'
        for verb, words in (("", _("Change…")), ("rename/", _("Rename…")), ("delete/", _("Delete…")))
    )
    of_person = "" if "person" in hidden else f'<td data-label="{escape(_("Person"))}">{{}}</td>'
    of_surveys = "" if "surveys" in hidden else f'<td class="num" data-label="{escape(_("Surveys owned"))}">{{}}</td>'
    return SafeString(
        "\n".join(
            ROW.format(
                name=escape(user.shown_name),
                key=escape(user.vendor_id),
                person=of_person.format(f'<a href="{people}{person.pk}/">{escape(str(person))}</a>' if person else "–"),
                surveys=of_surveys.format("–" if user.surveys is None else user.surveys),
                links=links.format(pk=user.pk),
            )
            for user, person in lines
        )
    )
