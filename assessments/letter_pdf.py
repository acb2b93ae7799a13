"""Letters with codes as a PDF: one page for each person, in the person's language."""

from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from qxportal.threesixty.records.letters import PrintedLetters

LANGUAGES = ("en", "de")
FONTS = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")
STYLES = Path(__file__).parent / "letter.css"

WAITS = 20  # seconds: 300 letters take about as long, and whoever downloads them waits for a minute at most

_one_at_a_time = Lock()  # a font map serves one thread at a time


class BusyError(Exception):
    """Others' letters are being made at the moment."""


def letters_pdf(letters: PrintedLetters, *, assessment: str, logo: str = "") -> bytes:
    """The PDF of letters, of what the server told with their codes; `logo` is an image inside an address.

    Raises BusyError where the letters of others are not ready soon enough.
    """
    site = letters.site_url.rstrip("/")
    pages = []
    with timezone.override(letters.time_zone or "UTC"):
        for one in letters.letters:
            language = one.language.lower() if one.language.lower() in LANGUAGES else LANGUAGES[0]
            context = {
                "letter": one,
                "name": f"{one.first_name} {one.last_name}".strip(),
                "organisation": letters.organization,
                "logo": logo,
                "zone": letters.time_zone or "UTC",
                "address": f"{site}/letter/",
                "assessment": assessment,
                "language": language,
                "today": timezone.now(),
            }
            with override(language):
                pages.append(render_to_string("assessments/letter_page.html", context))
    whole = render_to_string("assessments/letter_pages.html", {"pages": pages})
    if not _one_at_a_time.acquire(timeout=WAITS):
        raise BusyError
    try:
        return bytes(_press()(whole))
    finally:
        _one_at_a_time.release()


@cache
def _press() -> Any:
    """What makes a PDF of a page. WeasyPrint is imported on the first printing only: it costs a third of a second."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    paths = {f"font:{name}": Path(str(finders.find(f"fonts/{name}"))) for name in FONTS}

    class OwnFontsOnly(URLFetcher):  # type: ignore[misc]  # the library ships no types
        """Fetches the fonts of letters and the logo inside the page, whatever a text asks for."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:image/png;base64,"):
                return super().fetch(url, headers)
            if url not in paths:
                raise ValueError(f"A letter never loads {url!r}.")
            return URLFetcherResponse(url, paths[url].read_bytes(), {"Content-Type": "font/woff2"})

    fetcher, fonts = OwnFontsOnly(), FontConfiguration()
    styles = weasyprint.CSS(string=STYLES.read_text("utf-8"), font_config=fonts, url_fetcher=fetcher)

    def press(page: str) -> bytes:
        html = weasyprint.HTML(string=page, url_fetcher=fetcher)
        return bytes(html.write_pdf(font_config=fonts, stylesheets=[styles], pdf_variant="pdf/ua-1"))

    return press
