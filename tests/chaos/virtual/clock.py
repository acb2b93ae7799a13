"""A clock that moves when we say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone


class Clock:
    """The time of a storm; begins now."""

    def __init__(self) -> None:
        self.time = timezone.now()

    def now(self) -> datetime:
        """What it says."""
        return self.time

    def move(self, seconds: float) -> None:
        """Let so much time pass."""
        self.time += timedelta(seconds=seconds)

    def reach(self, moment: datetime) -> None:
        """Let time pass until then."""
        self.time = max(self.time, moment)


@contextmanager
def told_by(clock: Clock) -> Iterator[Clock]:
    """Let all code of this process read this clock."""
    real = timezone.now
    timezone.now = clock.now
    try:
        yield clock
    finally:
        timezone.now = real
