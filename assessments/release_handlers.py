"""How changes of many readers' accesses to reports are sent, read back and parsed."""

from collections.abc import Callable

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import Found, NotFound, Overtaken, ParsedResult, Partly, VerifyResult
from qxportal.ledger.outbox.ignored_rows import FIRST
from qxportal.ledger.outbox.serialize import restored
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.report_access import SetReportAccesses
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, OutcomeUnknown, Rejected, TransientError
from qxportal.threesixty.records.report_access import AccessOutcome
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored


def refused_readers(count: int) -> Message:
    """Number of a change's readers that were refused."""
    return ngettext_stored("%(n)s reader was refused.", "%(n)s readers were refused.", count)


def one_by_one(threesixty: ThreeSixty, call: Call[object], before: Callable[[], None]) -> tuple[AccessOutcome, ...]:
    """Set each access separately for a server without the combined request; an interrupted change is read back."""
    outcomes: list[AccessOutcome] = []
    for single in _many(call).singles():
        try:
            threesixty.call(single, before=before)
        except BadCredential:
            raise
        except Rejected as problem:
            outcomes.append(AccessOutcome(code=problem.code or "refused", message=str(problem)))
        except TransientError as problem:
            if not outcomes:
                raise
            raise OutcomeUnknown(problem.words) from problem
        else:
            outcomes.append(AccessOutcome(access_id=single.person_id))
    return tuple(outcomes)


def verify_accesses(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Readers who have the requested access."""
    call = _many(restored(change))
    missing = call.missing(threesixty.call(call.read_back()))
    if missing is None:
        return Overtaken(gettext_stored("The data %(in_service)s does not show whether this change was made."))
    if len(missing) == len(call.accesses):
        return NotFound()
    return Partly(tuple(FIRST + place for place in missing)) if missing else Found()


def parse_accesses(change: Change, answer: object) -> ParsedResult:
    """Which readers were refused, and why."""
    if not isinstance(answer, tuple):
        raise TypeError(change.request)
    refused = [
        {"row": place, "reason": one.message or one.code}
        for place, one in enumerate(answer, FIRST)
        if isinstance(one, AccessOutcome) and not one.access_id
    ]
    result = {"count": len(answer) - len(refused), "ignored_count": len(refused), "ignored": refused}
    return ParsedResult(result=result, attention_message=refused_readers(len(refused)) if refused else "")


def _many(call: Call[object]) -> SetReportAccesses:
    if not isinstance(call, SetReportAccesses):
        raise TypeError(call.request)
    return call
