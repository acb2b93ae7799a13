"""A brand's own words in its reports: on the cover and on the web, escaped, in the report's language."""

import pytest

from qxportal.engine.models import Brand
from qxportal.engine.reports import fingerprint, html, languages
from qxportal.engine.reports.aggregate import report
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import Viewer
from tests.qxportal.engine.reports.report_sources import evaluation, source

FORMS = [evaluation("Peer", 4, 4, 4) for _rater in range(3)]


def worded(**words: str) -> ReportData:
    return report(source(FORMS, **words), Viewer())


@pytest.mark.parametrize("made", [html.html, html.web])
def test_words_are_shown_escaped(made):
    page = made(worded(cover="<b>Growing</b> together", confidential="Kept for 2 years & then deleted."))

    assert "&lt;b&gt;Growing&lt;/b&gt; together" in page
    assert "Kept for 2 years &amp; then deleted." in page
    assert "<b>Growing" not in page


def test_words_follow_what_every_report_says():
    page = html.html(worded(confidential="Kept for 2 years."))

    assert page.index("please do not try to work it out") < page.index("Kept for 2 years.")


def test_without_words_there_is_no_place_for_them():
    assert 'class="words"' not in html.html(worded()).partition("<table")[0]
    assert "brand-words" not in html.web(worded())


def test_other_words_are_another_pdf_of_the_same_figures():
    plain, own = worded(), worded(cover="Growing together")

    assert fingerprint.rendering_key(plain) != fingerprint.rendering_key(own)
    assert fingerprint.fingerprint(plain) == fingerprint.fingerprint(own)


@pytest.mark.parametrize(
    ("texts", "language", "said"),
    [
        ({"EN": "Together", "DE": "Gemeinsam"}, "de", "Gemeinsam"),
        ({"EN": "Together", "DE_AT": "Gemeinsam"}, "de", "Gemeinsam"),
        ({"EN": "Together"}, "de", "Together"),
        ({"FR": "Ensemble"}, "de", ""),
        ({}, "en", ""),
    ],
)
def test_the_language_of_the_report_counts_before_the_brands(texts, language, said):
    assert languages.of_brand(texts, language, Brand(language="EN")) == said
