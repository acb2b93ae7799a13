"""Recipients in delivery reports: the forms in which one address may come back."""

import re

import idna

XTEXT = re.compile(r"\+([0-9A-F]{2})")  # RFC 3461
UNICODE = re.compile(r"\\x\{(10[0-9A-F]{4}|[0-9A-F]{2,5})\}")  # RFC 6533
TYPED = re.compile(r"\s*(?:rfc822|utf-8|smtp|x400|unknown)\s*;\s*", re.IGNORECASE)
LONGEST = 2_000


def known_forms(recipient: str) -> frozenset[str]:
    """Every address that a report's recipient may stand for; compare with the forms of the mail's own address.

    Postfix decodes the original recipient before reporting it, Exim reports it unchanged: a plus with two letters
    after it is either part of the address or an encoded character.

    >>> sorted(known_forms("rfc822;ben+2Bx@Halden.example"))
    ['ben+2bx@halden.example', 'ben+x@halden.example']
    """
    text = TYPED.sub("", recipient[:LONGEST], count=1).strip().strip("<>").strip()
    spellings = {text, XTEXT.sub(lambda found: chr(int(found[1], 16)), text)}
    spellings |= {UNICODE.sub(_letter, one) for one in spellings}
    return frozenset(_folded(one) for one in spellings if "@" in one)


def _letter(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code < 0xE000 else chr(code)


def _folded(address: str) -> str:
    local, _at, domain = address.rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        ascii_domain = domain
    return f"{local}@{ascii_domain}".casefold()
