"""Who takes part in the whole 360: subjects with managers, peers and direct reports, in plausible names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

FIRST_NAMES = """
Aisha Anneke Benedikt Camila Charlotte Daniel Dilan Edwin Elif Emeka Farah Femke Gabriel Greta Hamza Hanna Idris Ingrid
Jakub Joanna Kavya Kwame Lars Leonie Mads Mei Milan Nadia Noor Olga Omar Paulina Pedro Quentin Rafael Ruth Sanjay Selma
Tariq Thea Ulrich Valentina Wanda Xin Yara Yusuf Zofia
"""
LAST_NAMES = """
Abbott Baptiste Carvalho Dahl Engel Fontaine Gallagher Haddad Ivanov Jensen Kaya Lindqvist Moreno Nakamura Okafor Petrov
Quirke Rahman Sanders Takahashi Usman Vargas Weber Yilmaz Zhang Ashworth Bianchi Conrad Duarte Erdem
"""
FIRST, LAST = FIRST_NAMES.split(), LAST_NAMES.split()


@dataclass(frozen=True)
class Someone:
    """A person of the directory."""

    first_name: str
    last_name: str
    email: str
    manager: str = ""  # address


@dataclass(frozen=True)
class Cast:
    """Everybody, and who evaluates whom: subject's address -> relationship -> addresses."""

    people: Sequence[Someone]
    subjects: Sequence[Someone]
    evaluators: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def raters(self) -> set[str]:
        """The addresses of all who evaluate somebody, themselves included."""
        given = {one for groups in self.evaluators.values() for group in groups.values() for one in group}
        return given | {subject.email for subject in self.subjects}

    @property
    def evaluations(self) -> int:
        """How many forms there are, with those of subjects about themselves."""
        return len(self.subjects) + sum(len(g) for groups in self.evaluators.values() for g in groups.values())


def cast(subjects: int, raters: int, *, seed: int) -> Cast:
    """So many subjects with a manager, four peers and three direct reports each, and at least so many raters in all."""
    rng = Random(seed)
    count = max(raters, subjects + 8)
    names = [(first, last) for first in FIRST for last in LAST]
    rng.shuffle(names)
    people = [
        Someone(first, last, f"{first}.{last}{number or ''}@hallbrook.example".lower())
        for number in range(count // len(names) + 1)
        for first, last in names
    ][:count]
    managers = people[: max(2, subjects // 5)]
    whom = people[len(managers) : len(managers) + subjects]
    others = people[len(managers) + len(whom) :] or managers
    managed = {one.email: managers[at % len(managers)].email for at, one in enumerate(whom)}
    everybody = [Someone(one.first_name, one.last_name, one.email, managed.get(one.email, "")) for one in people]
    turn = 0
    evaluators: dict[str, dict[str, list[str]]] = {}
    for subject in whom:
        picked: list[str] = []
        while len(picked) < min(7, len(others)):
            one = others[turn % len(others)].email
            turn += 1
            if one not in picked:
                picked.append(one)
        evaluators[subject.email] = {
            "Manager": [managed[subject.email]],
            "Peer": picked[:4],
            "DirectReport": picked[4:],
        }
    by_address = {one.email: one for one in everybody}
    return Cast(everybody, [by_address[one.email] for one in whom], evaluators)
