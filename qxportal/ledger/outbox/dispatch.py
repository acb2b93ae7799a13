"""Sending changes, one organisation at a time and one change after another, and settling their outcome.

The sender holds a lock that ends with its process. So a change found in `sending` under the lock belongs to a process
that died: whether the vendor acted is unknown, and it is reconciled before anything is sent again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from qxportal.accounts.credentials import NoCredential, client_for
from qxportal.accounts.models import Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.history.versions import ours
from qxportal.ledger.jobs.locks import held, is_mine
from qxportal.ledger.jobs.watchdog import WATCHDOG
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.conflicts import already_applied, current_values, find_conflict
from qxportal.ledger.outbox.crash_guard import end_step, start_step
from qxportal.ledger.outbox.handlers import CHANGE_HANDLERS, ChangeHandler, ParsedResult
from qxportal.ledger.outbox.ordering import in_order, next_organisation, sendable
from qxportal.ledger.outbox.reconcile import reconcile, unknown
from qxportal.ledger.outbox.transitions import Details, StaleClaim, transition
from qxportal.ledger.problems import reason_of
from qxportal.threesixty.calls.base import Call, RetryPolicy
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import (
    BadCredential,
    MalformedResponse,
    OutcomeUnknown,
    Rejected,
    ThreeSixtyError,
    Throttled,
    TransientError,
    unknown_request,
)
from qxportal.ui.stored_messages import gettext_stored

log = structlog.get_logger(__name__)

AT_ONCE = 50  # changes of one organisation before the next organisation gets its turn


def dispatch_changes(org_id: int, handlers: Mapping[str, ChangeHandler], *, most: int | None = None) -> int:
    """Send and settle the due changes of one organisation, until none is due or another worker has the lock.

    Stops after `most` steps, so that other organisations get their turn. Returns the number of changes that moved.
    """
    moved = 0
    while most is None or moved < most:
        with held(_lock_of(org_id)) as got:
            now_moved = _pass(org_id, handlers, None if most is None else most - moved) if got else 0
        if not now_moved:
            break
        moved += now_moved
    return moved


def send_next() -> bool:
    """Send some changes of the next organisation by fair scheduling; returns whether any changed state."""
    passed: set[int] = set()
    while (org_id := next_organisation(passed)) is not None:
        if dispatch_changes(org_id, CHANGE_HANDLERS, most=AT_ONCE):
            return True
        passed.add(org_id)  # another worker sends them, or nothing can be sent now
    return False


def _pass(org_id: int, handlers: Mapping[str, ChangeHandler], most: int | None) -> int:
    """Step through the open changes in order; returns the number that moved."""
    org = Organisation.objects.select_related("credential").get(pk=org_id)
    if org.at_rest or not _any_due(org):
        return 0
    moved = 0
    try:
        with client_for(org) as threesixty:
            for change in islice(in_order(org), most):
                with _lost_claims_are_harmless():
                    moved += _guarded_step(threesixty, change, handlers)
    except NoCredential:
        return 0
    except BadCredential as problem:
        log.warning("credential_refused", org=org.slug, code=problem.code)
        return 0
    return moved


def _any_due(org: Organisation) -> bool:
    return sendable(timezone.now()).filter(org=org).exists()


def _guarded_step(threesixty: ThreeSixty, change: Change, handlers: Mapping[str, ChangeHandler]) -> bool:
    """Run one step; a change that raises an unexpected error goes to a person, so that it does not block the others."""
    if not start_step(change):
        return True
    failpoint("change.begun")
    try:
        with WATCHDOG.watching(change.request):
            _step(threesixty, change, handlers[change.request])
    except (OperationalError, InterfaceError):  # perhaps not the change's fault; the step stays counted
        raise
    except (ThreeSixtyError, StaleClaim):  # not the change's fault, or settled
        end_step(change)
        raise
    except Exception:
        log.exception("change_failed", change=str(change.pk), request=change.request)
        change.refresh_from_db()
        if change.moving:
            words = gettext_stored(
                "An unexpected error occurred, and we don’t know whether this change was made.", details=str(change.pk)
            )
            transition(change, Change.State.PERSON, status_message=words)
    else:
        end_step(change)
    return True


def _step(threesixty: ThreeSixty, change: Change, handler: ChangeHandler) -> None:
    match change.state:
        case Change.State.SENDING:  # its sender died
            unknown(change, gettext_stored("The worker stopped before an answer arrived."))
        case Change.State.UNKNOWN:
            reconcile(threesixty, change, handler, done=_done)
        case Change.State.PENDING if change.expires_at <= timezone.now():
            words = gettext_stored("This change could not be sent in time. Make it again.")
            transition(change, Change.State.REFUSED, status_message=words)
        case _:
            if _may_be_sent(threesixty, change, handler):
                _send(threesixty, change, handler)


def _may_be_sent(threesixty: ThreeSixty, change: Change, handler: ChangeHandler) -> bool:
    """Compare the values that the member saw with the current ones; newer values go to a person, not overwritten."""
    try:
        conflict = find_conflict(change, handler, current_values(threesixty, change, handler))
        if (
            not change.expected_values
            and change.retry_policy == RetryPolicy.DESTRUCTIVE
            and _is_done(threesixty, handler.call(change))
        ):
            _already_done(change)
            return False
    except BadCredential:
        raise
    except Rejected as problem:
        transition(change, Change.State.REFUSED, vendor_code=problem.code[:120], status_message=reason_of(problem))
        return False
    except (TransientError, MalformedResponse) as problem:
        _later(change, problem, attempts=change.attempts + 1)
        return False
    if already_applied(change, conflict):
        _already_done(change)
    elif conflict:
        words = gettext_stored("Not sent: the data changed %(in_service)s since you opened this page.")
        transition(change, Change.State.PERSON, conflict=conflict, status_message=words)
    return not conflict


def _already_done(change: Change) -> None:
    words = gettext_stored("Already up to date; nothing sent.")
    transition(change, Change.State.DONE, result={"already": True}, status_message=words)


def _is_done(threesixty: ThreeSixty, call: Call[object]) -> bool:
    """Whether a single read proves that there is nothing to do."""
    return not call.shown_by_absence and bool(threesixty.verify(call))


def _send(threesixty: ThreeSixty, change: Change, handler: ChangeHandler) -> None:
    failpoint("change.before-claim")
    transition(
        change,
        Change.State.SENDING,
        claim_version=change.claim_version + 1,
        attempts=change.attempts + 1,
        sent_at=timezone.now(),
    )
    failpoint("change.claimed")
    try:
        answer = _ask(threesixty, handler, handler.call(change), partial(_make_sure_of_lock, change.org_id))
    except BadCredential as problem:
        transition(change, Change.State.PENDING, status_message=reason_of(problem))
        raise
    except TransientError as problem:
        _later(change, problem, attempts=change.attempts)
    except (OutcomeUnknown, MalformedResponse) as problem:
        failpoint("change.unanswered")
        unknown(change, reason_of(problem), answered=isinstance(problem, OutcomeUnknown) and problem.quoted)
    except Rejected as problem:
        transition(change, Change.State.REFUSED, vendor_code=problem.code[:120], status_message=reason_of(problem))
        failpoint("change.refused")
    else:
        failpoint("change.answered")
        _done(change, handler, handler.parse_result(change, answer))


def _ask(threesixty: ThreeSixty, handler: ChangeHandler, call: Call[object], before: Callable[[], None]) -> object:
    """Send a call; a server without the request gets the handler's substitute calls."""
    try:
        return threesixty.call(call, before=before)
    except Rejected as problem:
        if handler.instead is None or not unknown_request(problem):
            raise
    return handler.instead(threesixty, call, before)


