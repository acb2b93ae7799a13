"""Candidate matches for people by name and address, ignoring case, accents, invisible characters and word order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from operator import or_

from django.db.models import Q

from directory.models import Person
from qxportal.accounts.models import Organisation
from qxportal.core.searching import SHORT, folded

WORDS_COMPARED = 6  # words of a name; they make 15 pairs
TITLES = frozenset({"dr", "prof", "mag", "ing", "mr", "mrs", "ms", "phd", "msc", "mba"})
Name = frozenset[str]


@dataclass(frozen=True)
class Likeness:
    """Names as sets of words, and addresses, all folded."""

    names: tuple[Name, ...]
    addresses: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], addresses: Iterable[str]) -> "Likeness":
        """Build from names and addresses as written."""
        apart = (name_words(name) for name in names)
        return cls(tuple(name for name in apart if name), frozenset(folded(one).strip() for one in addresses) - {""})

    def joined_by(self, person: Person) -> "Likeness":
        """Extended by a person's names and address."""
        other = Likeness.of([f"{person.first_name} {person.last_name}"], [person.email])
        return Likeness((*self.names, *other.names), self.addresses | other.addresses)

    def has_address(self, person: Person) -> bool:
        """Whether the person has one of the addresses."""
        return folded(person.email).strip() in self.addresses

    def has_name(self, person: Person) -> bool:
        """Whether the person has one of the names."""
        return self.names_meet(name_words(f"{person.first_name} {person.last_name}"))

    def names_meet(self, name: Name) -> bool:
        """Whether it is one of the names; if two words match, one name may have further words."""
        return any(name == own or (len(name & own) > 1 and (name <= own or own <= name)) for own in self.names)


def name_words(text: str) -> Name:
    """The words of a name, without titles."""
    return frozenset(re.findall(r"\w+", folded(text))) - TITLES


def likely(org: Organisation, wanted: Likeness) -> list[Person]:
    """All persons ever in the directory with one of the addresses or names."""
    conditions = [Q(email__in=wanted.addresses), *(Q(search__contains=address) for address in wanted.addresses)]
    for name in wanted.names:
        words = sorted(name, key=lambda word: (-len(word), word))[:WORDS_COMPARED]
        conditions.append(Q(sort_name__in=[" ".join(words), " ".join(reversed(words))]))
        pairs = (pair for pair in combinations(words, 2) if len(pair[0]) >= SHORT)  # the index needs a longer word
        conditions += [Q(search__contains=one) & Q(search__contains=other) for one, other in pairs]
    rows = Person.objects.filter(reduce(or_, conditions), org=org)
    return [person for person in rows if wanted.has_address(person) or wanted.has_name(person)]
