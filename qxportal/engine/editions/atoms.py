"""Decides which group means may be published in addition to earlier ones; plain data without a database.

A pairwise difference of five subjects is not enough: P+Q, P+T, Q+T+x and P, with five each in P, Q and T, differ by at
least five in every pair, and yet the figure of x follows. A partition is enough: two elements are in one *atom* if
every group published so far has both or neither. The sum of any group is a sum of sums of atoms, so nothing finer than
an atom can be derived, and a group is published only if every atom that it splits or creates has at least `FEWEST`.

A reader who may open single reports can subtract their figures: in each such atom, the number of subjects whose
reports the reader cannot open has to be 0 or at least `FEWEST` as well.

Decisions follow from who is in which group, never from figures.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

FEWEST = 5  # subjects


class Reason(StrEnum):
    """Why a group's figure is withheld."""

    FEW = "TooFew"  # subjects have one
    DIFFERENCE = "Difference"  # fewer than five subjects differ from earlier groups
    READERS = "Readers"  # readers of single reports could derive figures of fewer than five


@dataclass(frozen=True, slots=True)
class Element:
    """One subject's figure in an edition; different answers make a different element."""

    person: str
    mark: str  # identifies the answers behind the figure


Atom = frozenset[Element]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision on a group: the reason why it is withheld, or the resulting atoms."""

    reason: Reason | None
    atoms: Sequence[Atom]
    new: bool = False  # whether the group adds information


def judge(atoms: Sequence[Atom], group: Atom, readers: Collection[frozenset[str]] = ()) -> Judgement:
    """Decide on one group; `readers`: for each reader, the persons whose reports the reader may open."""
    if len(group) < FEWEST:
        return Judgement(Reason.FEW, atoms)
    kept: list[Atom] = []
    made: list[Atom] = []
    for atom in atoms:
        inside = atom & group
        if inside and inside != atom:
            made += [inside, atom - inside]
        else:
            kept.append(atom)
    rest = group.difference(*atoms)
    if rest:
        made.append(rest)
    if any(len(atom) < FEWEST for atom in made):
        return Judgement(Reason.DIFFERENCE, atoms)
    if _few_unknown(made, readers):
        return Judgement(Reason.READERS, atoms)
    return Judgement(None, [*kept, *made], bool(made))


def _few_unknown(atoms: Iterable[Atom], readers: Collection[frozenset[str]]) -> bool:
    """Whether a reader could derive figures of fewer than five subjects; atoms and groups hold each person once."""
    for atom in atoms:
        persons = frozenset(one.person for one in atom)
        if any(0 < len(persons) - len(persons & known) < FEWEST for known in readers):
            return True
    return False
