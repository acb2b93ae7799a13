"""Gives every letter of a report a font, and a visible mark to those that no font has.

A line stays one text whatever it is written in, because letters that run in two directions are put in order line by
line: fonts are chosen by the families of a whole text, never by cutting it into pieces.
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
# Which of these old character sets knows the ideographs tells where a text comes from, where only one of them does.
CODECS = {"zh-Hans": "gb2312", "zh-Hant": "big5", "ja": "shift_jis"}
CHINESE = "zh-Hans"


@dataclass(frozen=True, slots=True)
class Lettering:
    """A document as it can be printed, with what it is printed in and what is missing."""

    document: str
    typefaces: tuple[Typeface, ...]
    missing: tuple[str, ...]  # as U+1F9FF


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where each of some letters is found."""

    used: frozenset[Typeface]
    replaced: Mapping[int, str]  # code point -> mark, or nothing for what is invisible anyway
    missing: tuple[str, ...]


def lettering(document: str, language: str) -> Lettering:
    """The document with marks in place of what no font has, and with the families that each of its texts needs."""
    if not (set(map(ord, document)) - letters(INTER) - {10, 13}):
        return Lettering(document, (INTER,), ())  # as most are
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
    """The families that a text is printed in."""
    return tuple(_sorted({INTER, *coverage(text, main_typeface([text], language)).used}))


def main_typeface(texts: Iterable[str], language: str) -> Typeface:
    """The font of ideographs where a text alone does not tell its language."""
    return HAN[_main_language(texts, language)]


def coverage(text: str, han: Typeface) -> Coverage:
    """Which families have the letters of a text beyond Inter, and what stands for those that none has."""
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
    """Whether a character never has a shape of its own: controls, joiners, marks of direction."""
    return unicodedata.category(chr(point)) in ("Cc", "Cf", "Zl", "Zp") or 0xFE00 <= point <= 0xFE0F


def _main_language(texts: Iterable[str], language: str) -> str:
    """The report's own language where it has ideographs, else that of most texts which tell theirs."""
    if language in HAN:
        return language
    known = Counter(filter(None, map(_spoken, texts)))
    return known.most_common(1)[0][0] if known else CHINESE


def _spoken(text: str) -> str | None:
    """The language of a text with ideographs or the like, if it tells."""
    if text.isascii():
        return None
    for language, script in (("ja", KANA), ("ko", HANGUL), ("zh-Hant", BOPOMOFO)):
        if script.search(text):
            return language
    ideographs = "".join(IDEOGRAPH.findall(text))
    able = [language for language, codec in CODECS.items() if _encodable(ideographs, codec)] if ideographs else []
    return able[0] if len(able) == 1 else None


def _likely(text: str, default: str) -> str:
    """The language of ideographs that several may have written: the usual one here, if it has them all."""
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
    """One text with the language of its ideographs and, where Inter lacks a letter that is like its own, one font."""
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
    """The style sheet that names the families of this document."""
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
