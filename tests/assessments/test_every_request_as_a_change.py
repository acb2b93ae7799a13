"""Each request that changes something can be recorded, sent, read back and decided about; the list is computed."""

from dataclasses import dataclass
from typing import Any

import pytest

from assessments import letters
from assessments.any_request import record_call
from assessments.handlers import CHANGE_HANDLERS
from qxportal.engine.requests.dispatch import HANDLERS
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.review import resolve
from qxportal.ledger.outbox.serialize import PURPOSE
from qxportal.security.models import Sealed
from qxportal.threesixty.calls.assessments import DeleteAssessment, GetAssessments
from qxportal.threesixty.calls.base import Call, RetryPolicy
from qxportal.threesixty.catalogue import CATALOGUE, EXTENSIONS, KNOWN
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records import Created, IgnoredRow, ImportOutcome
from qxportal.threesixty.records.letters import PrintedLetters
from qxportal.threesixty.secret import Secret
from qxportal.ui.labels import REQUESTS
from tests.qxportal.threesixty.round_trips import ROUND_TRIPS
from tests.qxportal.threesixty.round_trips.place import UNTOLD, People, Place, make_people
from tests.support.built_once import built_once
from tests.support.portal_fixture import Connected

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "engine"]),
    pytest.mark.usefixtures("verified_at_once"),
]

MUTATING = sorted(name for name, spec in KNOWN.items() if spec.mutates)
SENT = sorted(set(MUTATING) & set(ROUND_TRIPS))
FAULTS = ("500-after", "500-before")
# In each run each request meets one of the faults, in turn.
UNCLEAR = [
    pytest.param(name, fault, marks=[] if (place + number) % 2 else pytest.mark.thorough)
    for place, name in enumerate(SENT)
    for number, fault in enumerate(FAULTS)
]
TELLS_NOTHING = UNTOLD | {"importResponses"}  # who is named by address, or what no reading shows


class Seen(Exception):
    """The fault was met and handled; what the round trip checks afterwards does not matter."""


@dataclass(frozen=True)
class Ledger(Place):
    """Where calls are not made but recorded as changes, and sent by the portal."""

    connected: Connected
    fault: str = ""

    def carry_out(self, call: Call[Any]) -> Any:
        """Record it, let it be sent, and give what the vendor answered."""
        if self.fault:
            self.engine.fault(self.fault, request=call.request)
        change = record_call(self.connected.org, call, by=self.connected.admin, confirmed=True)
        if self.fault == "500-after":
            self.read_back(change, call)
        elif self.fault == "500-before":
            self.send_again(change, call)
        else:
            self.send(change)
            assert change.state == Change.State.DONE, (call.request, change.status_message)
        assert not Sealed.objects.filter(purpose=PURPOSE).exists()
        return answer_of(change)

    def send(self, change: Change) -> None:
        """Send and read back until it settles or a person is needed."""
        for _ in range(5):
            self.connected.send()
            change.refresh_from_db()
            if not change.moving:
                return

    def read_back(self, change: Change, call: Call[Any]) -> None:
        """It was carried out and the answer got lost: found, or left to a person; sent once in any case."""
        self.send(change)
        if change.state == Change.State.PERSON:
            assert call.request in TELLS_NOTHING or call.retry_policy is RetryPolicy.DESTRUCTIVE, (
                call.request,
                change.status_message,
            )
            resolve(change, by=self.connected.admin, decision="done")
        assert change.state == Change.State.DONE, (call.request, change.status_message)
        assert self.executed(call) == 1
        raise Seen

    def send_again(self, change: Change, call: Call[Any]) -> None:
        """It was not carried out: sent again where that does no harm, else when a person says so."""
        self.send(change)
        if change.state == Change.State.PERSON:
            assert not call.repeatable or call.request in TELLS_NOTHING, (call.request, change.status_message)
            assert self.executed(call) == 0
            resolve(change, by=self.connected.admin, decision="again")
            self.send(change)
        assert change.state == Change.State.DONE, (call.request, change.status_message)
        assert self.executed(call) == 1
        raise Seen

    def executed(self, call: Call[Any]) -> int:
        """How often the vendor carried it out."""
        return sum(one.request == call.request for one in self.engine.writes(executed=True))


def answer_of(change: Change) -> Any:
    """What the call itself would have answered, from what the change keeps of it."""
    if change.request == "importPersons":
        ignored = tuple(IgnoredRow(**row) for row in change.result["ignored"])
        return ImportOutcome(count=change.result["count"], ignored_count=len(ignored), ignored=ignored)
    if change.request == "qxPrintLetters":
        codes = Sealed.objects.filter(record=str(change.pk)).exists()
        return letters.opened_letters(change.org_id, change.pk) if codes else PrintedLetters()
    return Created(vendor_id=change.vendor_id) if change.vendor_id else None


@pytest.fixture
@built_once
def people(connected):
    return make_people(connected.engine)


@pytest.fixture
def place(connected, people: People):
    user = connected.engine.api_user
    with ThreeSixty(connected.engine.url, user.user_name, Secret(user.token), allow_loopback=True) as client:
        yield lambda fault: Ledger(client, connected.engine, *people, connected=connected, fault=fault)


def test_no_request_is_left_out():
    assert len(set(MUTATING) & set(CATALOGUE)) == 33
    assert set(MUTATING) - set(CATALOGUE) == {name for name, spec in EXTENSIONS.items() if spec.mutates}
    assert set(CHANGE_HANDLERS) == set(REQUESTS) == set(MUTATING)
    assert set(SENT) == set(MUTATING) & set(HANDLERS)


@pytest.mark.parametrize("request_name", SENT)
def test_it_is_sent(place, request_name):
    ROUND_TRIPS[request_name](place(""))


@pytest.mark.parametrize(("request_name", "fault"), UNCLEAR)
def test_an_unclear_outcome_is_found_out(place, request_name, fault):
    with pytest.raises(Seen):
        ROUND_TRIPS[request_name](place(fault))


def test_what_cannot_be_taken_back_must_be_confirmed(connected):
    call = DeleteAssessment(assessment_id="TS_1")

    with pytest.raises(ActionRefused, match="Confirm it first"):
        record_call(connected.org, call, by=connected.admin)


def test_a_reading_is_no_change(connected):
    with pytest.raises(ActionRefused, match="changes nothing"):
        record_call(connected.org, GetAssessments(), by=connected.admin)


def test_a_password_lies_nowhere_in_clear(place, connected):
    connected.engine.fault("429", request="createUser", seconds=60)
    with pytest.raises(AssertionError):
        ROUND_TRIPS["createUser"](place(""))
    [change], [sealed] = Change.objects.all(), Sealed.objects.all()

    assert change.state == Change.State.PENDING
    assert "Rooks" not in str(change.parameters)
    assert b"Rooks" not in bytes(sealed.blob)
