"""Sending changes, one organisation at a time and one change after another, and settling what came of them.

Whoever sends holds a lock that ends with its process. So a change found in `sending` under the lock belongs to a
process that died: whether the vendor acted is unknown, and it is read back before anything is sent again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.accounts.credentials import NoCredential, client_for
from qxportal.accounts.models import Organisation
from qxportal.ledger.failpoints import failpoint
from qxportal.ledger.history import ours
from qxportal.ledger.locks import held
from qxportal.ledger.models import Change
from qxportal.ledger.settling import LostClaim, settle
from qxportal.threesixty.calls.base import Call, CallClass
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import (
    BadCredential,
    OutcomeUnknown,
    Rejected,
    Temporary,
    ThreeSixtyError,
    UnexpectedShape,
)

log = structlog.get_logger(__name__)

BATCH = 100
RESENDABLE = {CallClass.S, CallClass.N}


@dataclass(frozen=True)
class Found:
    """The vendor shows what was intended."""

    vendor_id: str = ""


@dataclass(frozen=True)
class NotFound:
    """A complete reading does not show it."""


@dataclass(frozen=True)
class Overtaken:
    """The vendor shows something else that is newer than our intent."""

    words: str


Look = Found | NotFound | Overtaken


@dataclass(frozen=True, kw_only=True)
class Act:
    """How one kind of change is sent, read back and mirrored."""

    call: Callable[[Change], Call[Any]]
    look: Callable[[ThreeSixty, Change], Look]
    mirror: Callable[[Change, datetime], None]  # what the answer or the reading proves, at that time
    learn: Callable[[Any], tuple[str, dict[str, Any]]] = lambda answer: ("", {})  # vendor id and result


def send_changes(org_id: int, acts: Mapping[str, Act]) -> None:
    """Send and settle what is due in one organisation; returns when nothing is due or somebody else does it."""
    while True:
        with held(f"changes:{org_id}") as got:
            if not got:
                return
            moved = _pass(org_id, acts)
        if not moved:
            return


def _pass(org_id: int, acts: Mapping[str, Act]) -> bool:
    """Step through the open changes in their order; gives whether any moved."""
    org = Organisation.objects.select_related("credential").get(pk=org_id)
    if org.paused or not _any_due(org):
        return False
    moved = False
    try:
        with client_for(org) as threesixty:
            for change in _in_order(org):
                with _lost_claims_are_harmless():
                    moved |= _guarded_step(threesixty, change, acts)
    except NoCredential:
        return False
    except BadCredential as problem:
        log.warning("credential_refused", org=org.slug, code=problem.code)
        return False
    return moved


def _any_due(org: Organisation) -> bool:
    return Change.objects.filter(
        org=org,
        state__in=Change.MOVING,
        not_before__lte=timezone.now(),
    ).exists()


def _in_order(org: Organisation) -> Iterator[Change]:
    """The due changes, oldest first; in an assessment, one waits for an earlier one that may still be sent."""
    waiting: set[str] = set()
    last = 0
    while True:
        batch = list(
            Change.objects.filter(org=org, number__gt=last, state__in=Change.MOVING)
            .select_related("after")
            .order_by("number")[:BATCH]
        )
        if not batch:
            return
        for change in batch:
            last = change.number
            if change.state == Change.State.PENDING:
                if change.assessment_id in waiting:
                    continue
                if _later(change):
                    waiting |= {change.assessment_id} - {""}
                    continue
            elif change.state == Change.State.UNKNOWN and change.not_before > timezone.now():
                continue
            if Organisation.objects.filter(pk=org.pk, paused=True).exists():
                return
            yield change
            if change.state == Change.State.PENDING:  # not carried out yet: those after it keep their place
                waiting |= {change.assessment_id} - {""}


def _later(change: Change) -> bool:
    if change.after_id and not Change.objects.filter(pk=change.after_id, state=Change.State.DONE).exists():
        return True
    return change.not_before > timezone.now()


def _guarded_step(threesixty: ThreeSixty, change: Change, acts: Mapping[str, Act]) -> bool:
    """One step; a change that we trip over goes to a person, so that it does not stand in the way of all others."""
    try:
        return _step(threesixty, change, acts[change.request])
    except (ThreeSixtyError, LostClaim, OperationalError, InterfaceError):  # not the change's fault, or settled
        raise
    except Exception:
        log.exception("change_failed", change=str(change.pk), request=change.request)
        change.refresh_from_db()
        if change.moving:
            words = _("Something went wrong here; the log names this change. Whether it was carried out is not known.")
            settle(change, Change.State.PERSON, words=words)
        return True


def _step(threesixty: ThreeSixty, change: Change, act: Act) -> bool:
    match change.state:
        case Change.State.SENDING:  # its sender died
            _unknown(change, _("The sender ended before the answer came."))
            return True
        case Change.State.UNKNOWN:
            _look(threesixty, change, act)
            return True
        case Change.State.PENDING if change.expires_at <= timezone.now():
            settle(
                change, Change.State.REFUSED, words=_("Not sent: it could not be sent in time. Make the change again.")
            )
            return True
        case _:
            _send(threesixty, change, act)
            return True


def _send(threesixty: ThreeSixty, change: Change, act: Act) -> None:
    failpoint("change.before-claim")
    settle(change, Change.State.SENDING, epoch=change.epoch + 1, attempts=change.attempts + 1, sent_at=timezone.now())
    failpoint("change.claimed")
    if connection.in_atomic_block:
        raise RuntimeError("a change must not be sent inside a transaction")
    try:
        call = act.call(change)
        answer = threesixty.call(call)
    except BadCredential as problem:
        settle(change, Change.State.PENDING, words=problem)
        raise
    except Temporary as problem:
        wait = max(problem.retry_after or 0, min(300, 2**change.attempts))
        settle(change, Change.State.PENDING, not_before=timezone.now() + timedelta(seconds=wait), words=problem)
    except (OutcomeUnknown, UnexpectedShape) as problem:
        failpoint("change.unanswered")
        _unknown(change, str(problem))
    except Rejected as problem:
        settle(change, Change.State.REFUSED, vendor_code=problem.code[:120], words=problem)
    else:
        failpoint("change.answered")
        vendor_id, result = act.learn(answer)
        _done(change, act, vendor_id, result)


def _done(change: Change, act: Act, vendor_id: str, result: dict[str, Any]) -> None:
    as_of = timezone.now()
    learnt = {"vendor_id": vendor_id[:60], "result": result}
    try:
        with transaction.atomic():
            settle(change, Change.State.DONE, **learnt, words="")
            with ours(change):
                act.mirror(change, as_of)
            failpoint("change.mirrored")
    except (LostClaim, OperationalError, InterfaceError):
        raise
    except Exception:  # what the vendor did stands, whether or not we can show it yet
        log.exception("mirror_failed", change=str(change.pk), request=change.request)
        change.refresh_from_db()
        settle(change, Change.State.DONE, **learnt, words=_("Carried out; it shows after the next refresh."))
    failpoint("change.settled")


def _unknown(change: Change, words: str) -> None:
    now = timezone.now()
    settle(
        change,
        Change.State.UNKNOWN,
        unknown_since=change.unknown_since or now,
        looks=0,
        not_before=now + settings.LOOK_FIRST,
        words=_("%(what)s Reading back what the vendor has.") % {"what": words},
    )


def _look(threesixty: ThreeSixty, change: Change, act: Act) -> None:
    """Read back whether the vendor acted; decide only on a complete reading."""
    failpoint("change.before-look")
    again = timezone.now() + settings.LOOK_EVERY
    try:
        seen = act.look(threesixty, change)
    except BadCredential:
        raise
    except ThreeSixtyError as problem:
        words = _("Could not read back yet: %(why)s") % {"why": problem}
        if isinstance(problem, Rejected) or change.expires_at <= timezone.now():  # waiting will not help
            settle(change, Change.State.PERSON, words=words)
        else:
            settle(change, Change.State.UNKNOWN, not_before=again, words=words)
        return
    failpoint("change.looked")
    match seen:
        case Found(vendor_id=vendor_id):
            _done(change, act, vendor_id or change.vendor_id, {**change.result, "read_back": True})
        case Overtaken(words=words):
            settle(change, Change.State.PERSON, words=words)
        case NotFound():
            _not_found(change, act, again)


def _not_found(change: Change, act: Act, again: datetime) -> None:
    looks = change.looks + 1
    quiet = timezone.now() - (change.unknown_since or timezone.now()) >= settings.QUIET
    words = ngettext("Looked once: not there.", "Looked %(n)s times: not there.", looks) % {"n": looks}
    if looks < settings.LOOKS or not quiet:
        settle(change, Change.State.UNKNOWN, looks=looks, not_before=again, words=words)
    elif act.call(change).kind in RESENDABLE and change.expires_at > timezone.now():
        settle(change, Change.State.PENDING, looks=0, unknown_since=None, not_before=timezone.now(), words=words)
    else:
        settle(change, Change.State.PERSON, looks=looks, words=words)


@contextmanager
def _lost_claims_are_harmless() -> Iterator[None]:
    """A person may decide about a change while we look at it: theirs stands."""
    try:
        yield
    except LostClaim as lost:
        log.info("claim_lost", change=str(lost))
