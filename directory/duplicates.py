"""Possible duplicates in the directory: the same address, identifier or name, however written."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from directory.alike import name_words
from directory.models import DifferentPeople, Person
from directory.selectors import people
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.core.searching import folded

ADDRESS, IDENTIFIER, NAME = "address", "identifier", "name"
BATCH = 5_000
MOST_COMPARED = 1_000  # maximum number of groups to search
WORDS_OF_A_NAME = 2  # shorter keys are ignored


@dataclass(frozen=True)
class Twins:
    """Possible duplicates, and what they share, most certain first."""

    people: tuple[Person, ...]
    share: tuple[str, ...]


def address_key(address: str) -> str:
    """An address without case, accents, invisible characters, and the part after a plus sign.

    >>> address_key("Anna.Müller+hr@Acme.example") == address_key("anna.muller@acme.example")
    True
    """
    local, at, domain = folded(address).strip().rpartition("@")
    return f"{local.split('+')[0]}{at}{domain}"


def identifier_key(identifier: str) -> str:
    """An identifier without case, blanks and invisible characters.

    >>> identifier_key(" k 0012") == identifier_key("K0012")
    True
    """
    return "".join(folded(identifier).split())


def name_key(name: str) -> str:
    """The words of a name in sorted order, without titles; empty for a single word."""
    words = name_words(name)
    return " ".join(sorted(words)) if len(words) >= WORDS_OF_A_NAME else ""


def find_twins(org: Organisation, most: int) -> tuple[list[Twins], int]:
    """The first groups of people who share a key, and the number of groups; each group once.

    Groups that a member marked as different people are left out while the shared values are unchanged.
    """
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
    different = _still_different(org, shared)
    shared = {group: share for group, share in shared.items() if _key_of(group) not in different}
    shown = list(shared.items())[:most]
    there = people(org).in_bulk({pk for group, _share in shown for pk in group})
    twins = [Twins(tuple(there[pk] for pk in group if pk in there), tuple(share)) for group, share in shown]
    return twins, len(shared)


@dataclass(frozen=True)
class Dismissed:
    """People whom a member marked as different."""

    word: DifferentPeople
    people: tuple[Person, ...]


def dismissed(org: Organisation, most: int) -> list[Dismissed]:
    """The latest marks as different people, with those who are still in the directory."""
    words = list(DifferentPeople.objects.filter(org=org).order_by("-said_at", "-pk")[:most])
    there = people(org).in_bulk({pk for word in words for pk in word.people})
    return [Dismissed(word, tuple(there[pk] for pk in word.people if pk in there)) for word in words]


def say_different(org: Organisation, persons: Iterable[Person], *, by: Member) -> bool:
    """Mark people who look alike as different; returns whether they do look alike."""
    group = {one.pk for one in persons}
    twins, _total = find_twins(org, MOST_COMPARED)
    found = next((one for one in twins if {each.pk for each in one.people} == group), None)
    if found is None:
        return False
    numbers = [one.pk for one in found.people]
    with transaction.atomic():
        said = {
            "people": numbers,
            "seen": _seen(found.people, found.share),
            "said_by": str(by),
            "said_at": timezone.now(),
        }
        DifferentPeople.objects.update_or_create(org=org, key=_key_of(numbers), defaults=said)
        note(org, by=by, verb="people.different", words=", ".join(map(str, found.people)))
    return True


def take_back(org: Organisation, number: int, *, by: Member) -> bool:
    """Remove a mark as different people; returns whether there was one."""
    with transaction.atomic():
        deleted, _each = DifferentPeople.objects.filter(org=org, pk=number).delete()
        if deleted:
            note(org, by=by, verb="people.different-taken-back")
    return bool(deleted)


def _still_different(org: Organisation, shared: Mapping[tuple[int, ...], Sequence[str]]) -> set[str]:
    """Keys of groups marked as different that still share the same values."""
    said = dict(DifferentPeople.objects.filter(org=org).values_list("key", "seen"))
    groups = {group: share for group, share in shared.items() if _key_of(group) in said} if said else {}
    there = people(org).in_bulk({pk for group in groups for pk in group})
    return {
        _key_of(group)
        for group, share in groups.items()
        if _seen([there[pk] for pk in group if pk in there], share) == said[_key_of(group)]
    }


def _key_of(group: Iterable[int]) -> str:
    return sha256(" ".join(map(str, sorted(group))).encode()).hexdigest()


def _seen(persons: Iterable[Person], share: Iterable[str]) -> str:
    """Digest of the shared values, as written."""
    what = sorted(share)
    written = [
        (one.pk, [{ADDRESS: one.email, IDENTIFIER: one.external_reference, NAME: str(one)}[each] for each in what])
        for one in sorted(persons, key=lambda one: one.pk)
    ]
    return sha256(repr((what, written)).encode()).hexdigest()
