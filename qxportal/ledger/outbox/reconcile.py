"""Reconcile changes whose outcome is unknown, deciding only on complete reads."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from qxportal.core.failpoints import failpoint
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, Found, NotFound, Overtaken, ParsedResult, Partly
from qxportal.ledger.outbox.transitions import transition
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, Rejected, ThreeSixtyError
from qxportal.ui.stored_messages import (
    Message,
    StoredMessage,
    gettext_stored,
    join_stored,
    message_from,
    ngettext_stored,
)

Done = Callable[[Change, ChangeHandler, ParsedResult], None]  # settles a change as carried out
ANSWERED = "answered"  # key in a result: the server's words, which left the outcome open
MOST_NAMED = 20  # duplicates that a message names by id
RESENDABLE = {RetryPolicy.STATE, RetryPolicy.NATURAL_KEY}


def unknown(change: Change, cause: Message, *, answered: bool = False) -> None:
    """Mark a change's outcome as unknown, so that it is reconciled from now on.

    `answered`: the cause is the vendor's own message, which is kept, as it may explain the problem.
    """
    now = timezone.now()
    kept = {ANSWERED: cause.stored()} if answered and isinstance(cause, StoredMessage) else {}
    transition(
        change,
        Change.State.UNKNOWN,
        unknown_since=change.unknown_since or now,
        verify_count=0,
        result={**change.result, **kept},
        not_before=now + settings.VERIFY_FIRST,
        status_message=join_stored(" ", [cause, gettext_stored("Checking whether the change was made.")]),
    )
    failpoint("change.unclear")


def reconcile(threesixty: ThreeSixty, change: Change, handler: ChangeHandler, *, done: Done) -> None:
    """Check once whether the vendor acted, and settle the change if that is clear."""
    failpoint("change.before-look")
    again = timezone.now() + settings.VERIFY_EVERY
    try:
        seen = handler.verify(threesixty, change)
    except BadCredential:
        raise
    except ThreeSixtyError as problem:
        words = join_stored(" ", [gettext_stored("The check failed."), reason_of(problem)])
        if isinstance(problem, Rejected) or change.expires_at <= timezone.now():  # waiting will not help
            transition(change, Change.State.PERSON, status_message=words)
        else:
            transition(change, Change.State.UNKNOWN, not_before=again, status_message=words)
        return
    failpoint("change.looked")
    match seen:
        case Found(absence=True):
            _not_there_any_more(change, handler, again, seen, done)
        case Found():
            done(change, handler, _parsed(change, seen))
        case Overtaken(words=told):
            transition(change, Change.State.PERSON, status_message=told)
        case NotFound() | Partly():
            _not_found(change, handler, again, seen, done)
            failpoint("change.not-found")


def _parsed(change: Change, found: Found) -> ParsedResult:
    attention_message = found.attention_message
    if found.others:
        attention_message = ngettext_stored(
            "%(n)s duplicate exists %(in_service)s. Decide what to do with it.",
            "%(n)s duplicates exist %(in_service)s. Decide what to do with them.",
            len(found.others),
            details=", ".join(found.others[:MOST_NAMED]),
        )
    result: dict[str, object] = {**change.result, **found.result, "read_back": True}
    if found.others:
        result["others"] = list(found.others)
    return ParsedResult(found.vendor_id or change.vendor_id, result, attention_message)


def _not_there_any_more(change: Change, handler: ChangeHandler, again: datetime, seen: Found, done: Done) -> None:
    verify_count, enough = _counted(change, found=True)
    if enough:
        done(change, handler, _parsed(change, seen))
    else:
        words = ngettext_stored(
            "Checked once: no longer listed.", "Checked %(n)s times: no longer listed.", verify_count
        )
        transition(
            change,
            Change.State.UNKNOWN,
            verify_count=verify_count,
            last_verify_found=True,
            not_before=again,
            status_message=words,
        )


def _not_found(change: Change, handler: ChangeHandler, again: datetime, seen: NotFound | Partly, done: Done) -> None:
    verify_count, enough = _counted(change, found=False)
    if isinstance(seen, NotFound) and seen.still_there:
        words = ngettext_stored("Checked once: still listed.", "Checked %(n)s times: still listed.", verify_count)
    else:
        words = ngettext_stored("Checked once: not found.", "Checked %(n)s times: not found.", verify_count)
    if ANSWERED in change.result:
        words = join_stored(" ", [message_from(change.result[ANSWERED]), words])
    if not enough:
        transition(
            change,
            Change.State.UNKNOWN,
            verify_count=verify_count,
            last_verify_found=False,
            not_before=again,
            status_message=words,
        )
    elif isinstance(seen, Partly):
        not_found = gettext_stored("Not found when it was checked.")
        rest = [{"row": row, "reason": not_found.stored()} for row in seen.missing]
        result = {**change.result, "read_back": True, "ignored_count": len(rest), "ignored": rest}
        done(change, handler, ParsedResult(change.vendor_id, result, handler.left(len(rest))))
    elif change.retry_policy in RESENDABLE and change.expires_at > timezone.now():
        transition(
            change,
            Change.State.PENDING,
            verify_count=0,
            unknown_since=None,
            not_before=timezone.now(),
            status_message=join_stored(" ", [words, gettext_stored("Sending it again.")]),
        )
    else:
        transition(change, Change.State.PERSON, verify_count=verify_count, status_message=words)


def _counted(change: Change, *, found: bool) -> tuple[int, bool]:
    """Number of consecutive reads with this result, including this one, and whether they suffice as proof."""
    verify_count = change.verify_count + 1 if change.last_verify_found == found else 1
    quiet = change.unknown_since is not None and timezone.now() - change.unknown_since >= settings.VERIFY_SPAN
    return verify_count, verify_count >= settings.VERIFY_TIMES and quiet
