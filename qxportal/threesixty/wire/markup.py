"""Strict XML and HTML: no DTD, limited depth, nodes and cells."""

import re
from html import unescape
from html.entities import html5
from itertools import islice
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from qxportal.threesixty.csv import MOST_ROWS
from qxportal.threesixty.errors import MalformedResponse

MOST_NODES = 200_000
MOST_ATTRIBUTES = 500_000
MAX_DEPTH = 100
MOST_TAGS = 2_000_000
ATTRIBUTE = re.compile(rb"""=\s*["']""")
PIECE = re.compile(
    r"([^<]+)|<(?:(/?)([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?|![^<>]*)>"
)  # only one way to match, so it is linear
REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
ITEM = "element"  # a list item, or with `key` a map entry whose key is not a valid XML name


class _Bounded(TreeBuilder):
    """Builds the tree within the limits."""

    depth = nodes = 0

    def start(self, tag: str, attrs: dict[str, str]) -> Element:
        """Open an element."""
        self.depth, self.nodes = self.depth + 1, self.nodes + 1
        if self.depth > MAX_DEPTH or self.nodes > MOST_NODES:
            raise MalformedResponse("The answer has too many elements or is nested too deeply.")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        """Close one."""
        self.depth -= 1
        return super().end(tag)


def parse_xml(body: bytes) -> Element:
    """The root element; raises MalformedResponse if the document is cut, has a DTD or exceeds the limits."""
    if sum(1 for _ in islice(ATTRIBUTE.finditer(body), MOST_ATTRIBUTES + 1)) > MOST_ATTRIBUTES:
        raise MalformedResponse("The answer has too many attributes.")
    parser = XMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body)  # at once: in pieces, expat would rescan a long tag or comment with each of them
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise MalformedResponse(f"The answer is no readable XML ({type(problem).__name__}); it may be cut.") from None
    return root


def read_envelope(root: Element) -> dict[str, Any]:
    """An XML envelope as JSON-like maps, lists and texts; an empty element is an empty text."""
    if root.tag != "XML":
        raise MalformedResponse(f"The answer is {root.tag} where an envelope was expected.")
    value = _value(root)
    return value if isinstance(value, dict) else {}


def _value(element: Element) -> Any:
    children = list(element)
    if not children:
        return element.text or ""
    if all(child.tag == ITEM and "key" not in child.attrib for child in children):
        return [_value(child) for child in children]
    found: dict[str, Any] = {}
    for child in children:
        key = child.attrib.get("key", child.tag) if child.tag == ITEM else child.tag
        if key in found:
            raise MalformedResponse("The answer names the same element twice.")
        found[key] = _value(child)
    return found


def read_html_table(body: bytes) -> list[list[str]]:
    """The rows of a page's only table, as texts; raises MalformedResponse if the page is cut or has no table."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedResponse("The page is no readable text; it may be cut.") from None
    if not text.rstrip().lower().endswith("</html>"):
        raise MalformedResponse("The page does not end; it may be cut.")
    if text.count("<") + text.count("&") > MOST_TAGS:  # a character reference costs as much as a tag
        raise MalformedResponse("The page has too many elements.")
    table = _HtmlTable()
    end = 0
    for found in PIECE.finditer(text):
        if found.start() != end:
            break
        end = found.end()
        table.take(*found.groups())
    if end != len(text) or table.begun != 1 or table.open:
        raise MalformedResponse("The page does not hold one whole table.")
    return table.rows


class _HtmlTable:
    """Collects the cells of a table; end tags of rows and cells may be missing, as HTML allows."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.begun = self.open = 0
        self._cell: list[str] | None = None

    def take(self, words: str | None, closing: str | None, tag: str | None) -> None:
        """Process one piece of the page: text, or a tag."""
        name = (tag or "").lower()
        if words is not None and self._cell is not None:
            self._cell.append(words)
        elif name == "br" and self._cell is not None:
            self._cell.append("\n")
        elif name == "table":
            self._end_cell()
            self.begun, self.open = self.begun + (not closing), self.open + (-1 if closing else 1)
        elif name in ("tr", "td", "th") and self.open:
            self._end_cell()
            if name == "tr" and not closing:
                self._begin_row()
            elif name != "tr" and not closing and self.rows:
                self._cell = []

    def _begin_row(self) -> None:
        if len(self.rows) == MOST_ROWS:
            raise MalformedResponse(f"The table has more than {MOST_ROWS:,} rows.")
        self.rows.append([])

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        self.rows[-1].append(REFERENCE.sub(_character, "".join(self._cell)))
        self._cell = None


def _character(found: re.Match[str]) -> str:
    """The character of a reference such as &amp;; an unknown reference stays unchanged."""
    return unescape(found[0]) if found[1].startswith("#") else html5.get(f"{found[1]};", found[0])
