"""Figures of a report as its PDF prints them and as the site shows them, row by row."""

import re
from html.parser import HTMLParser

from qxportal.engine.reports import html
from qxportal.engine.reports.results import ReportData


class Rows(HTMLParser):
    """Figures of a page, row by row, as (name, value) pairs: of tables as printed, of lists as on the web."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("tr", "li", "th", "td", "dt", "dd", "strong"):
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td", "dt", "dd", "strong"):
            self.texts.append(("", ""))  # what follows belongs to no cell

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, text = self.texts[-1]
            self.texts[-1] = tag, " ".join(f"{text} {data}".split())


def printed(report: ReportData, section: str) -> list[tuple[str, list[str]]]:
    """Name and figures of every row of a section of the PDF's document."""
    return _rows(html.html(report), section, starts="tr", name="th", value="td")


def on_the_web(report: ReportData, kind: str) -> list[tuple[str, list[str]]]:
    """Name and figures of every row of one kind of lists on the web."""
    lists = re.findall(rf'<ol class="rows" data-rows="{kind}">(.*?)</ol>', html.web(report), re.DOTALL)
    return _rows("".join(lists), "", starts="li", name="strong", value="dd")


def _rows(document: str, section: str, *, starts: str, name: str, value: str) -> list[tuple[str, list[str]]]:
    if section:
        start = document.index(f"<h2>{section}</h2>")
        document = document[start : document.index("</section>", start)]
    found: list[tuple[str, list[str]]] = []
    for tag, text in Rows(document).texts:
        if tag == starts:
            found.append(("", []))
        elif tag == name and found and not found[-1][1]:
            found[-1] = (text, [])
        elif tag == value and found and text not in ("", "–"):
            found[-1][1].append(text)
    return [(label, values) for label, values in found if values]
