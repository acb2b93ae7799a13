"""Finding out whether the vendor acted, where no clear answer came; deciding only on complete readings."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.core.failpoints import failpoint
from qxportal.ledger.models import Change
from qxportal.ledger.models.changes import rows_left
from qxportal.ledger.outbox.handlers import ChangeHandler, Found, NotFound, Overtaken, ParsedResult, Partly
from qxportal.ledger.outbox.transitions import transition
from qxportal.threesixty.calls.base import CallClass
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, Rejected, ThreeSixtyError

Done = Callable[[Change, ChangeHandler, ParsedResult], None]  # settles a change as carried out
RESENDABLE = {CallClass.S.name, CallClass.N.name}


def unknown(change: Change, words: str) -> None:
    """No clear answer came: whether the vendor acted is read back from now on."""
    now = timezone.now()
    transition(
        change,
        Change.State.UNKNOWN,
        unknown_since=change.unknown_since or now,
        verify_count=0,
        not_before=now + settings.LOOK_FIRST,
        status_message=_("%(what)s Reading back what the vendor has.") % {"what": words},
    )
    failpoint("change.unclear")


def reconcile(threesixty: ThreeSixty, change: Change, handler: ChangeHandler, *, done: Done) -> None:
    """Look once whether the vendor acted, and settle where that is clear."""
    failpoint("change.before-look")
    again = timezone.now() + settings.LOOK_EVERY
    try:
        seen = handler.verify(threesixty, change)
    except BadCredential:
        raise
    except ThreeSixtyError as problem:
        words = _("Could not read back yet: %(why)s") % {"why": problem}
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
        case Overtaken(words=words):
            transition(change, Change.State.PERSON, status_message=words)
        case NotFound() | Partly():
            _not_found(change, handler, again, seen, done)
            failpoint("change.not-found")


def _parsed(change: Change, found: Found) -> ParsedResult:
    attention_message = found.attention_message
    if found.others:
        words = ngettext(
            "%(n)s more of the same is at the vendor: %(ids)s. Decide what becomes of it.",
            "%(n)s more of the same are at the vendor: %(ids)s. Decide what becomes of them.",
            len(found.others),
        )
        attention_message = words % {"n": len(found.others), "ids": ", ".join(found.others)}
    result: dict[str, object] = {**change.result, **found.result, "read_back": True}
    if found.others:
        result["others"] = list(found.others)
    return ParsedResult(found.vendor_id or change.vendor_id, result, attention_message)


def _not_there_any_more(change: Change, handler: ChangeHandler, again: datetime, seen: Found, done: Done) -> None:
    verify_count, enough = _counted(change, found=True)
    if enough:
        done(change, handler, _parsed(change, seen))
    else:
        words = ngettext("Looked once: gone.", "Looked %(n)s times: gone.", verify_count) % {"n": verify_count}
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
    words = ngettext("Looked once: not there.", "Looked %(n)s times: not there.", verify_count) % {"n": verify_count}
    if isinstance(seen, NotFound) and seen.still_there:
        words = ngettext("Looked once: still there.", "Looked %(n)s times: still there.", verify_count) % {
            "n": verify_count
        }
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
        rest = [{"row": row, "reason": _("Not there when it was read back.")} for row in seen.missing]
        result = {**change.result, "read_back": True, "ignored_count": len(rest), "ignored": rest}
        done(change, handler, ParsedResult(change.vendor_id, result, rows_left(len(rest))))
    elif change.kind in RESENDABLE and change.expires_at > timezone.now():
        transition(
            change,
            Change.State.PENDING,
            verify_count=0,
            unknown_since=None,
            not_before=timezone.now(),
            status_message=words,
        )
    else:
        transition(change, Change.State.PERSON, verify_count=verify_count, status_message=words)


def _counted(change: Change, *, found: bool) -> tuple[int, bool]:
    """How many readings in a row found the same, this one among them, and whether they are enough to believe it."""
    verify_count = change.verify_count + 1 if change.last_verify_found == found else 1
    quiet = change.unknown_since is not None and timezone.now() - change.unknown_since >= settings.QUIET
    return verify_count, verify_count >= settings.LOOKS and quiet
