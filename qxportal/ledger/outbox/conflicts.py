"""Whether the vendor has values newer than those that the member saw when deciding on a change."""

from datetime import timedelta

from django.utils import timezone

from qxportal.ledger.models import Change
from qxportal.ledger.models.changes import ConflictRow
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.client import ThreeSixty

FRESH = timedelta(minutes=15)  # maximum age of mirrored values for changes that cannot be taken back


def current_values(threesixty: ThreeSixty, change: Change, handler: ChangeHandler) -> MirroredValues | None:
    """Mirrored values of a change's target; for destructive changes they are refreshed first, unless recent."""
    mirrored = handler.mirrored_values(change)
    if change.retry_policy == RetryPolicy.DESTRUCTIVE and handler.refresh is not None and not _fresh(mirrored):
        handler.refresh(threesixty, change)
        mirrored = handler.mirrored_values(change)
    return mirrored


def find_conflict(change: Change, handler: ChangeHandler, mirrored: MirroredValues | None) -> list[ConflictRow]:
    """Fields changed since the member saw them: the value seen, the current one and the wanted one."""
    if mirrored is None:
        return []
    targets = handler.target_values(change)
    return [
        {"field": name, "before": before, "now": mirrored.values.get(name), "wanted": targets.get(name)}
        for name, before in change.expected_values.items()
        if mirrored.values.get(name) != before
    ]


def already_applied(change: Change, conflict: list[ConflictRow]) -> bool:
    """Whether the wanted values are already in place, so that nothing needs to be sent."""
    return (
        change.retry_policy == RetryPolicy.STATE
        and bool(conflict)
        and all(row["now"] == row["wanted"] for row in conflict)
    )


def _fresh(mirrored: MirroredValues | None) -> bool:
    return mirrored is not None and abs(timezone.now() - mirrored.at) < FRESH  # a time in the future proves nothing
