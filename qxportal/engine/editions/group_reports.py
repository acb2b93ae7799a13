"""Group reports: means of subjects' figures for units, from which no single subject's figures can be derived.

One statement at a time, under the brand's lock. A scale's figure is the mean of its shown statements, so it reveals
nothing more. If a group's new figure is withheld because too few of its editions changed, the last figure of the same
people is given again, with its day.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from qxportal.engine.editions import fence, group_subjects
from qxportal.engine.editions.atoms import Atom, Element, Reason, judge
from qxportal.engine.editions.group_subjects import Counted, Figure
from qxportal.engine.models import Assessment, Brand, EditionFence, GroupFigures, Participant


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a group, or the reason why it is withheld; `since` is set for figures of an earlier day."""

    mean: Fraction | None = None
    n: int = 0
    since: date | None = None
    reason: Reason | None = None


@dataclass
class GroupResult:
    """One group: the number of counted subjects, and the cells by statement."""

    name: str
    persons: Sequence[str]
    counted: int = 0
    cells: dict[str, Cell] = field(default_factory=dict)


@dataclass
class Report:
    """The groups, their shown total, and the excluded subjects."""

    groups: list[GroupResult]
    together: GroupResult
    counted: Counted


def make(
    assessment: Assessment,
    groups: Sequence[tuple[str, Sequence[str]]],
    subjects: Sequence[Participant],
    statements: Sequence[str],
    *,
    own_ids: Collection[int],
    others_read: Iterable[frozenset[str]],
    only_look: bool,
) -> Report:
    """The report on groups of these subjects, recorded as given and committed before this returns.

    `others_read`: for each further reader, the subjects whose single reports the reader may open. `only_look` reveals
    and stores nothing. Raises Conflict if the database lacks editions that were given.
    """
    counted_one: EditionFence | None = None
    if not only_look:
        group_subjects.renew(assessment, [one for one in subjects if one.person_id not in own_ids])
    with transaction.atomic(using="engine", durable=True):
        brand = Brand.objects.select_for_update(of=("self",), no_key=True).get(pk=assessment.brand_id)
        keys = {one.person.public_id for one in subjects}
        group_subjects.hold(assessment, keys)
        counted = group_subjects.count(assessment, subjects, statements, own_ids)
        rows = {
            row.question: row for row in GroupFigures.objects.filter(brand=brand, assessment_key=assessment.public_id)
        }
        known = [*group_subjects.readers(assessment, keys), *others_read]
        results = [GroupResult(name, persons) for name, persons in groups]
        together = GroupResult("", sorted({person for one in results for person in one.persons}))
        changed = []
        for statement in statements:
            row = rows.get(statement) or GroupFigures(
                brand=brand, assessment_key=assessment.public_id, question=statement
            )
            if _decide(row, results, together, counted.figures.get(statement, {}), known):
                changed.append(row)
        if changed and not only_look:
            counted_one = fence.count_one()
            GroupFigures.objects.bulk_create([row for row in changed if row.pk is None])
            GroupFigures.objects.bulk_update([row for row in changed if row.question in rows], ["atoms", "given"])
    if counted_one is not None:
        fence.tell(counted_one)
    for one in (*results, together):
        one.counted = sum(person not in counted.left for person in one.persons)
    return Report(results, together, counted)


def _decide(
    row: GroupFigures,
    results: Sequence[GroupResult],
    together: GroupResult,
    figures: Mapping[str, Figure],
    readers: Sequence[frozenset[str]],
) -> bool:
    """Decide the cells of one statement and record them in the row; returns whether new figures are given."""
    atoms: Sequence[Atom] = [frozenset(map(_element, atom)) for atom in row.atoms]
    new, shown = False, dict[str, Figure]()
    day = timezone.now().astimezone(row.brand.zone).date()
    for result in results:
        found = {person: figures[person] for person in result.persons if person in figures}
        judgement = judge(atoms, frozenset(one.element for one in found.values()), readers)
        who = _who(found)
        if judgement.reason is None:
            atoms, new = judgement.atoms, new or judgement.new
            shown |= found
            mean = _mean(found.values())
            since = row.given.get(who, {}).get("day") if not judgement.new else None
            row.given[who] = {"mean": str(mean), "n": len(found), "day": since or day.isoformat()}
            result.cells[row.question] = Cell(mean, len(found))
        elif before := row.given.get(who):
            result.cells[row.question] = Cell(
                Fraction(before["mean"]), before["n"], since=date.fromisoformat(before["day"])
            )
        else:
            result.cells[row.question] = Cell(n=len(found), reason=judgement.reason)
    if shown:  # a union of groups that were given tells nothing new
        together.cells[row.question] = Cell(_mean(shown.values()), len(shown))
    row.atoms = [sorted(_written(one) for one in atom) for atom in atoms]
    return new


def _mean(figures: Collection[Figure]) -> Fraction:
    return sum((one.mean for one in figures), Fraction(0)) / len(figures)


def _who(persons: Iterable[str]) -> str:
    return sha256(" ".join(sorted(persons)).encode()).hexdigest()[:32]


def _written(element: Element) -> str:
    return f"{element.person} {element.mark}"


def _element(written: str) -> Element:
    person, _space, mark = written.partition(" ")
    return Element(person, mark)
