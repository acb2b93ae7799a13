"""Reads e-mail addresses out of pasted text, in the shapes that mail programs and spreadsheets give them."""

import re
from dataclasses import dataclass
from unicodedata import category, normalize
from urllib.parse import unquote

AROUND = "<>()[]{}\"'“”„‚‘’«»|:,;."
ADDRESS = re.compile(r"[^\s<>()\[\]{}\"“”„«»|,;:]+@[^\s<>()\[\]{}\"“”„«»|,;:]+")
MAILTO = re.compile(r"mailto:([^\s?;,<>]+)(?:\?[^\s;,<>]*)?", re.IGNORECASE)
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # full-width letters and signs
QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|„[^“”\n]*[“”]")


@dataclass(frozen=True)
class Pasted:
    """The addresses in their order, each once, and the parts of the text in which there was none."""

    addresses: tuple[str, ...]
    unread: tuple[str, ...]


def read_addresses(text: str) -> Pasted:
    """Find the addresses in lists such as `"Kok, Pieter" <pieter.kok@example.com>; mailto:anna@example.com`.

    Addresses stand on lines of their own or are separated by semicolons, commas or tabs. A display name before an
    address may hold a comma, quoted or not.
    """
    found: dict[str, None] = {}
    unread: list[str] = []
    for line in re.split(r"[\r\n;\t]+", _visible(text)):
        name = ""  # text before a comma that may be the first half of a display name
        for part in QUOTED.sub(lambda quoted: quoted[0].replace(",", " "), line).split(","):
            addresses = [address for match in ADDRESS.findall(part) if (address := _bare(match))]
            if addresses:
                if name and not re.search(r"[^\s<(\[]+\s*[<(\[]", part):
                    unread.append(name)  # no display name continues here, so it was a separate entry
                found |= dict.fromkeys(addresses)
                name = ""
            elif words := part.strip(AROUND + " "):
                if name:
                    unread.append(name)
                name = words
        if name:
            unread.append(name)
    return Pasted(tuple(found), tuple(unread))


def _visible(text: str) -> str:
    """Without zero-width characters; full-width letters, all kinds of spaces, and links in plain form."""
    usual = normalize("NFC", text).translate(WIDE)
    kept = "".join(" " if category(each) == "Zs" else each for each in usual if category(each) != "Cf")
    return MAILTO.sub(lambda link: unquote(link[1]), kept.replace("\x00", ""))


def _bare(address: str) -> str:
    """An address without surrounding characters; an apostrophe inside its local part stays."""
    local, _, domain = address.strip(AROUND).rpartition("@")
    return f"{local}@{domain}" if local and domain else ""
