"""Template tags of the report: cells, languages, and the direction of texts.

That is the direction of the first letter that has one, as browsers do with dir="auto".
"""

import unicodedata
from collections.abc import Mapping

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from qxportal.engine.reports.results import ReportData

register = template.Library()

RIGHT_TO_LEFT = ("R", "AL")


def runs_left(text: str) -> bool:
    """Whether a text is written from right to left."""
    if text.isascii():
        return False
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction == "L" or direction in RIGHT_TO_LEFT:
            return direction != "L"
    return False


@register.filter
def dir_of(text: object) -> SafeString:
    """The attribute that an element with this text needs; nothing for what runs from left to right."""
    return mark_safe(' dir="rtl"') if runs_left(str(text)) else SafeString("")  # a constant


@register.filter
def lang_of(language: str) -> SafeString:
    """The attribute of an element in this language; nothing where it is the language around it."""
    return format_html(' lang="{}"', language) if language else SafeString("")


@register.filter
def foreign(report: ReportData) -> SafeString:
    """The attribute of an element whose words are the survey's, where that is not in the report's language."""
    return lang_of(report.survey_language)


@register.filter
def own(report: ReportData) -> SafeString:
    """The attribute of an element in the report's language inside one in the survey's."""
    return format_html(' lang="{}"', report.language) if report.survey_language else SafeString("")


@register.filter
def td(number: Mapping[str, object] | None) -> SafeString:
    """The cell of a table with a number, or the sign for none; a template of its own would take as long as the row."""
    if number is None:
        return mark_safe('<td class="none">–</td>')  # a constant
    kind = "num own" if number["own"] else "num"
    return mark_safe(f'<td class="{kind}">{number["text"]}</td>')  # noqa: S308  # digits


@register.filter
def lines(text: str) -> SafeString:
    """The lines of a comment, each in its own direction."""
    return format_html_join("", "<div{}>{}</div>", ((dir_of(line), line or "\u00a0") for line in text.splitlines()))
