"""The fonts of reports: our own files first, then one font per script from Debian's packages.

Fonts are found by file name and loaded from there. Other installed fonts are never used, so that the same report and
the same font files give the same bytes.
"""

import os
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

OWN = Path(__file__).parent / "fonts"
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
CORE, CJK, EMOJI = "fonts-noto-core", "fonts-noto-cjk", "fonts-noto-color-emoji"

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Typeface:
    """One font family: files for weights 400 and 600, the code points that it is used for, and its package."""

    family: str
    regular: str
    bold: str
    ranges: Ranges = ((0, 0x10FFFF),)
    package: str = ""  # Debian package; empty: shipped beside this file
    index: int | None = None  # face in a collection

    @property
    def files(self) -> tuple[Path | None, Path | None]:
        """Paths of the regular and bold file; None if not installed."""
        if not self.package:
            return OWN / self.regular, OWN / self.bold
        return found(self.regular), found(self.bold) or found(self.regular)


def _core(name: str, *ranges: tuple[int, int], family: str = "NotoSans") -> Typeface:
    return Typeface(f"Report {name}", f"{family}{name}-Regular.ttf", f"{family}{name}-Bold.ttf", ranges, CORE)


def _cjk(name: str, index: int) -> Typeface:
    return Typeface(f"Report {name}", "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", CJK_RANGES, CJK, index)


CJK_RANGES: Ranges = (
    (0x1100, 0x11FF),
    (0x2E80, 0x303F),
    (0x3040, 0x33FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x20000, 0x3FFFF),
)
SYMBOL_RANGES: Ranges = ((0x2000, 0x2BFF), (0x4DC0, 0x4DFF), (0x10100, 0x101FF), (0x1D000, 0x1FBFF))
EMOJI_RANGES: Ranges = ((0x200D, 0x200D), (0x203C, 0x3299), (0xFE0F, 0xFE0F), (0x1F000, 0x1FAFF), (0xE0020, 0xE007F))

