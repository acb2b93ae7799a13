"""Encoding of a text file: byte order marks and UTF-8 decide; otherwise a person chooses between readings."""

import codecs
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import BinaryIO

from django.utils.translation import gettext_noop

from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import TextReading

PIECE = 256 * 1024
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its prefix
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The most likely first, among encodings that read equally well.
CANDIDATES = (
    "cp1252",
    "iso-8859-15",
    "cp1250",
    "iso-8859-2",
    "mac_roman",
    "cp850",
    "cp852",
    "cp1251",
    "koi8-r",
    "cp1253",
    "cp1254",
    "cp1257",
    "cp1255",
    "cp1256",
)
WIDE_CANDIDATES = ("cp932", "gb18030", "cp949", "big5")  # multi-byte encodings
MOST_READINGS, SHOWN_FIRST = 8, 3
SAMPLES, SAMPLE_LINES, SAMPLE_CHARACTERS = 3, 400, 120
ASCII = bytes(range(128))
WITHIN = "’‘-–ªº·"
BESIDE = "“”„‘’…€«»§°–—²³½¼®©™"
NOT_TEXT = gettext_noop("The file is not text. Save the table as XLSX or as CSV (UTF-8) and upload it again.")
DAMAGED = gettext_noop("The file is damaged or was cut off: it begins as %(encoding)s text and does not go on as such.")


def encodings_of(file: BinaryIO) -> tuple[TextReading, ...]:
    """The possible readings of a text; only one if there is no choice. Raises TableProblem."""
    file.seek(0)
    head = file.read(4_000)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), "") or _utf_16(head) or _utf_16(head[:40])
    if marked:
        if not _is(file, marked):
            raise TableProblem(DAMAGED, encoding=marked.removesuffix("-sig").upper())
        return (TextReading(marked, ()),)
    if _is(file, "utf-8"):
        return (TextReading("utf-8", ()),)
    return _readings(file)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The whole file in chunks, from its beginning."""
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _utf_16(head: bytes) -> str:
    """The UTF-16 byte order if every second byte is mostly NUL, as in Latin text; else empty."""
    half = len(head) // 2
    if half < 4:
        return ""
    even, odd = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if odd > 0.4 * half > 10 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half > 10 * odd else ""


def _is(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole file decodes; raises TableProblem if it contains NULs."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces(file):
            if "\0" in decoder.decode(piece):
                raise TableProblem(NOT_TEXT)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _readings(file: BinaryIO) -> tuple[TextReading, ...]:
    """The distinct readings, the most likely first."""
    lines, used = _telling_lines(file)
    if 0 in used:
        raise TableProblem(NOT_TEXT)
    found: dict[tuple[str, ...], tuple[float, str]] = {}
    for encoding in (*CANDIDATES, *WIDE_CANDIDATES):
        wide = encoding in WIDE_CANDIDATES
        if not _decodes(lines if wide else [used], encoding) or (wide and not _is(file, encoding)):
            continue
        read = tuple(line.decode(encoding, "replace") for line in lines)
        if read not in found:
            found[read] = (sum(map(_likeliness, read)), encoding)
    if not found:
        raise TableProblem(NOT_TEXT)
    best = sorted(found, key=lambda read: -found[read][0])[:MOST_READINGS]
    differing = [place for place in range(len(lines)) if len({read[place] for read in best}) > 1 or len(best) == 1]
    return tuple(
        TextReading(found[read][1], tuple(read[place][:SAMPLE_CHARACTERS] for place in differing[:SAMPLES]))
        for read in best
    )


def _decodes(texts: Iterable[bytes], encoding: str) -> bool:
    try:
        for text in texts:
            text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _telling_lines(file: BinaryIO) -> tuple[list[bytes], bytes]:
    """Non-ASCII lines, first the ones with bytes new to them; and all byte values used."""
    used: set[int] = set()
    seen: set[int] = set()
    telling: list[bytes] = []
    others: list[bytes] = []
    rest = b""
    for piece in chain(pieces(file), [b"\n"]):
        used |= set(piece)
        *whole, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
        if len(rest) > PIECE:  # longer than any line of a table
            whole, rest = [*whole, rest], b""
        if len(others) == SAMPLE_LINES and not set(piece.translate(None, ASCII)) - seen:
            continue
        for line in whole:
            if line.isascii():
                continue
            fresh = set(line.translate(None, ASCII)) - seen
            if fresh and len(telling) < SAMPLE_LINES:
                seen |= fresh
                telling.append(line[:PIECE])
            elif len(others) < SAMPLE_LINES:
                others.append(line[:PIECE])
    return [*telling, *others[: SAMPLE_LINES - len(telling)]], bytes(sorted(used))


def _likeliness(text: str) -> float:
    """Score of a decoded text as natural writing: letters among letters of their script, signs in usual places."""
    points = 0.0
    framed = f" {text} "
    for place, sign in enumerate(framed):
        if sign.isascii():
            continue
        points += _of_letter(framed, place) if sign.isalpha() else _of_sign(framed, place)
    for first, second in pairwise(text):
        if first.islower() and second.isupper() and not (first.isascii() and second.isascii()):
            points -= 1.5  # a capital inside a word
    return points


def _of_letter(text: str, place: int) -> float:
    sign, before, behind = text[place], text[place - 1], text[place + 1]
    latin = unicodedata.name(sign, "").startswith("LATIN")
    if not latin:
        beside_latin = any(other.isascii() and other.isalpha() for other in (before, behind))
        return -1.5 if beside_latin else (1.0 if before.isalpha() or behind.isalpha() else 0.2)
    crowded = all(not other.isascii() and other.isalpha() for other in (before, behind))
    rare = sign in "ºªµƒıĦħŦŧÐðÞþ"
    return -1.0 if crowded or rare else 1.0


def _of_sign(text: str, place: int) -> float:
    sign, before, behind = text[place], text[place - 1], text[place + 1]
    if unicodedata.category(sign) in ("Cc", "Co", "Cn"):
        return -3.0
    if sign in WITHIN:
        return 0.2
    if before.isalpha() or behind.isalpha():
        return -0.2 if sign in BESIDE else -2.0
    return 0.3 if sign in BESIDE else -0.5
