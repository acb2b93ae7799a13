"""Template tags for all templates: icons, status labels, bars, times, an organisation's own terms."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.forms import BoundField, Select
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.threesixty.relationships import MINIMUM
from qxportal.ui import dates
from qxportal.ui.badges import Badge
from qxportal.ui.labels import ALARMS, RELATIONSHIPS, REQUESTS, STATES, VERBS
from qxportal.ui.terms import term_of

register = template.Library()
for written in (
    dates.long_date,
    dates.short_date,
    dates.weekday_date,
    dates.date_time,
    dates.long_date_time,
    dates.long_end,
):
    register.filter(written)

FRESH_MINUTES, STALE_MINUTES = 30, 120


@register.simple_tag
@lru_cache(500)
def icon(name: str, words: str = "") -> SafeString:
    """A picture from the sprite; silent for screen readers unless it has words."""
    sprite = f"{static('portal/icons.svg')}#{name}"
    if words:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', words, sprite)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', sprite)


@register.simple_tag
def state(kind: str, value: str) -> SafeString:
    """A status as icon and label; the stored word, the vendor's or ours, is in the title."""
    badge = STATES[kind].get(value)
    if badge is None:
        return format_html('<span class="state">{}{}</span>', icon("circle-dashed"), value)
    return format_html(
        '<span class="state is-{}" title="{}">{}{}</span>', badge.tone, value, icon(badge.icon), badge.label
    )


@register.filter
def explained(kind: str) -> list[tuple[str, Badge]]:
    """States of a kind that a legend explains, with their stored values."""
    return [(value, badge) for value, badge in STATES[kind].items() if badge.meaning]


@register.simple_tag
def intent() -> SafeString:
    """Hidden field with a form's idempotency key: the same form submitted twice is one change."""
    return format_html('<input type="hidden" name="intent" value="{}">', uuid4())


@register.simple_tag
def progress(done: int, total: int, label: str = "") -> SafeString:
    """A bar with “7 of 11” beside it."""
    words = _("%(done)s of %(total)s") % {"done": done, "total": total}
    name = f"{label}: {words}" if label else words
    if not total:
        return format_html('<span class="bar"><span class="bar-words text-secondary">{}</span></span>', _("None yet"))
    return format_html(
        '<span class="bar"><progress class="{}" value="{}" max="{}" aria-label="{}"></progress>'
        '<span class="bar-words">{}</span></span>',
        "is-full" if done >= total else "",
        min(done, total),
        total,
        name,
        words,
    )


@register.simple_tag
def meter(count: int, minimum: int = MINIMUM) -> SafeString:
    """Number of answers in a group against the required minimum, as filled dots and words."""
    enough = count >= minimum
    words = (
        ngettext("%(n)s answer, shown (minimum: %(min)s)", "%(n)s answers, shown (minimum: %(min)s)", count)
        if enough
        else ngettext("%(n)s answer, hidden (minimum: %(min)s)", "%(n)s answers, hidden (minimum: %(min)s)", count)
    )
    title = words % {"n": count, "min": minimum}
    places = format_html_join(
        "",
        '<rect x="{}" y="1" width="8" height="10" rx="2" class="{}"></rect>',
        ((place * 11 + 1, "on" if place < count else "off") for place in range(minimum)),
    )
    return format_html(
        '<span class="meter {}" title="{}"><svg width="{}" height="12" aria-hidden="true">{}</svg>'
        '<span class="num">{}</span><span class="visually-hidden">{}</span></span>',
        "is-ok" if enough else "is-thin",
        title,
        minimum * 11 + 1,
        places,
        count,
        title,
    )


@register.simple_tag
def ago(when: datetime | None, empty: str = "–") -> SafeString:
    """A relative time, with the exact one in the member's zone on hover."""
    if when is None:
        return format_html('<span class="text-secondary">{}</span>', empty)
    old = abs((timezone.now() - when).days) > 30
    return _time(when, dates.short_date(when) if old else _distance(when))


@register.simple_tag
def clock(when: datetime) -> SafeString:
    """The clock time on a day that is named nearby, in the reader's zone, with the full time on hover."""
    return _time(when, dates.clock_time(when))


@register.simple_tag
def moment(when: datetime | None, empty: str = "–") -> SafeString:
    """A day and time in the reader's zone, which is shown: for deadlines."""
    if when is None:
        return format_html('<span class="text-secondary">{}</span>', empty)
    return _time(when, f"{dates.date_time(when)} ({timezone.get_current_timezone_name()})")


@register.simple_tag
def on_day(when: date | None, empty: str = "–", *, short: bool = False) -> SafeString:
    """A day without time of day; a time is converted to the reader's zone."""
    if when is None:
        return format_html('<span class="text-secondary">{}</span>', empty)
    day = timezone.localdate(when) if isinstance(when, datetime) else when
    words = dates.short_date(day) if short else dates.long_date(day)
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words)


def _time(when: datetime, words: str) -> SafeString:
    exact = f"{dates.date_time(when)} {timezone.localtime(when).tzname() or ''}".strip()
    return format_html('<time datetime="{}" title="{}">{}</time>', when.isoformat(), exact, words)


