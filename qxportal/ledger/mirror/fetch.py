"""Fetch strategies that several mirrors share."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from django.utils import timezone

from qxportal.ledger.mirror.deletions import Candidate
from qxportal.ledger.mirror.merge import Merged
from qxportal.ledger.mirror.sync_runs import Confirm
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.errors import BadCredential, ThreeSixtyError

T = TypeVar("T")
LOOKS = 2  # attempts to get a listing that does not contradict the first


class OneCall(Generic[T]):
    """A listing in a single response; `mirror` receives it with the time of the request."""

    def __init__(self, call: Call[T], mirror: Callable[[T, datetime], None]) -> None:
        self.done = False
        self._call: Call[T] | None = call
        self._mirror = mirror
        self._as_of = timezone.now()

    def next_call(self) -> Call[T] | None:
        """The only call, once."""
        call, self._call = self._call, None
        if call:
            self._as_of = timezone.now()  # before asking: whatever changes meanwhile is newer than this
        return call

    def take(self, call: Call[T], answer: T) -> None:
        """Mirror the response."""
        self._mirror(answer, self._as_of)
        self.done = True

    def fail(self, call: Call[T], problem: ThreeSixtyError) -> None:
        """Raise the error, as the sync cannot continue."""
        raise problem


class Asks(Protocol):
    """A client, or a pool of clients."""

    def call(self, call: Call[T]) -> T:
        """Send one call and wait for the result."""


def listed_again(asks: Asks, call: Call[T], mirror: Callable[[T], Merged], first: Merged) -> Confirm:
    """Confirm deletions by listing again, for rows that the API cannot be asked about individually.

    Confirms nothing if the call fails, or if each repeated listing lacks other rows of the first one.
    """

    def confirm(missing: list[Candidate]) -> list[Candidate]:
        for _ in range(LOOKS):
            try:
                answer = asks.call(call)
            except BadCredential:
                raise
            except ThreeSixtyError:
                return []
            listed = set(mirror(answer).ids)
            if listed.issuperset(first.ids):
                return [row for row in missing if row.pk not in listed]
        return []

    return confirm
