"""A person's decisions about changes with an open outcome, and about follow-up work of finished ones."""

from typing import Literal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import keys_of
from qxportal.ledger.jobs.wakeup import notify_workers_after_commit
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import lifetime
from qxportal.ledger.outbox.transitions import StaleClaim, forget_enclosures, transition
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.ui.stored_messages import gettext_stored

Decision = Literal["look", "done", "again", "drop"]


def resolve(change: Change, *, by: Member, decision: Decision) -> None:
    """Apply a person's decision about a change that needs one.

    Raises ActionRefused if an import that clears data would be sent again: its plan was checked against older data.
    """
    if decision == "again" and change.clears:
        raise ActionRefused(_("An import that clears data cannot be sent again. Start a new one."))
    with transaction.atomic():
        _note(change, by, f"change.{decision}")
        now = timezone.now()
        match decision:
            case "look":
                transition(
                    change,
                    Change.State.UNKNOWN,
                    verify_count=0,
                    crash_count=0,
                    not_before=now,
                    unknown_since=change.unknown_since or now,
                    status_message=gettext_stored("Checking again."),
                )
            case "again":
                seen = {row["field"]: row["now"] for row in change.conflict}  # the person saw these and still wants it
                transition(
                    change,
                    Change.State.PENDING,
                    not_before=now,
                    verify_count=0,
                    crash_count=0,
                    attempts=0,
                    unknown_since=None,
                    expected_values={**change.expected_values, **seen},
                    conflict=[],
                    expires_at=now + lifetime(RetryPolicy(change.retry_policy)),
                    status_message=gettext_stored("%(who)s chose to send it again.", who=by),
                )
            case "done":
                transition(
                    change, Change.State.DONE, status_message=gettext_stored("%(who)s marked it as done.", who=by)
                )
            case "drop":
                transition(change, Change.State.REFUSED, status_message=gettext_stored("%(who)s discarded it.", who=by))
        failpoint("change.deciding")
        notify_workers_after_commit()


def withdraw(change: Change, *, by: Member) -> bool:
    """Take back a change that waits to be sent."""
    if change.state != Change.State.PENDING:
        return False
    try:
        transition(change, Change.State.REFUSED, status_message=gettext_stored("%(who)s withdrew it.", who=by))
    except StaleClaim:
        return False
    return True


def dismiss_attention(change: Change, *, by: Member) -> bool:
    """Mark the consequence of a finished change as resolved; False if it already was."""
    with transaction.atomic():
        if not Change.objects.filter(pk=change.pk).exclude(attention_message="").update(attention_message=""):
            return False
        _note(change, by, "change.looked-after")
        forget_enclosures(change)
    return True


def _note(change: Change, by: Member, verb: str) -> None:
    target = change.assessment_id or change.target
    note(change.org, by=by, verb=verb, target=target, words=change.title, about=keys_of(change))
