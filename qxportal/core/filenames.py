"""Names of downloads: readable in every script, safe on every system, with an ASCII form for old clients."""

import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

from anyascii import anyascii

from qxportal.core.searching import fitted

FORBIDDEN = frozenset('<>:"/\\|?*')  # on Windows, and the separators of every system
JOINERS = frozenset("\u200c\u200d")  # spelling, not layout: Persian and Indic names need them
PART_BYTES = 60
NAME_BYTES = 240  # most file systems take 255


def file_name(parts: Iterable[object], suffix: str) -> str:
    """A name from its parts, such as "Ann Lee - Leadership - v2.pdf"; without forbidden characters."""
    cleaned = [fitted(_clean(str(part)), PART_BYTES).strip(" .") for part in parts]
    stem = fitted(" - ".join(filter(None, cleaned)), NAME_BYTES - len(suffix) - 1).strip(" .-") or "download"
    return f"{stem}.{suffix}"


def attachment(name: str) -> str:
    """The Content-Disposition of a download (RFC 6266): the name in UTF-8, and a transliterated one beside it."""
    plain = "".join(_printable(character) for character in anyascii(name))
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def _clean(text: str) -> str:
    """The text on one line, without characters that file systems refuse or that reverse the text direction."""
    kept = []
    for character in unicodedata.normalize("NFC", text):
        if character in FORBIDDEN:
            kept.append("-")
        elif character.isspace():
            kept.append(" ")
        elif character in JOINERS or not unicodedata.category(character).startswith("C"):
            kept.append(character)
    return " ".join("".join(kept).split())


def _printable(character: str) -> str:
    """The character, unless it has a meaning in the header or in a path; "%" is decoded by some clients."""
    return character if " " <= character <= "~" and character not in FORBIDDEN and character not in "%" else "_"
