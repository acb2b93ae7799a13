"""Hyphenation with WeasyPrint's dictionaries, including their levels.

Some dictionaries have two levels: the first splits compounds, the second hyphenates their parts. Pyphen merges both,
which breaks the German words for employee and cooperation as "Mita-rbeiter" and "Zusamme-narbeit". Here the second
level sees each part of a compound as a word, as in libhyphen, for which the dictionaries are written.
"""

import io
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

NEXT_LEVEL = re.compile(rb"^NEXTLEVEL\s*$", re.MULTILINE)
PATTERN = re.compile(rb"^(?![A-Z#%])\S*\d", re.MULTILINE)
SHORTEST = 2  # letters at a part's edges that are kept together


def read_levels() -> None:
    """Replace Pyphen's dictionary class by one with levels, once per process."""
    import pyphen

    if not issubclass(pyphen.HyphDict, _Levels):
        pyphen.HyphDict = type("HyphDict", (_Levels,), {"one": pyphen.HyphDict, "position": pyphen.DataInt})
        pyphen.hdcache.clear()


class _Levels:
    """A dictionary with Pyphen's interface."""

    one: Any  # reads the patterns of one level
    position: Any  # a position in a word, with letters that change there

    def __init__(self, path: Path) -> None:
        encoding, _, patterns = path.read_bytes().partition(b"\n")
        levels = [level for level in NEXT_LEVEL.split(patterns) if PATTERN.search(level)]
        self._levels = [_Level(self.one(_Part(encoding + b"\n" + level)).patterns) for level in levels]

    def positions(self, word: str) -> list[Any]:
        """The hyphenation points of a word, as numbers of letters before them."""
        lower = word.lower()
        if len(lower) != len(word):  # as for the Turkish İ: positions would not match
            return []
        return [self.position(place, reference=weight) for place, weight in self._within(lower, 0)]

    def _within(self, word: str, depth: int) -> list[tuple[int, Any]]:
        places = self._levels[depth].places(word)
        if depth == len(self._levels) - 1:
            return places
        found = []
        for (start, _), (end, weight) in pairwise([(0, 0), *places, (len(word), 0)]):
            found += [(start + place, inner) for place, inner in self._within(word[start:end], depth + 1)]
            if weight:
                found.append((end, weight))
        return found


class _Level:
    """Patterns of letters with weights between them: a word can be broken where the highest weight is odd.

    As in libhyphen, at each letter only the longest matching pattern or beginning of one applies: a word listed whole
    is not broken by shorter patterns.
    """

    def __init__(self, patterns: Mapping[str, tuple[int, Sequence[Any]]]) -> None:
        self._patterns = patterns
        self._sorted = sorted(patterns)

    def places(self, word: str) -> list[tuple[int, Any]]:
        """The hyphenation points of a word with their weights."""
        pointed = f".{word}."
        weights: list[Any] = [0] * (len(pointed) + 1)
        seen = ""
        for end, letter in enumerate(pointed, 1):
            seen += letter
            while seen and not self._begins(seen):
                seen = seen[1:]
            if pattern := self._patterns.get(seen):
                start = end - len(seen) + pattern[0]
                for place, weight in enumerate(pattern[1], start):
                    weights[place] = max(weight, weights[place])
        last = len(word) - SHORTEST
        return [(place, weights[place + 1]) for place in range(SHORTEST, last + 1) if weights[place + 1] % 2]

    def _begins(self, letters: str) -> bool:
        index = bisect_left(self._sorted, letters)
        return index < len(self._sorted) and self._sorted[index].startswith(letters)


class _Part:
    """One level of a dictionary with the interface of a path."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def open(self, _mode: str) -> io.BytesIO:
        """The level's bytes; the first line is the encoding."""
        return io.BytesIO(self._content)

    def read_text(self, encoding: str) -> str:
        """The level's text."""
        return self._content.decode(encoding.strip())
