"""The report as a tagged PDF. WeasyPrint is imported on the first rendering only: it costs a third of a second."""

import atexit
import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any
from xml.etree import ElementTree

from qxportal.engine.reports import html as page
from qxportal.engine.reports import hyphenation, shortcuts, tagging, typefaces
from qxportal.engine.reports.ink import Drawing
from qxportal.engine.reports.lettering import Lettering, lettering
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.typefaces import Typeface
from qxportal.engine.reports.types import Look

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
VARIANT = "pdf/ua-1"

# All renderings share one font map, which is not thread-safe.
_one_at_a_time = Lock()


def render(report: ReportData) -> bytes:
    """The PDF of a report; the same report and the same font files always give the same bytes."""
    document, drawings = page.document(report)
    printed = lettering(document, report.language)
    if printed.missing:
        log.warning("Report %s: %d characters have no glyph.%s", report.report_id, len(printed.missing), _advice())
    name = _name(printed.document, drawings)
    with _one_at_a_time, _no_collecting():
        return bytes(
            _press()(printed, drawings, report.look).write_pdf(
                pdf_variant=VARIANT, pdf_identifier=name, finisher=tagging.finish
            )
        )


def _name(document: str, drawings: Mapping[str, Drawing]) -> bytes:
    charts = "".join(f"{address}{drawing}" for address, drawing in drawings.items())
    return sha256((document + charts).encode()).hexdigest()[:32].encode()


def prepare() -> None:
    """Load the library, fonts and style sheets in advance, which the first rendering would do otherwise."""
    with _one_at_a_time:
        _press()


def laid_out(report: ReportData) -> Any:
    """The report as WeasyPrint document: pages with layout, before they become a PDF."""
    document, drawings = page.document(report)
    with _one_at_a_time:
        return _press()(lettering(document, report.language), drawings, report.look)


def _advice() -> str:
    lacking = typefaces.lacking()
    return f" Not installed: {', '.join(lacking)}." if lacking else ""


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Pause the garbage collector, which takes a sixth of the time with a page's many live objects."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Chart:
    """A drawing with the interface of WeasyPrint's images."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing

    def get_intrinsic_size(self, _resolution: object, _font_size: object) -> tuple[float, float, float]:
        """Width, height and aspect ratio."""
        return self._drawing.width, self._drawing.height, self._drawing.width / self._drawing.height

    def draw(self, stream: Any, width: float, height: float, _style: object) -> None:
        """Draw it in this size; WeasyPrint saves and restores the stream's state."""
        stream.transform(a=width / self._drawing.width, d=height / self._drawing.height)
        stream.stream.append(self._drawing.operators.encode())


@cache
def _press() -> Callable[[Lettering, Mapping[str, Drawing], Look], Any]:
    """The layout function, with fonts and style sheets loaded once."""
    import cssselect2
    import weasyprint
    from PIL import Image
    from weasyprint.images import RasterImage
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    tagging.name_languages()
    hyphenation.read_levels()
    shortcuts.take()
    sources: dict[str, tuple[Typeface, Path]] = {}

    class KnownFontsOnly(URLFetcher):  # type: ignore[misc]  # the library ships no types
        """Fetches only the fonts of reports and refuses all other URLs."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in sources:
                raise ValueError(f"A report never loads {url!r}.")
            return URLFetcherResponse(url, typefaces.content(*sources[url]), {"Content-Type": "font/ttf"})

    fetcher = KnownFontsOnly()
    fonts = FontConfiguration()
    base = HERE.as_uri() + "/"

    class Page(weasyprint.HTML):  # type: ignore[misc]  # the library ships no types
        """Parses the document as XML, which our templates also are, in a tenth of the time of HTML."""

        def __init__(self, document: str) -> None:
            try:
                root = ElementTree.fromstring(document)  # noqa: S314  # ours: texts of others are escaped
            except ElementTree.ParseError:  # a comment has a character invalid in XML
                super().__init__(string=document, base_url=base, url_fetcher=fetcher)
                return
            self.base_url, self.url_fetcher, self.media_type = base, fetcher, "print"
            self.wrapper_element = cssselect2.ElementWrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

    def css(text: str) -> Any:
        return weasyprint.CSS(string=text, base_url=base, font_config=fonts, url_fetcher=fetcher)

    def load(wanted: Iterable[Typeface]) -> None:
        """Add families on first use, because each costs memory and time."""
        for typeface in wanted:
            addresses = typefaces.addresses(typeface)
            if not sources.keys() >= addresses.keys():
                sources.update(addresses)
                css(typefaces.style_sheet(typeface))

    load([typefaces.INTER])
    styles = [css((HERE / "report.css").read_text("utf-8"))]

    def press(printed: Lettering, drawings: Mapping[str, Drawing], look: Look) -> Any:
        load(printed.typefaces)
        images: dict[str, Any] = {address: _Chart(drawing) for address, drawing in drawings.items()}
        if look.logo:
            images[f"logo:{look.logo_key}"] = RasterImage(Image.open(BytesIO(look.logo)), look.logo_key, look.logo)
        return Page(printed.document).render(font_config=fonts, stylesheets=styles, pdf_variant=VARIANT, cache=images)

    return press


atexit.register(_press.cache_clear)  # fonts delete their files, which they cannot do after the modules are gone
