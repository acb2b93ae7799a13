"""Removes markup from texts."""

from html import unescape

DROPPED = ("script", "style")


def strip_html(text: str) -> str:
    """The plain text of a text that may contain HTML, on one line; in linear time."""
    words: list[str] = []
    closing = ""  # inside a script or style that is dropped
    first, *rest = text.split("<")
    words.append(first)
    for piece in rest:
        tag, closed, after = piece.partition(">")
        if not closed or not (tag[:1].isalpha() or tag[:1] in "/!"):
            words.append("" if closing else "<" + piece)  # a literal "less than"
            continue
        name = tag.split(maxsplit=1)[0].strip("/").casefold()
        if closing:
            closing = "" if tag.startswith("/") and name == closing else closing
        elif name in DROPPED and not tag.startswith("/"):
            closing = name
        if not closing:
            words.append(after if name in ("b", "i", "u", "em", "strong", "span", "sub", "sup") else " " + after)
    return " ".join(unescape("".join(words)).split())
