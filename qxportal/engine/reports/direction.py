"""Template tags of the report: cells, languages, and the direction of texts.

A text has the direction of its first letter with one, as for dir="auto" in browsers.
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
    """Whether a text runs from right to left."""
    if text.isascii():
        return False
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction == "L" or direction in RIGHT_TO_LEFT:
            return direction != "L"
    return False


@register.filter
def dir_of(text: object) -> SafeString:
    """The `dir` attribute for a text from right to left; else empty."""
    return mark_safe(' dir="rtl"') if runs_left(str(text)) else SafeString("")  # a constant


@register.filter
def lang_of(language: str) -> SafeString:
    """The `lang` attribute for a language; empty for an empty one, which means the surrounding language."""
    return format_html(' lang="{}"', language) if language else SafeString("")


@register.filter
def foreign(report: ReportData) -> SafeString:
    """The `lang` attribute for the survey's texts; empty if they are in the report's language."""
    return lang_of(report.survey_language)


@register.filter
def own(report: ReportData) -> SafeString:
    """The `lang` attribute for the report's language inside an element in the survey's; else empty."""
    return format_html(' lang="{}"', report.language) if report.survey_language else SafeString("")


@register.filter
def td(number: Mapping[str, object] | None) -> SafeString:
    """A table cell with a number or a dash; a template include would be as slow as rendering the whole row."""
    if number is None:
        return mark_safe('<td class="none">–</td>')  # a constant
    kind = "num own" if number["own"] else "num"
    return mark_safe(f'<td class="{kind}">{number["text"]}</td>')  # noqa: S308  # digits


@register.filter
def lines(text: str) -> SafeString:
    """A comment's lines, each with its own direction."""
    return format_html_join("", "<div{}>{}</div>", ((dir_of(line), line or "\u00a0") for line in text.splitlines()))
