"""A text with or without HTML in both forms of a mail: plain text, and harmless HTML."""

import re
from html import escape
from html.parser import HTMLParser

import nh3

TAGS = {"p", "br", "a", "ul", "ol", "li", "strong", "b", "em", "i", "h2", "h3"}
BLOCKS = {"p", "br", "ul", "ol", "li", "h1", "h2", "h3", "h4", "div", "tr"}
UNSEEN = {"script", "style", "head", "title"}
MARKUP = re.compile(r"<[a-zA-Z/!][^>]*>")
ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def plain(text: str) -> str:
    """Plain text with separated paragraphs and with links written out."""
    if not MARKUP.search(text):
        return text.strip()
    reader = _Words()
    reader.feed(text)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.words).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def safe_html(text: str) -> str:
    """The text as HTML with a few harmless tags; plain text gets paragraphs and links."""
    if MARKUP.search(text):
        return nh3.clean(text, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "http", "mailto"})
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "".join(f"<p>{'<br>'.join(map(_linked, one.splitlines()))}</p>" for one in paragraphs if one.strip())


def _linked(line: str) -> str:
    words, at = [], 0
    for found in ADDRESS.finditer(line):
        address = escape(found[0])
        words += [escape(line[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    return "".join([*words, escape(line[at:])])


class _Words(HTMLParser):
    """Collects the text of HTML; each link's address follows its text."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._href = ""
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line, a list entry or a link."""
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in BLOCKS:
            self.words.append("\n")
        if tag == "li":
            self.words.append("- ")
        elif tag == "a":
            self._href = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        """End a paragraph or a link."""
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS and tag not in ("br", "li"):
            self.words.append("\n\n" if tag == "p" else "\n")
        elif tag == "a" and self._href:
            said = "".join(self.words).rstrip()
            self.words.append("" if said.endswith(self._href) else f": {self._href}")
            self._href = ""

    def handle_data(self, data: str) -> None:
        """Keep text; line ends in HTML are spaces."""
        if not self._unseen:
            self.words.append(data.replace("\n", " "))
