"""Detects the encoding of a file of people or responses.

A byte order mark decides; UTF-16 without one is detected by its NULs. Anything but UTF-8 may be Windows-1252, as saved
by Excel in Western Europe. Other encodings read as Windows-1252 give impossible words and are refused.
"""

import codecs
import re
from functools import lru_cache
from itertools import pairwise

from qxportal.engine.http.errors import Invalid

PIECE = 64 * 1024
WESTERN = "cp1252"
NAMES = {"utf-8-sig": "UTF-8", WESTERN: "Windows-1252"} | dict.fromkeys(("utf-16", "utf-16-le", "utf-16-be"), "UTF-16")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Words with at least one character that is not ASCII; matched only at the start of a word.
WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]*+[^\x00-\x7f][^\x00-@\[-`{-\x7f]*")
WITHIN = "’‘´`·-–ªº"  # characters in Western words besides letters
NEVER = "†‡ˆ‰˜¤¦¨¬¯¸¾¼"  # never beside a letter in any language
CAPITALS = "ŽŠŸŒ"  # code points where other encodings have small accented letters
# Letters where no Western language has them: the bytes of Windows-1250, 1254 and 1257 have other ones in these places.
AMBIGUOUS = re.compile(r"[èøìùòæðþýêñœõûãªº£ç]", re.IGNORECASE)
LONGEST_WORD = 40  # longer matches are no words, and some patterns are slow on them
NOT_WESTERN = re.compile(
    r"""
    è[aeiouyáéíóú]                                                      # č: Kučera
    | ø[áéíýì] | øe[jz]                                                 # ř: Dvořák, Ondřej
    | ì(?=\w)(?=.*[jkvwyzšžèøùáéíý]) | [jkvwyzšžèøùáéíý].*ì(?=\w)       # ě: Němcová
    | ù(?=\w)(?=.*[jkvwyzšžèøìáéíý]) | [jkvwyzšžèøìáéíý].*ù(?=\w)       # ů: Růžička
    | [aoáéíý]ò                                                         # ň: Bartoň
    | ^(?!mariæ$).*iæ$                                                  # ć: Petrović
    | ^ð                                                                # đ, and š in the Baltic: Đorđe
    | \wþ$ | þ[bcçdfghklmnpqstxzþ] | [aeiouöüýy]þ[aeuýü] | nþa$         # ş, ţ: Ayşe, Ionuţ
    | [çüãõ].*[þðý] | [þðý].*[çüãõ]                                     # ş, ğ, ı: Çağrı
    | ý[^ý]{1,4}ý[nkmçlþrz]$ | ^ý(?:[bnlpkhz]|sm) | yý | kký$            # ı, İ: Yıldırım, İbrahim
    | ð\w*[zw] | [zw]\w*ð | doða                                        # ğ: Oğuz, Erdoğan
    | ê\w*(?:rz|cz|sz|dz|sk[ia]$) | (?:rz|cz|sz|dz|w)\w*ê               # ę: Węgrzyn
    | ñ(?:sk|cz|k|d|t)                                                  # ń: Stańczyk
    | [aeioy]œ | œ(?:w|k|p|li)                                          # ś: Leśniak
    | \wõ$ | õ\w*[zyw] | [zyw]\w*õ | rdõs                               # ő: Ernő, Kőszegi
    | (?<![ao])û\w*[zy] | [zy]\w*(?<![ao])û | dûs$                      # ű: Szűcs
    | ã(?!$|[oei]|s$|zinh)                                              # ă: Brătianu
    | (?-i:[ªº][a-zà-ÿ])                                                # ş: Ştefan
    | (?-i:£(?!m|bn)[a-z]{3})                                           # Ł: Łukasz
    | çr                                                                # ē: Bērziņš
    """,
    re.VERBOSE | re.IGNORECASE,
)
UNKNOWN = "The file is neither UTF-8 nor UTF-16 nor Windows-1252 text. Save it as CSV UTF-8."


def encoding_of(file: bytes) -> str:
    """The name of a file's encoding; raises Invalid if none of ours fits."""
    for mark, name in MARKS:
        if file.startswith(mark):
            if not name:
                raise Invalid("FileContents", "The file is UTF-32 text. Save it as CSV UTF-8.")
            return _checked(file, name, "The file has the mark of {} and is none.")
    if name := _utf_16(file[:4_000]) or _utf_16(file[:40]):  # perhaps only the column names are Latin
        return _checked(file, name, "The file looks like {} and is none.")
    if b"\0" in file:
        raise Invalid("FileContents", "The file is not text.")
    if _is(file, "utf-8-sig"):
        return "utf-8-sig"
    if not _is(file, WESTERN):
        raise Invalid("FileContents", UNKNOWN)
    _refuse_strange(file)
    return WESTERN


def _utf_16(head: bytes) -> str:
    """The variant of UTF-16 if every second byte is mostly NUL, as in Latin text; else empty."""
    half = len(head) // 2
    if half < 4:
        return ""
    even, odd = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if odd > 0.4 * half > 10 * even:
        return "utf-16-le"
    if even > 0.4 * half > 10 * odd:
        return "utf-16-be"
    return ""


def _checked(file: bytes, name: str, words: str) -> str:
    if not _is(file, name):
        raise Invalid("FileContents", words.format(NAMES[name]) + " Save it as CSV UTF-8.")
    return name


def _is(file: bytes, name: str) -> bool:
    """Whether the whole file decodes with this encoding and has no NUL."""
    decoder = codecs.getincrementaldecoder(name)()
    try:
        for start in range(0, len(file), PIECE):
            if "\0" in decoder.decode(file[start : start + PIECE]):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_strange(file: bytes) -> None:
    """Raise Invalid for words impossible in Western languages, a sign of another encoding."""
    for start in range(0, len(file), PIECE):
        text = file[start : start + PIECE].decode(WESTERN)
        for found in WORD.finditer(text):
            numbered = text[found.start() - 1 : found.start()].isdigit()  # 3ºizq
            if _strange(found[0].lstrip("ªº") if numbered else found[0]):
                raise Invalid(
                    "FileContents",
                    f"The file is no UTF-8, and as Windows-1252 it has {found[0][:40]!r}, which is no word: it is in "
                    "another encoding. Save it as CSV UTF-8.",
                )


@lru_cache(10_000)
def _strange(word: str) -> bool:
    if AMBIGUOUS.search(word) and NOT_WESTERN.search(word[:LONGEST_WORD]):
        return True
    plain = word.strip("".join({char for char in word if not char.isalpha()}))
    if plain and any(char in NEVER for char in word):
        return True
    if any(not char.isalpha() and char not in WITHIN for char in plain):
        return True  # a symbol inside a word
    foreign = [char for char in plain if ord(char) > 127 and char not in WITHIN]
    if len(foreign) > 1 and len(foreign) == len(plain.strip(WITHIN)):
        return True  # no plain letter at all
    return any(second in CAPITALS and first.islower() for first, second in pairwise(plain))
