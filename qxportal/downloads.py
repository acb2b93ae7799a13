"""Names of downloaded files: readable, safe on every system, and told to old browsers in ASCII too."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

LONGEST_PART = 80  # bytes of UTF-8: four of them, the marks between and the ending stay below the 255 of file systems
FORBIDDEN = re.compile(r'[\\/:*?"<>|%;]')
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
# Letters that have no decomposition into an ASCII letter and a mark.
PLAIN = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
        "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H", "ŋ": "n",
        "Ŋ": "N", "ŧ": "t", "Ŧ": "T", "ĸ": "k", "ə": "e", "Ə": "E", "ƒ": "f", "’": "'", "‘": "'", "“": "'",
        "”": "'", "–": "-", "—": "-", "…": "...", "·": "-",
    }
)  # fmt: skip


def attachment(*parts: tuple[str, str], ending: str) -> str:
    """The Content-Disposition of a download named after several parts, each with what may stand for it in ASCII.

    Old programs read the first name, all others the second one, which has every letter.
    """
    whole = _joined([text for text, _id in parts], ending)
    plain = _joined([_ascii(text) or otherwise for text, otherwise in parts], ending)
    header = f'attachment; filename="{plain}"'
    return header if whole == plain else f"{header}; filename*=UTF-8''{quote(whole, safe='')}"


def _joined(parts: Iterable[str], ending: str) -> str:
    return f"{', '.join(filter(None, map(_part, parts)))}.{ending}"


def _ascii(text: str) -> str | None:
    """The text in ASCII letters, or None where one has no such letter: a part of a name is worse than none."""
    plain = unicodedata.normalize("NFKD", _visible(text).translate(PLAIN))
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return plain if plain.isascii() and any(char.isalnum() for char in plain) else None


def _visible(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) not in INVISIBLE)


def _part(text: str) -> str:
    text = " ".join(FORBIDDEN.sub(" ", unicodedata.normalize("NFC", _visible(text))).split()).strip(". ,")
    while len(text.encode()) > LONGEST_PART:
        text = text[:-1].rstrip()
    return text
