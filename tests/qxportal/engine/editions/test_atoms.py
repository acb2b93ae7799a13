"""What can be worked out from means of groups: an exact solver finds nothing, and finds much without the rule."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from qxportal.engine.editions.atoms import FEWEST, Atom, Element, Reason, judge

Rows = list[tuple[list[Fraction], int]]
Rule = Callable[[list[Atom], Atom], bool]


def people(*numbers: int, mark: str = "1") -> Atom:
    return frozenset(Element(f"P_{number}", mark) for number in numbers)


def isolated(given: Sequence[Atom], known: Iterable[Element] = ()) -> Atom | None:
    """Fewer than five elements whose sum follows exactly from the sums of the given groups and single known ones."""
    known = frozenset(known)
    order = sorted(frozenset().union(known, *given), key=lambda one: (one.person, one.mark))
    rows: Rows = []
    for group in (*given, *(frozenset({one}) for one in known)):
        _add(rows, [Fraction(one in group) for one in order])
    alike: defaultdict[tuple[bool, ...], set[Element]] = defaultdict(set)
    for one in set(order) - known:
        alike[tuple(one in group for group in given)].add(one)
    for some in alike.values():
        if len(some) < FEWEST and not any(_reduced(rows, [Fraction(one in some) for one in order])):
            return frozenset(some)
    return None


def _add(rows: Rows, row: list[Fraction]) -> None:
    row = _reduced(rows, row)
    pivot = next((place for place, value in enumerate(row) if value), None)
    if pivot is None:
        return
    row = [value / row[pivot] for value in row]
    rows[:] = [([old - base[pivot] * new for old, new in zip(base, row, strict=True)], at) for base, at in rows]
    rows.append((row, pivot))


def _reduced(rows: Rows, row: list[Fraction]) -> list[Fraction]:
    for base, at in rows:
        if row[at]:
            row = [value - row[at] * other for value, other in zip(row, base, strict=True)]
    return row


def pairwise(given: list[Atom], group: Atom) -> bool:
    """The rule that does not hold: two groups differ by at least five."""
    return len(group) >= FEWEST and all(group == one or len(group ^ one) >= FEWEST for one in given)


class ByAtoms:
    """The rule that holds, with what it remembers."""

    def __init__(self, readers: Iterable[frozenset[str]] = ()) -> None:
        self.atoms: Sequence[Atom] = ()
        self.readers = list(readers)

    def __call__(self, given: list[Atom], group: Atom) -> bool:
        judgement = judge(self.atoms, group, self.readers)
        self.atoms = judgement.atoms
        return judgement.reason is None


def played(rng: random.Random, rule: Rule) -> list[Atom]:
    """A world of people with three fields who move and whose editions change; the groups that were given."""
    number = rng.randint(12, 30)
    fields = [[rng.randrange(3) for _field in range(3)] for _person in range(number)]
    marks = [1] * number
    given: list[Atom] = []
    for _request in range(8):
        if rng.random() < 0.2:
            fields[rng.randrange(number)][rng.randrange(3)] = rng.randrange(3)
        if rng.random() < 0.2:
            marks[rng.randrange(number)] += 1
        wanted = [(rng.randrange(3), rng.randrange(3)) for _part in range(rng.randint(1, 3))]
        group = frozenset(
            Element(f"P_{person}", str(marks[person]))
            for person in range(number)
            if any(fields[person][field] == value for field, value in wanted)
        )
        if rule(given, group):
            given.append(group)
    return given


def test_differing_by_five_in_every_pair_is_not_enough():
    p, q, t, x = people(*range(5)), people(*range(5, 10)), people(*range(10, 15)), people(15)
    wanted = [p | q, p | t, q | t | x, p]
    rule = ByAtoms()

    assert all(pairwise(wanted[:place], group) for place, group in enumerate(wanted))
    assert isolated(wanted) == x
    assert [rule(wanted[:place], group) for place, group in enumerate(wanted)] == [True, True, False, True]


def test_no_world_isolates_fewer_than_five_and_the_pairwise_rule_does():
    found, given = 0, 0
    for seed in range(60):
        groups = played(random.Random(seed), ByAtoms())
        assert isolated(groups) is None, f"world {seed}"
        given += len(groups)
        found += isolated(played(random.Random(seed), pairwise)) is not None

    assert given > 60
    assert found > 0


def test_readers_of_single_reports_isolate_no_subjects():
    without = 0
    for seed in range(40):
        rng = random.Random(1_000 + seed)
        reader = frozenset(f"P_{person}" for person in rng.sample(range(12), rng.randint(1, 4)))
        state = rng.getstate()
        groups = played(rng, ByAtoms([reader]))
        assert isolated(groups, _known(groups, reader)) is None, f"world {seed}"
        rng.setstate(state)
        groups = played(rng, ByAtoms())
        without += isolated(groups, _known(groups, reader)) is not None

    assert without > 0


def _known(groups: Sequence[Atom], reader: frozenset[str]) -> set[Element]:
    return {one for group in groups for one in group if one.person in reader}


def test_four_are_too_few():
    assert judge((), people(*range(4))).reason is Reason.FEW
    assert judge((), people(*range(5))).reason is None


def test_what_a_group_leaves_of_another_has_to_be_five():
    known = judge((), people(*range(9))).atoms

    assert judge(known, people(*range(5))).reason is Reason.DIFFERENCE  # four of nine would be left
    assert judge(known, people(*range(10))).reason is Reason.DIFFERENCE  # one more than the nine
    assert judge(known, people(*range(14))).reason is None


def test_the_same_group_again_tells_nothing_new():
    first = judge((), people(*range(7)))
    again = judge(first.atoms, people(*range(7)), [frozenset({"P_0", "P_1", "P_2"})])

    assert (first.new, again.new, again.reason) == (True, False, None)


def test_one_changed_edition_is_another_element():
    known = judge((), people(*range(7))).atoms
    changed = people(*range(1, 7)) | people(0, mark="2")

    assert judge(known, changed).reason is Reason.DIFFERENCE
    assert judge(known, people(*range(7), mark="2")).reason is None


def test_readers_know_all_or_lack_five():
    group = people(*range(7))

    assert judge((), group, [frozenset(f"P_{one}" for one in range(3))]).reason is Reason.READERS
    assert judge((), group, [frozenset({"P_0", "P_1"})]).reason is None
    assert judge((), group, [frozenset(f"P_{one}" for one in range(7))]).reason is None
    assert judge((), people(*range(5)), [frozenset({"P_0"})]).reason is Reason.READERS
