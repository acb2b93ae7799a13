"""The report as a tagged PDF. WeasyPrint is imported on the first rendering only: it costs a third of a second."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from qxportal.engine.reports import page
from qxportal.engine.reports.shape import ReportData

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
VARIANT = "pdf/ua-1"

# One font map serves all renderings, and a font map serves one thread at a time.
_one_at_a_time = Lock()


def render(report: ReportData) -> bytes:
    """The PDF of a report; the same report always gives the same bytes."""
    document = page.html(report)
    with _one_at_a_time, _no_collecting():
        return _press()(document)


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Let the garbage wait: looking for it among a page's many live objects takes a sixth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@cache
def _press() -> Callable[[str], bytes]:
    """What turns HTML into PDF bytes: fonts and style sheets are read once."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFontsOnly(URLFetcher):  # type: ignore[misc]  # the library ships no types
        """Fetches our font files and the charts inside the page, whatever a text asks for."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:image/svg+xml;base64,"):
                return super().fetch(url, headers)
            name = url.rpartition("/")[2]
            if url != (FONTS / name).as_uri() or not name.endswith(".ttf"):
                raise ValueError(f"A report never loads {url!r}.")
            return URLFetcherResponse(url, (FONTS / name).read_bytes(), {"Content-Type": "font/ttf"})

    fetcher = OwnFontsOnly()
    fonts = FontConfiguration()
    base = FONTS.as_uri() + "/"
    styles = [
        weasyprint.CSS(string=path.read_text("utf-8"), base_url=base, font_config=fonts, url_fetcher=fetcher)
        for path in (HERE / "fonts.css", HERE / "report.css")
    ]

    def press(document: str) -> bytes:
        name = sha256(document.encode()).hexdigest()[:32].encode()
        pdf = weasyprint.HTML(string=document, base_url=base, url_fetcher=fetcher).write_pdf(
            font_config=fonts, stylesheets=styles, pdf_variant=VARIANT, pdf_identifier=name
        )
        return bytes(pdf)

    return press
