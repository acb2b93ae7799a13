"""Whether the vendor has something newer than what the member saw when deciding on a change."""

from datetime import timedelta

from django.utils import timezone

from qxportal.ledger.models import Change
from qxportal.ledger.models.changes import ConflictRow
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues
from qxportal.threesixty.calls.base import CallClass
from qxportal.threesixty.client import ThreeSixty

FRESH = timedelta(minutes=15)  # how old the mirror may be for what cannot be taken back


def seen_now(threesixty: ThreeSixty, change: Change, handler: ChangeHandler) -> MirroredValues | None:
    """What the mirror has of it; for what cannot be taken back it is read again first, unless it is fresh."""
    seen = handler.mirrored_values(change)
    if change.kind == CallClass.D.name and handler.refresh is not None and not _fresh(seen):
        handler.refresh(threesixty, change)
        seen = handler.mirrored_values(change)
    return seen


def conflict_of(change: Change, handler: ChangeHandler, seen: MirroredValues | None) -> list[ConflictRow]:
    """Each field whose value is another one by now: what the member saw, what is there, what was wanted."""
    if seen is None:
        return []
    aims = handler.target_values(change)
    return [
        {"field": name, "before": before, "now": seen.values.get(name), "wanted": aims.get(name)}
        for name, before in change.expected_values.items()
        if seen.values.get(name) != before
    ]


def is_so_already(change: Change, conflict: list[ConflictRow]) -> bool:
    """Whether somebody else did already what was wanted, so that nothing needs to be sent."""
    return change.kind == CallClass.S.name and bool(conflict) and all(row["now"] == row["wanted"] for row in conflict)


def _fresh(seen: MirroredValues | None) -> bool:
    return seen is not None and abs(timezone.now() - seen.at) < FRESH  # one from the future says nothing
