"""Where calls make their round trips: a running engine with an assessment, and the client in front of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from qxportal.engine.models import Assessment, Participant, Person
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.client import ThreeSixty
from tests.support.engine_fixture import Engine

T = TypeVar("T")
UNTOLD = {
    "setUserDataFields",
    "importSurveyTranslations",
    "updateUser",
    "qxTakeOutAnswers",
}  # no reading shows them


@dataclass(frozen=True)
class Place:
    """Anna is the subject, Boris her manager, Chen a peer; Dana is in the directory only."""

    client: ThreeSixty
    engine: Engine
    review: Assessment
    subject: Participant
    anna: Person
    boris: Person
    chen: Person
    dana: Person

    def call(self, call: Call[T]) -> T:
        """Ask, and give the typed answer."""
        return self.client.call(call)

    def done(self) -> None:
        """End the subject's round, so that there are figures."""
        self.engine.run(Participant.objects.filter(pk=self.subject.pk).update, status="Done", report_ready=True)

    def carry_out(self, call: Call[T]) -> T:
        """Send a change whose outcome can be read back: not there before, there afterwards."""
        before = self.client.verify(call)
        answer = self.client.call(call)
        after = self.client.verify(call)
        if call.request in UNTOLD:
            assert (before, after) == (None, None)
        else:
            assert (before, after) in ((False, True), (None, True)), f"{call.request}: {before} -> {after}"
        return answer


People = tuple[Assessment, Participant, Person, Person, Person, Person]  # as a Place has them


def make_people(engine: Engine) -> People:
    """A running assessment with one subject, her manager and a peer."""
    review = engine.assessment("Leadership review", relationships=("Customer",))
    anna = engine.person("Anna", "Berger", metadata={"Department": "Finance"})
    boris = engine.person("Boris", "Ilić", metadata={"Title": "Director"})
    chen, dana = engine.person("Chen", "Wei"), engine.person("Dana", "Cole")
    subject = engine.subject(review, anna)
    engine.evaluation(subject, boris, "Manager", "Completed")
    engine.evaluation(subject, chen, "Peer", "InProgress")
    return review, subject, anna, boris, chen, dana


RoundTrip = Callable[[Place], Any]
