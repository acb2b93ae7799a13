"""The report as a tagged PDF. WeasyPrint is imported on the first rendering only: it costs a third of a second."""

import gc
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from qxportal.engine.reports import html as page
from qxportal.engine.reports import typefaces
from qxportal.engine.reports.lettering import Lettering, lettering
from qxportal.engine.reports.typefaces import Typeface
from qxportal.engine.reports.types import ReportData

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
VARIANT = "pdf/ua-1"

# One font map serves all renderings, and a font map serves one thread at a time.
_one_at_a_time = Lock()


def render(report: ReportData) -> bytes:
    """The PDF of a report; the same report and the same font files always give the same bytes."""
    printed = lettering(page.html(report), report.language)
    if printed.missing:
        log.warning("Report %s: %d characters have no glyph.%s", report.report_id, len(printed.missing), _advice())
    name = sha256(printed.document.encode()).hexdigest()[:32].encode()
    with _one_at_a_time, _no_collecting():
        return bytes(_press()(printed).write_pdf(pdf_variant=VARIANT, pdf_identifier=name))


def prepare() -> None:
    """Read the library, the fonts and the style sheets that every report needs; else the first rendering does."""
    with _one_at_a_time:
        _press()


def laid_out(report: ReportData) -> Any:
    """The report's pages before they become a PDF: a WeasyPrint document, which knows where everything stands."""
    with _one_at_a_time:
        return _press()(lettering(page.html(report), report.language))


def _advice() -> str:
    lacking = typefaces.lacking()
    return f" Not installed: {', '.join(lacking)}." if lacking else ""


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
def _press() -> Callable[[Lettering], Any]:
    """What lays a document out: fonts and style sheets are read once."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    sources: dict[str, tuple[Typeface, Path]] = {}

    class KnownFontsOnly(URLFetcher):  # type: ignore[misc]  # the library ships no types
        """Fetches the fonts that reports are printed in and the charts inside the page, whatever a text asks for."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:image/svg+xml;base64,"):
                return super().fetch(url, headers)
            if url not in sources:
                raise ValueError(f"A report never loads {url!r}.")
            return URLFetcherResponse(url, typefaces.content(*sources[url]), {"Content-Type": "font/ttf"})

    fetcher = KnownFontsOnly()
    fonts = FontConfiguration()
    base = HERE.as_uri() + "/"

    def css(text: str) -> Any:
        return weasyprint.CSS(string=text, base_url=base, font_config=fonts, url_fetcher=fetcher)

    def load(wanted: Iterable[Typeface]) -> None:
        """Add families that were not needed before; each costs memory and time, so it is done on first use."""
        for typeface in wanted:
            addresses = typefaces.addresses(typeface)
            if not sources.keys() >= addresses.keys():
                sources.update(addresses)
                css(typefaces.style_sheet(typeface))

    load([typefaces.INTER])
    styles = [css((HERE / "report.css").read_text("utf-8"))]

    def press(printed: Lettering) -> Any:
        load(printed.typefaces)
        html = weasyprint.HTML(string=printed.document, base_url=base, url_fetcher=fetcher)
        return html.render(font_config=fonts, stylesheets=styles, pdf_variant=VARIANT)

    return press
