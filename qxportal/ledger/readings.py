"""Readings that many mirrors have in common."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from django.utils import timezone

from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.errors import ThreeSixtyError

T = TypeVar("T")


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
