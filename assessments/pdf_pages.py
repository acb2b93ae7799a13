"""PDFs of the portal's own pages: in its own fonts, loading nothing, tagged."""

import atexit
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.contrib.staticfiles import finders

from qxportal.core.line_ends import with_plain_line_ends

FONTS = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")
WAITS = 20  # seconds: 300 letters take about as long, and a browser waits for a minute at most
PRINTED = 4  # a flag of annotations

_one_at_a_time = Lock()  # a font map serves one thread at a time


class BusyError(Exception):
    """Other pages are being printed, and this one did not get its turn in time."""


def printed(page: str, styles: Path) -> bytes:
    """The PDF of a page with a style sheet; raises BusyError if other pages take too long."""
    if not _one_at_a_time.acquire(timeout=WAITS):
        raise BusyError
    try:
        return bytes(_press(styles)(page))
    finally:
        _one_at_a_time.release()


@cache
def _press(styles: Path) -> Any:
    """The printer of pages with a style sheet; the first one imports WeasyPrint, which takes a third of a second."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    paths = {f"font:{name}": Path(str(finders.find(f"fonts/{name}"))) for name in FONTS}

    class OwnFontsOnly(URLFetcher):  # type: ignore[misc]  # the library ships no types
        """Loads only fonts and images embedded in the page, whatever its texts reference."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:image/png;base64,"):
                return super().fetch(url, headers)
            if url not in paths:
                raise ValueError(f"A page never loads {url!r}.")
            return URLFetcherResponse(url, paths[url].read_bytes(), {"Content-Type": "font/woff2"})

    fetcher, fonts = OwnFontsOnly(), FontConfiguration()
    sheet = weasyprint.CSS(string=styles.read_text("utf-8"), font_config=fonts, url_fetcher=fetcher)

    def press(page: str) -> bytes:
        html = weasyprint.HTML(string=with_plain_line_ends(page), url_fetcher=fetcher)
        return bytes(html.write_pdf(font_config=fonts, stylesheets=[sheet], pdf_variant="pdf/ua-1", finisher=_complete))

    return press


atexit.register(_press.cache_clear)  # fonts delete their files on exit, which fails once the modules are gone


def _complete(_document: object, file: Any) -> None:
    """Add to WeasyPrint's result: the print flag of links, and the scope of each table header cell."""
    for each in file.objects:
        if isinstance(each, dict) and each.get("Subtype") == "/Link":
            each["F"] = PRINTED
    found: list[Any] = [each for each in file.objects if isinstance(each, dict) and each.get("Type") == "/StructElem"]
    by_reference = {each.reference: each for each in found}
    for each in found:
        if each["S"] == "/TH":
            part = each
            while part["S"] not in ("/THead", "/TBody", "/Table"):
                part = by_reference[part["P"]]
            each["A"]["Scope"] = "/Column" if part["S"] == "/THead" else "/Row"
