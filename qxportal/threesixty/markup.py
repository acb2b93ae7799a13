"""XML and HTML that is refused rather than guessed at: no DTD, bounded depth, nodes and cells."""

from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from qxportal.threesixty.errors import UnexpectedShape

MOST_NODES = 200_000
MAX_DEPTH = 100
MOST_CELLS = 5_000_000
ITEM = "element"  # a row of a list, or with `key` an entry of a map whose key is no XML name


def parse_xml(body: bytes) -> Element:
    """The root element; raises UnexpectedShape when the document is cut, has a DTD or is out of bounds."""
    depth = nodes = 0
    root: Element | None = None
    try:
        for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
            if event == "end":
                depth -= 1
                continue
            root = element if root is None else root
            depth, nodes = depth + 1, nodes + 1
            if depth > MAX_DEPTH or nodes > MOST_NODES:
                raise UnexpectedShape("The answer has too many elements or is nested too deeply.")
    except (ParseError, DefusedXmlException, ValueError, LookupError) as problem:
        raise UnexpectedShape(f"The answer is no readable XML ({type(problem).__name__}); it may be cut.") from None
    if root is None:
        raise UnexpectedShape("The answer is empty.")
    return root


def read_xml(body: bytes) -> dict[str, Any]:
    """An envelope in XML as the shapes of JSON: maps, lists, texts; an element with nothing in it is an empty text."""
    root = parse_xml(body)
    if root.tag != "XML":
        raise UnexpectedShape(f"The answer is {root.tag} where an envelope was expected.")
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
            raise UnexpectedShape("The answer names the same element twice.")
        found[key] = _value(child)
    return found


def read_html_table(body: bytes) -> list[list[str]]:
    """The rows of a page's only table, as texts; raises UnexpectedShape when the page is cut or holds no table."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnexpectedShape("The page is no readable text; it may be cut.") from None
    if not text.rstrip().lower().endswith("</html>"):
        raise UnexpectedShape("The page does not end; it may be cut.")
    parser = _TableParser()
    parser.feed(text)
    parser.close()
    if parser.tables != 1 or parser.open:
        raise UnexpectedShape("The page does not hold one whole table.")
    return parser.rows


class _TableParser(HTMLParser):
    """Collects the cells of a table."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.tables = 0
        self.open = 0
        self._cell: list[str] | None = None
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self.tables += 1
            self.open += 1
        elif tag == "tr" and self.open:
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self._cells += 1
            if self._cells > MOST_CELLS:
                raise UnexpectedShape("The table has too many cells.")
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag == "table":
            self.open -= 1
        elif tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append("".join(self._cell))
            self._cell = None

    def handle_data(self, data: str) -> None:
        """Text inside a cell."""
        if self._cell is not None:
            self._cell.append(data)