def _distance(when: datetime) -> str:
    """Time since or until, in one unit, days at most; whole sentences, as languages inflect the unit after “ago”."""
    now = timezone.now()
    days = abs(now - when).days
    if not days:
        return naturaltime(when)
    weeks = days // 7
    if when < now and weeks:
        return ngettext("%(n)s week ago", "%(n)s weeks ago", weeks) % {"n": weeks}
    if when < now:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    if weeks:
        return ngettext("in %(n)s week", "in %(n)s weeks", weeks) % {"n": weeks}
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}


@register.simple_tag(takes_context=True)
def column(
    context: template.Context, label: object, css: str = "", *, hidden: bool = False, name: str = ""
) -> SafeString:
    """The heading of a column in `{% table %}`; a hidden heading is for screen readers only.

    A named column is left out if the member chose to hide it (accounts/lists.py).
    """
    return SafeString("") if _left_out(context, name) else _heading(label, css, hidden=hidden)


def _left_out(context: template.Context, name: str) -> bool:
    return bool(name) and name in (context.get("hidden_columns") or ())


def _heading(label: object, css: str, *, hidden: bool = False) -> SafeString:
    words = format_html('<span class="visually-hidden">{}</span>', label) if hidden else label
    return format_html('<th scope="col"{}>{}</th>', format_html(' class="{}"', css) if css else "", words)


@register.simple_tag(takes_context=True)
def sortable(context: template.Context, name: str, label: object, css: str = "") -> SafeString:
    """The heading of a sortable column (core/listing.py); plain if the list's order is fixed."""
    if _left_out(context, name):
        return SafeString("")
    sorting = getattr(context.get("listing"), "sorting", None)
    if sorting is None or name not in sorting.names:
        return _heading(label, css)
    current = sorting.name == name
    query = context["request"].GET.copy()
    for key in ("cursor", "count", "file"):
        query.pop(key, None)
    query["sort"] = f"-{name}" if current and not sorting.down else name
    arrow = ("↓" if sorting.down else "↑") if current else ""
    return format_html(
        '<th scope="col" class="sortable{}"{}><a href="?{}" rel="nofollow">{}'
        '<span aria-hidden="true">{}</span></a></th>',
        f" {css}" if css else "",
        format_html(' aria-sort="{}"', "descending" if sorting.down else "ascending") if current else "",
        query.urlencode(),
        label,
        arrow,
    )


@register.simple_block_tag(takes_context=True)
def table(
    context: template.Context,
    content: SafeString,
    *,
    caption: object,
    rows: Iterable[Any] = (),
    row: str = "",
    name: str = "row",
    body: SafeString | None = None,
    css: str = "",
    panel: bool = False,
) -> SafeString:
    """A list as a table, which becomes a stack of cards on a phone.

    The block contains the headings (`{% column %}`); `row` is the template of one row, which gets it as `name`. A list
    whose rows are rendered without a template, for speed, passes them as `body`. With `panel` a row's page
    opens beside the list.
    """
    if body is None:
        of_row = context.template.engine.get_template(row)  # type: ignore[union-attr]
        made = []
        for each in rows:
            with context.push(**{name: each}):
                made.append(of_row.render(context))
        body = mark_safe("".join(made))  # noqa: S308 - each is a rendered template
    return format_html(
        '<div class="table-wrap{}"><table class="sheet stack" data-rows{}><caption class="visually-hidden">{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        f" {css}" if css else "",
        " data-panel" if panel else "",
        caption,
        content,
        body,
    )


@register.filter
def freshness(when: datetime | str | None) -> str:
    """Age class of a record: fresh, ageing, stale or never (also for a variable that the template lacks)."""
    if not isinstance(when, datetime):
        return "never"
    minutes = (timezone.now() - when).total_seconds() / 60
    if minutes <= FRESH_MINUTES:
        return "fresh"
    return "ageing" if minutes <= STALE_MINUTES else "stale"


@register.filter
def as_control(field: BoundField) -> SafeString:
    """A form field's element in the kit's style, linked to its hint and errors."""
    widget = field.field.widget
    dress = "form-select" if isinstance(widget, Select) else "form-control"
    attributes: dict[str, str | bool] = {"class": f"{dress} is-invalid" if field.errors else dress}
    if field.errors:
        attributes |= {"aria-invalid": "true", "aria-describedby": f"{field.id_for_label}_error"}
    return field.as_widget(attrs=attributes)


@register.filter
def relationship(name: str) -> str:
    """A relationship's label: ours for built-in ones, the organisation's own for the others."""
    return str(RELATIONSHIPS.get(name, name))


@register.filter
def deed(verb: str) -> str:
    """Label of a log entry's verb."""
    return str(VERBS.get(verb, verb))


@register.filter
def request_words(name: str) -> str:
    """Label of a request."""
    return str(REQUESTS.get(name, name))


@register.filter
def alarm(name: str) -> str:
    """Label of an external change that raises an alert."""
    return str(ALARMS.get(name, name))


@register.filter
def initials(name: object) -> str:
    """Up to two initials of a name."""
    words = [word for word in str(name).replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    letters = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in letters).upper() or "?"


@register.filter
def stripe(number: int) -> int:
    """Number of an organisation's stripe, one of eight."""
    return number % 8


@register.filter
def among(value: object, values: Iterable[Any]) -> bool:
    """Whether the value is one of the others."""
    return value in values


@register.simple_tag(takes_context=True)
def term(context: template.Context, word: str) -> str:
    """The organisation's own term for one of the API's nouns."""
    return term_of(context.get("org"), word)
