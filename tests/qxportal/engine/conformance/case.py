"""What a case is made of, and the sample it plays in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any, Self

from qxportal.engine.models import Assessment, Participant, Person, Survey
from tests.support.engine_fixture import Engine
from tests.support.small_form import make_small_form

Parameters = Mapping[str, str]
NUMBERS = count(1)


class SampleReview:
    """An assessment with a subject, his manager and a peer; made when asked for. Every sample has its own rows."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.number = next(NUMBERS)  # for what must be unique

    @cached_property
    def assessment(self) -> Assessment:
        """A running one of the calling user."""
        form = self.run(make_small_form, self.engine.api_user.row, f"Leadership review {self.number} form")
        return self.engine.assessment(f"Leadership review {self.number}", survey=form, relationships=("Customer",))

    @property
    def survey(self) -> Survey:
        """Its form."""
        return self.assessment.survey

    @cached_property
    def people(self) -> list[Person]:
        """Three persons of the directory."""
        return self.engine.people(3)

    @cached_property
    def subject(self) -> Participant:
        """The first of them, with a completed form by the second, his manager, and a begun one by the third."""
        self.run(Person.objects.filter(pk=self.people[0].pk).update, manager=self.people[1])
        subject = self.engine.subject(self.assessment, self.people[0], report_ready=True)
        self.engine.evaluation(subject, self.people[1], "Manager", "Completed")
        self.engine.evaluation(subject, self.people[2], "Peer", "InProgress")
        return subject

    def whole(self) -> Self:
        """The sample with all that is in it made now."""
        self.subject  # noqa: B018  # and what it stands on
        return self

    def now(self, row: Any) -> Any:
        """The row as it is in the database now."""
        return self.engine.refreshed(row)

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run code against the engine's tables."""
        return self.engine.run(function, *args, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One request: what it needs, all it takes, and what must be true after a call with all of it.

    `state` gets the sample, the parameters sent, and the answer's Result (None where the format has no envelope to
    read it from). Every request that mutates needs one.
    """

    required: Callable[[SampleReview], Parameters]
    full: Callable[[SampleReview], Parameters]  # together with `required` and `instead`: every parameter but URL
    instead: Callable[[SampleReview], Parameters] | None = None  # a second `full`, where parameters exclude each other
    state: Callable[[SampleReview, Parameters, Any], None] | None = None
