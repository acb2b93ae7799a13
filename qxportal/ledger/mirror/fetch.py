"""Readings that many mirrors have in common."""

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
LOOKS = 2  # at a listing that contradicts the one before


class OneCall(Generic[T]):
    """A listing that comes in one answer; `mirror` hears it, and when it was asked for."""

    def __init__(self, call: Call[T], mirror: Callable[[T, datetime], None]) -> None:
        self.done = False
        self._call: Call[T] | None = call
        self._mirror = mirror
        self._as_of = timezone.now()

    def next_call(self) -> Call[T] | None:
        """The one call, once."""
        call, self._call = self._call, None
        if call:
            self._as_of = timezone.now()  # before asking: whatever changes meanwhile is newer than this
        return call

    def take(self, call: Call[T], answer: T) -> None:
        """Mirror the answer."""
        self._mirror(answer, self._as_of)
        self.done = True

    def fail(self, call: Call[T], problem: ThreeSixtyError) -> None:
        """Nothing goes on without it."""
        raise problem


class Asks(Protocol):
    """A client, or a pool of them."""

    def call(self, call: Call[T]) -> T:
        """Ask one thing and wait for it."""


def listed_again(asks: Asks, call: Call[T], mirror: Callable[[T], Merged], first: Merged) -> Confirm:
    """For rows that the API cannot be asked for one by one: the whole listing once more tells who is gone.

    It proves nothing where it fails, or where it lacks others that the first one had, then and when asked once more.
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