INTER = Typeface("Inter", "Inter-Regular.ttf", "Inter-SemiBold.ttf")
LATIN = Typeface("Report Latin", "NotoSans-Regular.ttf", "NotoSans-Bold.ttf")
# Ideographs have different shapes in each of these languages: one font each, by its index in the collection.
HAN: Mapping[str, Typeface] = {
    "ja": _cjk("Japanese", 0),
    "ko": _cjk("Korean", 1),
    "zh-Hans": _cjk("Simplified Chinese", 2),
    "zh-Hant": _cjk("Traditional Chinese", 3),
}
EMOJIS = Typeface("Report Emoji", "NotoColorEmoji.ttf", "NotoColorEmoji.ttf", EMOJI_RANGES, EMOJI)
SCRIPTS: tuple[Typeface, ...] = (
    Typeface("Report Hebrew", "NotoSansHebrew-Regular.ttf", "NotoSansHebrew-Bold.ttf"),
    Typeface("Report Arabic", "NotoSansArabic-Regular.ttf", "NotoSansArabic-Bold.ttf"),
    _core("Armenian", (0x530, 0x58F), (0xFB13, 0xFB17)),
    _core("Syriac", (0x700, 0x74F), (0x860, 0x86F)),
    _core("Thaana", (0x780, 0x7BF)),
    _core("NKo", (0x7C0, 0x7FF)),
    _core("Devanagari", (0x900, 0x97F), (0x1CD0, 0x1CFF), (0xA830, 0xA83F), (0xA8E0, 0xA8FF)),
    _core("Bengali", (0x980, 0x9FF)),
    _core("Gurmukhi", (0xA00, 0xA7F)),
    _core("Gujarati", (0xA80, 0xAFF)),
    _core("Oriya", (0xB00, 0xB7F)),
    _core("Tamil", (0xB80, 0xBFF), (0x11FC0, 0x11FFF)),
    _core("Telugu", (0xC00, 0xC7F)),
    _core("Kannada", (0xC80, 0xCFF)),
    _core("Malayalam", (0xD00, 0xD7F)),
    _core("Sinhala", (0xD80, 0xDFF), (0x111E0, 0x111FF)),
    _core("Thai", (0xE00, 0xE7F)),
    _core("Lao", (0xE80, 0xEFF)),
    _core("Tibetan", (0xF00, 0xFFF), family="NotoSerif"),
    _core("Myanmar", (0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    _core("Georgian", (0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    _core("Ethiopic", (0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)),
    _core("Cherokee", (0x13A0, 0x13FF), (0xAB70, 0xABBF)),
    _core("CanadianAboriginal", (0x1400, 0x167F), (0x18B0, 0x18FF)),
    _core("Khmer", (0x1780, 0x17FF), (0x19E0, 0x19FF)),
    _core("Mongolian", (0x1800, 0x18AF)),
    _core("TaiLe", (0x1950, 0x197F)),
    _core("TaiTham", (0x1A20, 0x1AAF)),
    _core("Balinese", (0x1B00, 0x1B7F)),
    _core("Sundanese", (0x1B80, 0x1BBF)),
    _core("OlChiki", (0x1C50, 0x1C7F)),
    _core("Tifinagh", (0x2D30, 0x2D7F)),
    _core("Yi", (0xA000, 0xA4CF)),
    _core("Lisu", (0xA4D0, 0xA4FF)),
    _core("Vai", (0xA500, 0xA63F)),
    _core("Javanese", (0xA980, 0xA9DF)),
    _core("Cham", (0xAA00, 0xAA5F)),
    _core("MeeteiMayek", (0xAAE0, 0xAAFF), (0xABC0, 0xABFF)),
    _core("HanifiRohingya", (0x10D00, 0x10D3F)),
    _core("Adlam", (0x1E900, 0x1E95F)),
    _core("Symbols", *SYMBOL_RANGES),
    _core("Symbols2", *SYMBOL_RANGES),
    _core("Math", *SYMBOL_RANGES),
)
ALL: tuple[Typeface, ...] = (INTER, LATIN, *SCRIPTS, *HAN.values(), EMOJIS)
NEEDED = {CORE: "NotoSansThai-Regular.ttf", CJK: "NotoSansCJK-Regular.ttc", EMOJI: "NotoColorEmoji.ttf"}

PRINTS = {
    CORE: "letters of Thai, Hindi, Amharic, Georgian and other scripts",
    CJK: "Chinese, Japanese and Korean letters",
    EMOJI: "emoji",
}


@cache
def _installed() -> Mapping[str, Path]:
    """All font files of this machine by name; the first folder takes precedence."""
    files: dict[str, Path] = {}
    for folder in FOLDERS:
        for parent, _folders, names in sorted(os.walk(Path(folder).expanduser())):
            for name in names:
                files.setdefault(name, Path(parent) / name)
    return files


def found(name: str) -> Path | None:
    """The path of an installed font file; None if missing."""
    return _installed().get(name)


def warnings() -> list[str]:
    """A warning for each missing font package."""
    return [
        f"{package} is not installed: reports show marks such as [U+738B] in place of {PRINTS[package]}."
        for package in lacking()
    ]


def lacking() -> list[str]:
    """The missing font packages, without which some scripts cannot be printed."""
    return [package for package, file in NEEDED.items() if found(file) is None]


@cache
def letters(typeface: Typeface) -> frozenset[int]:
    """The code points that the font has in its ranges; empty if not installed."""
    from fontTools.ttLib import TTFont  # expensive import, on first use only

    path = typeface.files[0]
    if path is None:
        return frozenset()
    with TTFont(path, fontNumber=typeface.index or 0, lazy=True) as font:
        points = font.getBestCmap() or {}
    return frozenset(point for point in points if any(low <= point <= high for low, high in typeface.ranges))


def content(typeface: Typeface, path: Path) -> bytes:
    """The font's bytes; a face of a collection as a separate font file."""
    data = path.read_bytes()
    return data if typeface.index is None else _face(data, typeface.index)


def _face(data: bytes, index: int) -> bytes:
    """One face of an OpenType collection as a font file: its table directory and tables with adjusted offsets."""
    (start,) = struct.unpack_from(">L", data, 12 + 4 * index)
    (count,) = struct.unpack_from(">H", data, start + 4)
    directory, tables = bytearray(data[start : start + 12]), bytearray()
    for number in range(count):
        tag, checksum, offset, length = struct.unpack_from(">4sLLL", data, start + 12 + 16 * number)
        directory += struct.pack(">4sLLL", tag, checksum, 12 + 16 * count + len(tables), length)
        tables += data[offset : offset + length] + bytes(-length % 4)
    return bytes(directory + tables)


@cache
def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def hashes(typefaces: Iterable[Typeface]) -> dict[str, list[str]]:
    """SHA-256 of the families' files."""
    return {
        typeface.family: [_hash(path) for path in typeface.files if path is not None]
        for typeface in sorted(typefaces, key=lambda each: each.family)
    }


def addresses(typeface: Typeface) -> dict[str, tuple[Typeface, Path]]:
    """The URLs of the family's files in style sheets, lightest first."""
    face = "" if typeface.index is None else f"#{typeface.index}"
    files = dict.fromkeys(path for path in typeface.files if path is not None)  # one file may serve both weights
    return {path.as_uri() + face: (typeface, path) for path in files}


def style_sheet(typeface: Typeface) -> str:
    """The @font-face rules of a family."""
    return "\n".join(
        f'@font-face {{ font-family: "{typeface.family}"; font-weight: {weight}; src: url("{address}") }}'
        for weight, address in zip((400, 600), addresses(typeface), strict=False)
    )
