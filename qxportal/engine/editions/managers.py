"""The one manager whose answers need no minimum because the manager is known to everybody.

That is the subject's manager in the directory, if nobody else evaluates as Manager. If the directory names none and
exactly one person evaluates as Manager, an editor confirms that person once. Two managers are a group like any other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from qxportal.engine.editions.voices import Speaker
from qxportal.engine.models import Evaluation, Participant, Person
from qxportal.threesixty.relationships import MANAGER


class State(StrEnum):
    """Where the knowledge of a subject's manager comes from."""

    DIRECTORY = "directory"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    SEVERAL = "several"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Manager:
    """The person who evaluates as Manager, if it is exactly one."""

    state: State
    person_id: str = ""  # public id

    @property
    def known(self) -> bool:
        """Whether the manager's answers have a line of their own."""
        return self.state in (State.DIRECTORY, State.CONFIRMED)


def manager(subject: Participant, standing: Iterable[Person], confirmed: str) -> Manager:
    """The Manager of a subject; `confirmed`: id of the person confirmed by an editor."""
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
    """Whether an evaluation counts as one by a Manager; declined ones do not."""
    return evaluation.relationship == MANAGER and evaluation.status != Evaluation.Status.DECLINED


def _different(standing: Iterable[Person]) -> list[Person]:
    """The distinct people; of two directory rows of the same person, the present one."""
    found: list[Person] = []
    for person in sorted(
        {one.pk: one for one in standing}.values(), key=lambda one: (one.removed_at is not None, one.pk)
    ):
        speaker = Speaker.of("", person)
        if not any(speaker.same(Speaker.of("", other)) for other in found):
            found.append(person)
    return found
