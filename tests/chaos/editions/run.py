"""Tells each history twice, in two worlds that differ in who of a class said what, and compares every byte."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from random import Random

from qxportal.engine.models import AnswerClass
from tests.chaos.editions.history import History, Told
from tests.chaos.editions.solver import isolated
from tests.chaos.editions.world import Key


@dataclass
class Tally:
    """What histories came to."""

    histories: int = 0
    actions: int = 0
    editions: int = 0
    compared: int = 0  # reports, byte by byte
    pdfs: int = 0
    exchanged: int = 0  # answers that another one of their class gave in the second world
    answers: int = 0  # in cells of several people
    naive_answers: int = 0
    naive_isolated: int = 0
    naive_differ: int = 0  # histories in which the control told the two worlds apart
    isolated: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add another one's."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def history(seed: int, *, printed: bool = True) -> Tally:
    """One history in both worlds."""
    told, exchanged = _first(seed, printed=printed)
    again = _told(History(seed, exchanged), printed=printed)
    found = Tally(histories=1, actions=told.actions, compared=len(told.given), exchanged=len(exchanged))
    found.pdfs = bool(told.pdf)
    found.differ += [f"seed {seed}: {words}" for words in told.wrong + again.wrong]
    if told.given != again.given:
        number = sum(one == other for one, other in zip(told.given, again.given, strict=False))
        found.differ.append(f"seed {seed}: of {len(told.given)} reports only {number} are the same")
    if told.pdf != again.pdf:
        found.differ.append(f"seed {seed}: the PDF differs")
    found.naive_differ = told.naive != again.naive
    found.editions = len(set(told.given)) // 3
    for question, sums in told.sums.items():
        found.answers += len({one for each in sums for one in each})
        found.isolated += [f"seed {seed}, {question}: {one}" for one in sorted(isolated(sums))]
    for sums in told.naive_sums.values():
        found.naive_answers += len({one for each in sums for one in each})
        found.naive_isolated += len(isolated(sums))
    return found


def _first(seed: int, *, printed: bool) -> tuple[Told, dict[Key, Key]]:
    """The first world, and who of each class says in the second one what another of it said in the first."""
    story = History(seed)
    try:
        told = story.tell(printed=printed)
        classes = dict(AnswerClass.objects.filter(pk__in=told.classes).values_list("pk", "line"))
    finally:
        story.world.close()
    rng = Random(seed)
    exchanged: dict[Key, Key] = {}
    groups = [sorted(keys) for pk, keys in told.classes.items() if classes.get(pk) and len(keys) > 1]
    if groups and seed % 2:  # two answers alone, or every class at once
        one, other = rng.sample(rng.choice(groups), 2)
        exchanged = {one: other, other: one}
    elif groups:
        for keys in groups:
            dealt = rng.sample(keys, len(keys))
            exchanged |= dict(zip(keys, dealt, strict=True))
    return told, exchanged


def _told(story: History, *, printed: bool) -> Told:
    try:
        return story.tell(printed=printed)
    finally:
        story.world.close()


def failures(found: Tally) -> Iterable[str]:
    """What breaks the promise, and a control that shows nothing."""
    yield from (f"an answer follows from editions: {one}" for one in found.isolated)
    yield from (f"an edition tells who said what: {one}" for one in found.differ)
    if found.histories and not (found.naive_isolated and found.naive_differ):
        yield "control: reports without the rule gave nobody away, so these histories are too weak to show anything"


def rows(found: Tally) -> list[tuple[str, object]]:
    """The table."""
    if not found.histories:
        return []
    return [
        ("report histories, actions, editions", f"{found.histories:,}, {found.actions:,}, {found.editions:,}"),
        ("  reports and PDFs compared", f"{found.compared:,}, {found.pdfs:,}"),
        ("  answers exchanged; histories that differ", f"{found.exchanged:,}; {len(found.differ)}"),
        ("  answers that follow from all editions", f"{len(found.isolated)} of {found.answers:,}"),
        ("control: without the rule, follow", f"{found.naive_isolated:,} of {found.naive_answers:,}"),
        ("control: without the rule, histories that differ", f"{found.naive_differ:,} of {found.histories:,}"),
    ]
