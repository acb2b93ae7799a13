"""Tags between double square brackets: [[Block:Name]], [[PageBreak]], [[Choice:3]]."""

import re
from dataclasses import dataclass

MOST = 50  # in one line
TAG = re.compile(r"\[\[([^\[\]]{1,1000})\]\]")


@dataclass(frozen=True)
class Tag:
    """A tag: its name and what stands behind the colons."""

    name: str
    values: tuple[str, ...]

    @property
    def value(self) -> str:
        """All that stands behind the first colon."""
        return ":".join(self.values).strip()


def split(line: str) -> tuple[list[Tag], str]:
    """The tags that a line begins with, and the text behind them."""
    tags: list[Tag] = []
    rest = line.strip()
    while len(tags) < MOST and (found := TAG.match(rest)):
        tags.append(_tag(found.group(1)))
        rest = rest[found.end() :].strip()
    return tags, rest


def trailing(line: str) -> tuple[str, list[Tag]]:
    """The text of a line, and the tags that it ends with."""
    tags: list[Tag] = []
    text = line.strip()
    while len(tags) < MOST and text.endswith("]]"):
        start = text.rfind("[[")
        found = TAG.fullmatch(text[start:]) if start >= 0 else None
        if found is None:
            break
        tags.insert(0, _tag(found.group(1)))
        text = text[:start].rstrip()
    return text, tags


def _tag(inside: str) -> Tag:
    name, *values = inside.split(":")
    return Tag(name.strip().casefold(), tuple(value.strip() for value in values))
