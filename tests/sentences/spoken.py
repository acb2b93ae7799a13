"""What a page says, and which of the messages of the code are among it."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

SILENT = ("script", "style")


class Nodes(HTMLParser):
    """All that a page says: each text between two tags of a block, and what attributes tell."""

    INLINE = ("b", "span")

    def __init__(self, *attributes: str) -> None:
        super().__init__()
        self.attributes = attributes
        self.found: list[str] = [""]
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if value and name.startswith(self.attributes)]
        self.found.append("")
        self.silent = tag in SILENT

    def handle_endtag(self, tag: str) -> None:
        self.found.append("")
        self.silent = False

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found[-1] += data

    @property
    def texts(self) -> set[str]:
        """The texts without blanks around and line breaks in them."""
        return {" ".join(text.split()) for text in self.found} - {""}


@cache
def pattern(message: str) -> re.Pattern[str]:
    """What the message looks like with anything in its places."""
    parts = re.split(r"%\(\w+\)[sd]|\{\w+\}", " ".join(message.split()))
    return re.compile("(.+)".join(re.escape(part.replace("%%", "%")) for part in parts))


def is_said(message: str, texts: Iterable[str]) -> bool:
    """Whether it is a whole text, or a whole sentence of one."""
    found = pattern(message)
    return any(found.fullmatch(text) or (message.endswith(".") and found.search(text)) for text in texts)


@cache
def catalogue(path: Path) -> Mapping[str, str]:
    """What a catalogue has for each message, whatever its context; of a count for the message about one."""
    with path.open("rb") as file:
        kept: Mapping[Any, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    keys = {key: key[0] if isinstance(key, tuple) else str(key) for key in kept}
    return {keys[key].split("\x04")[-1]: text for key, text in kept.items() if key}
