"""Mail addresses as people paste them: normalised or refused with a reason, and compared the same way everywhere.

`clean` gives the stored form: normal form C, no invisible characters, nothing around the address, a domain valid in
IDNA 2008. `key` is equal for equal addresses (or user names, which mostly are addresses): it ignores case and has the
domain as mail servers write it. `skeleton` is equal for addresses that only look alike.
"""

import re
import unicodedata
from urllib.parse import unquote

import idna

EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+", re.ASCII)
EMAIL_LIMIT = 254
MAILTO = re.compile(r"mailto:([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
IN_BRACKETS = re.compile(r"[^<>]*<([^<>]*)>[\s;,]*")
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width forms, as Japanese keyboards write them
AROUND = "\"'“”„‘’«» \t\r\n;,"
BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")
UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
EDGES = "\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LOOKALIKES = str.maketrans(
    # Cyrillic, Greek and Armenian small letters that are drawn like Latin ones, and the dotless i
    "аеорсухіјѕһԁԛԝкмтвнпгαοριυνκτχεηωıոսց",
    "aeopcyxijshdqwkmtbhnraopiuvktxenwinug",
)


class AddressError(Exception):
    """A text is no mail address; the message says why."""


def clean(text: str) -> str:
    """The only address in a text, normalised; raises AddressError."""
    plain = unicodedata.normalize("NFC", visible(text)).translate(WIDE).strip(AROUND)
    if bracketed := IN_BRACKETS.fullmatch(plain):
        plain = bracketed[1].strip(AROUND)
    if prefixed := MAILTO.fullmatch(plain):
        plain = unquote(prefixed[1]).strip(AROUND)
    if EMAIL.fullmatch(plain) is None or any(char.isspace() or unicodedata.category(char) == "Cc" for char in plain):
        raise AddressError(f"{_shown(text)} is no mail address.")
    local, _, domain = plain.rpartition("@")
    address = f"{local}@{_domain(domain, text)}"
    if len(address) > EMAIL_LIMIT:
        raise AddressError(f"{_shown(text)} is longer than {EMAIL_LIMIT} characters.")
    return address


def visible(text: str) -> str:
    """A text without invisible characters, and with plain blanks for blanks of any width."""
    if text.isascii():
        return text
    kept = (" " if unicodedata.category(char) == "Zs" else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char) != "Cf")


def on_one_line(text: str) -> str:
    """A name on one line without control and format characters, but with the joiners that scripts need."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return UNSEEN.sub("", BREAKS.sub(" ", text)).strip().strip(EDGES).strip()


def key(name: str) -> str:
    """The comparison key of an address or a user name, equal for all its spellings."""
    if name.isascii() and "xn--" not in name.lower():
        return name.lower()
    plain = unicodedata.normalize("NFC", visible(name))
    known_as, mark, brand = plain.partition("#")
    local, at, domain = known_as.rpartition("@")
    if at:
        return f"{_folded(local)}@{_ascii(domain)}{mark}{_folded(brand)}"
    return _folded(plain)


def key_as_pasted(text: str) -> str:
    """The key of the address in a cell, such as a manager's, else of the cell's text."""
    try:
        return key(clean(text))
    except AddressError:
        return key(text.strip())


def skeleton(address: str) -> str:
    """A key that is equal for addresses that look alike in different scripts."""
    if address.isascii() and "xn--" not in address.lower():
        return address.lower()
    local, at, domain = unicodedata.normalize("NFKC", visible(address)).rpartition("@")
    return unicodedata.normalize("NFC", _folded(f"{local}{at}{_unicode(domain)}").translate(LOOKALIKES))


def strange_letters(address: str) -> str:
    """The confusable letters by name: U+0430 CYRILLIC SMALL LETTER A."""
    found = dict.fromkeys(char for char in _folded(address) if ord(char) in LOOKALIKES)
    return ", ".join(f"U+{ord(char):04X} {unicodedata.name(char, '')}".rstrip() for char in found)


def _domain(domain: str, text: str) -> str:
    labels = domain.rstrip(".").split(".")
    if not all(labels) or any(len(label) > 63 for label in labels):
        raise AddressError(f"{_shown(text)} has a domain that cannot be.")
    if domain.isascii() and "xn--" not in domain.lower():
        return domain.rstrip(".")
    try:
        known_as = idna.decode(idna.encode(domain.rstrip("."), uts46=True))
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressError(f"{_shown(text)} has no domain by IDNA 2008: {error}.".replace("..", ".")) from error
    return domain.rstrip(".") if domain.isascii() else known_as


def _ascii(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode() if domain else ""
    except (idna.IDNAError, UnicodeError):  # stored before such domains were refused
        return _folded(domain)


def _unicode(domain: str) -> str:
    try:
        return idna.decode(idna.encode(domain, uts46=True)) if domain else ""
    except (idna.IDNAError, UnicodeError):
        return domain


def _folded(text: str) -> str:
    """Lower case letter by letter, because databases and languages differ on final sigma and Turkish i."""
    return unicodedata.normalize("NFC", "".join(char.lower() for char in text).replace("ς", "σ"))


def _shown(text: str) -> str:
    """The text's beginning for a message, with invisible characters written as [U+XXXX]."""
    return "".join(f"[U+{ord(char):04X}]" if unicodedata.category(char) in ("Cf", "Cc") else char for char in text[:60])
