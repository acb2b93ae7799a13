"""Chooses fonts for all letters of a report, and visible marks for letters that no font has.

Fonts are chosen by font families for a whole text, never by splitting it, because bidirectional text is reordered line
by line.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qxportal.engine.reports.typefaces import EMOJIS, HAN, INTER, LATIN, SCRIPTS, Typeface, letters

TAGS = re.compile(r"(<[^>]*>)")
KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
BOPOMOFO = re.compile("[\u3100-\u312f\u31a0-\u31bf]")
IDEOGRAPH = re.compile("[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# If only one of these old character sets has a text's ideographs, it tells the language.
CODECS = {"zh-Hans": "gb2312", "zh-Hant": "big5", "ja": "shift_jis"}
CHINESE = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Lettering:
    """A printable document with its typefaces and its missing characters."""

    document: str
    typefaces: tuple[Typeface, ...]
    missing: tuple[str, ...]  # as U+1F9FF


@dataclass(frozen=True, slots=True)
class Coverage:
    """The typefaces that have a text's letters, and the letters that none has."""

    used: frozenset[Typeface]
    replaced: Mapping[int, str]  # code point -> mark, empty for invisible characters
    missing: tuple[str, ...]


def lettering(document: str, language: str) -> Lettering:
    """The document with marks for missing letters, and with the font families that its texts need."""
    if not (set(map(ord, document)) - letters(INTER) - {10, 13}):
        return Lettering(document, (INTER,), ())  # the usual case
    head, body_tag, body = document.partition("<body")
    texts = TAGS.split(body_tag + body)
    default = _main_language(texts[::2], language)
    found = coverage(body_tag + body, HAN[default])
    texts = [text.translate(found.replaced) for text in texts]
    han = set(found.used) & set(HAN.values())
    for place in range(0, len(texts), 2):
        texts[place], spoken = _dressed(texts[place], default)
        if spoken:
            han.add(HAN[spoken])
    families = (INTER, *(each for each in (LATIN, *SCRIPTS) if each in found.used))
    emojis = (EMOJIS,) if EMOJIS in found.used else ()
    head = head.replace("</head>", f"<style>{_rules(families, han, emojis, default)}</style></head>")
    return Lettering(head + "".join(texts), (*families, *_sorted(han), *emojis), found.missing)


def families(text: str, language: str) -> tuple[Typeface, ...]:
    """The font families for a text."""
    return tuple(_sorted({INTER, *coverage(text, main_typeface([text], language)).used}))


def main_typeface(texts: Iterable[str], language: str) -> Typeface:
    """The font for ideographs in texts whose language is unknown."""
    return HAN[_main_language(texts, language)]


def coverage(text: str, han: Typeface) -> Coverage:
    """The families besides Inter that a text needs, and the marks for letters that none has."""
    used: set[Typeface] = set()
    replaced: dict[int, str] = {}
    missing: list[str] = []
    for point in sorted(set(map(ord, text)) - letters(INTER) - {9, 10, 13}):
        typeface = next(_with(point, han), None)
        invisible = _invisible(point)
        if typeface is not None and not invisible:
            used.add(typeface)
        elif not (invisible and point in JOINERS):
            replaced[point] = "" if invisible else f"[U+{point:04X}]"
            missing += [] if invisible else [f"U+{point:04X}"]
    return Coverage(frozenset(used), replaced, tuple(missing))


JOINERS = {0x200C, 0x200D, 0xFE0E, 0xFE0F, *range(0xE0020, 0xE0080)}  # change the shape of their neighbours


def _with(point: int, han: Typeface) -> Iterator[Typeface]:
    emojis_first = (EMOJIS,) if point >= 0x1F000 else ()
    for typeface in (LATIN, *emojis_first, *SCRIPTS, han, EMOJIS):
        if any(low <= point <= high for low, high in typeface.ranges) and point in letters(typeface):
            yield typeface


def _invisible(point: int) -> bool:
    """Whether a character has no glyph: controls, joiners, direction marks, variation selectors."""
    return unicodedata.category(chr(point)) in ("Cc", "Cf", "Zl", "Zp") or 0xFE00 <= point <= 0xFE0F


def _main_language(texts: Iterable[str], language: str) -> str:
    """The report's language if written in ideographs, else the most frequent one among texts that tell theirs."""
    if language in HAN:
        return language
    known = Counter(filter(None, map(_spoken, texts)))
    return known.most_common(1)[0][0] if known else CHINESE


def _spoken(text: str) -> str | None:
    """The language of an East Asian text by its characters; None if they do not tell."""
    if text.isascii():
        return None
    for language, script in (("ja", KANA), ("ko", HANGUL), ("zh-Hant", BOPOMOFO)):
        if script.search(text):
            return language
    ideographs = "".join(IDEOGRAPH.findall(text))
    able = [language for language, codec in CODECS.items() if _encodable(ideographs, codec)] if ideographs else []
    return able[0] if len(able) == 1 else None


def _likely(text: str, default: str) -> str:
    """The likely language of ambiguous ideographs: the default if it has them all, else the first that does."""
    ideographs = "".join(IDEOGRAPH.findall(text))
    able = (each for each in (default, *CODECS) if each not in CODECS or _encodable(ideographs, CODECS[each]))
    return next(able, default)


def _encodable(text: str, codec: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _dressed(text: str, default: str) -> tuple[str, str | None]:
    """A text in a span with its East Asian language and, if Inter lacks a Latin letter of it, a single font; and
    the language."""
    if text.isascii():
        return text, None
    spoken = _spoken(text) or (_likely(text, default) if IDEOGRAPH.search(text) else None)
    mixed = any(
        unicodedata.category(char)[0] in "LM"
        for char in set(text)
        if ord(char) in letters(LATIN) and ord(char) not in letters(INTER)
    )
    if not spoken and not mixed:
        return text, None
    attributes = (' class="one-font"' if mixed else "") + (f' lang="{spoken}"' if spoken else "")
    return f"<span{attributes}>{text}</span>", spoken


def _rules(families: tuple[Typeface, ...], han: set[Typeface], emojis: tuple[Typeface, ...], default: str) -> str:
    """The style sheet with the document's font families."""
    first = (HAN[default],) if HAN[default] in han else ()

    def names(*ordered: Typeface) -> str:
        return "font-family: " + ", ".join(f'"{each.family}"' for each in dict.fromkeys(ordered))

    usual = names(*families, *first, *emojis)
    rules = [f"html {{ {usual} }}", f"@page {{ @bottom-left {{ {usual} }} @bottom-right {{ {usual} }} }}"]
    rules.append(f".one-font {{ {names(LATIN, *families, *first, *emojis)} }}")
    for language, typeface in HAN.items():
        if typeface in han:
            rules.append(f":lang({language}) {{ {names(*families, typeface, *emojis)} }}")
            rules.append(f".one-font:lang({language}) {{ {names(LATIN, *families, typeface, *emojis)} }}")
    return "\n".join(rules)


def _sorted(found: Iterable[Typeface]) -> list[Typeface]:
    return sorted(found, key=lambda each: each.family)
