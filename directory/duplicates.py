"""People who may be in the directory twice: one address, identifier or name, however it is written."""

from collections import defaultdict
from dataclasses import dataclass

from directory.alike import name_words
from directory.models import Person
from directory.selectors import people
from qxportal.accounts.models import Organisation
from qxportal.core.searching import folded

ADDRESS, IDENTIFIER, NAME = "address", "identifier", "name"
BATCH = 5_000
WORDS_OF_A_NAME = 2  # fewer tell nothing


@dataclass(frozen=True)
class Twins:
    """People who may be one, and what they share, the surest first."""

    people: tuple[Person, ...]
    share: tuple[str, ...]


def address_key(address: str) -> str:
    """An address without capitals, accents, unseen characters, and what follows a plus sign.

    >>> address_key("Anna.Müller+hr@Acme.example") == address_key("anna.muller@acme.example")
    True
    """
    local, at, domain = folded(address).strip().rpartition("@")
    return f"{local.split('+')[0]}{at}{domain}"


def identifier_key(identifier: str) -> str:
    """An identifier without capitals, blanks and unseen characters.

    >>> identifier_key(" k 0012") == identifier_key("K0012")
    True
    """
    return "".join(folded(identifier).split())


def name_key(name: str) -> str:
    """The words of a name in one order, without titles; empty for a single word."""
    words = name_words(name)
    return " ".join(sorted(words)) if len(words) >= WORDS_OF_A_NAME else ""


def find_twins(org: Organisation, most: int) -> tuple[list[Twins], int]:
    """The first groups of people who share something, and how many groups there are; each group once."""
    first: dict[tuple[str, str], int] = {}
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    rows = people(org).order_by("sort_name", "pk").values_list("pk", "sort_name", "email", "raw__ExternalDataReference")
    for pk, name, email, identifier in rows.iterator(chunk_size=BATCH):
        keys = (
            (ADDRESS, address_key(email)),
            (IDENTIFIER, identifier_key(str(identifier or ""))),
            (NAME, name_key(name)),
        )
        for key in keys:
            if key[1] and (earlier := first.setdefault(key, pk)) != pk:
                found[key] = [*(found[key] or [earlier]), pk]
    shared: dict[tuple[int, ...], list[str]] = {}
    for (what, _key), group in sorted(found.items(), key=lambda one: (ADDRESS, IDENTIFIER, NAME).index(one[0][0])):
        shared.setdefault(tuple(group), []).append(what)
    shown = list(shared.items())[:most]
    there = people(org).in_bulk({pk for group, _share in shown for pk in group})
    twins = [Twins(tuple(there[pk] for pk in group if pk in there), tuple(share)) for group, share in shown]
    return twins, len(shared)