def _lock_of(org_id: int) -> str:
    return f"changes:{org_id}"


def _make_sure_of_lock(org_id: int) -> None:
    """Raise Throttled if the lock was lost since the claim; the next holder sends the change."""
    if not is_mine(_lock_of(org_id)):
        raise Throttled(gettext_stored("Not sent: the connection to the database was lost."))


def _later(change: Change, problem: ThreeSixtyError, *, attempts: int) -> None:
    """Put a change back that was not executed, with exponential backoff."""
    asked = problem.retry_after if isinstance(problem, TransientError) else None
    wait = timedelta(seconds=max(asked or 0, min(300, 2.0**attempts)))
    transition(
        change,
        Change.State.PENDING,
        attempts=attempts,
        not_before=timezone.now() + wait,
        status_message=reason_of(problem),
    )
    failpoint("change.put-off")


def _done(change: Change, handler: ChangeHandler, parsed: ParsedResult) -> None:
    as_of = timezone.now()
    kept: Details = {
        "vendor_id": parsed.vendor_id[:60],
        "result": dict(parsed.result),
        "attention_message": parsed.attention_message,
        "status_message": "",
    }
    if parsed.attention_message:
        log.error(
            "change_needs_looking_after",
            change=str(change.pk),
            request=change.request,
            words=str(parsed.attention_message),
        )
    try:
        with transaction.atomic():
            transition(change, Change.State.DONE, **kept)
            with ours(change):
                handler.mirror(change, as_of)
            failpoint("change.mirrored")
    except (StaleClaim, OperationalError, InterfaceError):
        raise
    except Exception:  # the vendor's result stands, whether or not we can show it yet
        log.exception("mirror_failed", change=str(change.pk), request=change.request)
        change.refresh_from_db()
        kept["status_message"] = gettext_stored("Done. The next refresh shows it here.")
        transition(change, Change.State.DONE, **kept)
    failpoint("change.settled")


@contextmanager
def _lost_claims_are_harmless() -> Iterator[None]:
    """Ignore a lost claim: a person may decide about a change at the same time, and that decision stands."""
    try:
        yield
    except StaleClaim as lost:
        log.info("claim_lost", change=str(lost))
