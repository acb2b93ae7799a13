"""The one manager who needs no minimum because everybody knows who he is.

That is the directory's manager of the subject, when he alone evaluates as Manager. Where the directory names none and
exactly one person stands as Manager, an editor confirms him once. Two managers are a group like any other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from qxportal.engine.editions.voices import Speaker
from qxportal.engine.models import Evaluation, Participant, Person
from qxportal.threesixty.relationships import MANAGER


class State(StrEnum):
    """How a subject's manager stands."""

    DIRECTORY = "directory"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Manager:
    """The person who stands as Manager, where it is one, and what follows from it."""

    state: State
    person_id: str = ""  # public id

    @property
    def known(self) -> bool:
        """Whether his answers have a line of their own."""
        return self.state in (State.DIRECTORY, State.CONFIRMED)


def manager(subject: Participant, standing: Iterable[Person], confirmed: str) -> Manager:
    """Who stands as Manager of a subject; `confirmed` is the id of the person whom an editor confirmed."""
    people = _different(standing)
    if not people:
        return Manager(State.NONE)
    if len(people) > 1:
        return Manager(State.SEVERAL)
    one = people[0]
    above = subject.person.manager
    if above is not None and above.removed_at is None:
        return Manager(State.DIRECTORY, one.public_id) if above.pk == one.pk else Manager(State.SEVERAL)
    return Manager(State.CONFIRMED if confirmed == one.public_id else State.UNCONFIRMED, one.public_id)


def stands(evaluation: Evaluation) -> bool:
    """Whether a form makes its evaluator stand as Manager; who declined says nothing."""
    return evaluation.relationship == MANAGER and evaluation.status != Evaluation.Status.DECLINED


def _different(standing: Iterable[Person]) -> list[Person]:
    """The people, each once; of two rows of the directory for the same person the present one."""
    found: list[Person] = []
    for person in sorted(
        {one.pk: one for one in standing}.values(), key=lambda one: (one.removed_at is not None, one.pk)
    ):
        speaker = Speaker.of("", person)
        if not any(speaker.same(Speaker.of("", other)) for other in found):
            found.append(person)
    return found
