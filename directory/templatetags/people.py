"""The rows of the list of people, written here because as a template they took half of the page's time."""

from collections.abc import Iterable
from html import escape  # a quarter of what format_html takes

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from directory.models import Person
from qxportal.ui.templatetags.portal import ago

register = template.Library()
TICK = (
    '<td class="tick"><input type="checkbox" class="form-check-input" name="person" value="{person.pk}" form="placing" '
    'data-tick aria-label="{words}"></td>'
)
ROW = (
    '<tr{dress}>{tick}<th scope="row"><a class="row-link" href="{here}{person.pk}/">{name}</a>'
    '<span class="sub">{email}</span></th><td>{title}</td><td>{department}</td><td>{location}</td><td>{kind}</td></tr>'
)


@register.simple_tag
def person_rows(people: Iterable[Person], here: str, ticks: bool = False) -> SafeString:
    """A row for each person; `here` is the address below which their pages lie; with `ticks`, boxes to select them."""
    select = escape(_("Select %(name)s"))
    own, external = f'<span class="text-secondary">{escape(_("Internal"))}</span>', escape(_("External"))
    removed, here = escape(_("Removed %(when)s")), escape(here)
    return SafeString(
        "\n".join(
            ROW.format(
                person=person,
                here=here,
                tick=TICK.format(
                    person=person, words=select % {"name": escape(f"{person.first_name} {person.last_name}")}
                )
                if ticks
                else "",
                dress=' class="is-gone"' if person.gone_at else "",
                name=escape(", ".join(filter(None, (person.last_name, person.first_name)))),
                email=escape(person.email),
                title=escape(person.title) or "–",
                department=escape(person.department) or "–",
                location=escape(person.location) or "–",
                kind=removed % {"when": ago(person.gone_at)}
                if person.gone_at
                else external
                if person.external
                else own,
            )
            for person in people
        )
    )
