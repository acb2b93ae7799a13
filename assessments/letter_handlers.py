"""Handlers for printed letters: codes arrive only once, and codes lost on the way are never requested again."""

from dataclasses import replace
from datetime import datetime

from assessments.letters import are_kept, keep_letters, note_batch
from assessments.link_states import start_link_refresh
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, Found, ParsedResult, VerifyResult, default_verify
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records.letters import PrintedLetters
from qxportal.ui.stored_messages import gettext_stored

LOST = gettext_stored(
    "The letters were made, but their codes were lost on the way and cannot be shown again. Print "
    "letters for these people again: the new codes replace the lost ones."
)


def _parse_letters(change: Change, answer: object) -> ParsedResult:
    """Seal the codes; none of them is stored in the change."""
    if not isinstance(answer, PrintedLetters) or not answer.complete:
        return ParsedResult() if are_kept(change) else ParsedResult(attention_message=LOST)
    keep_letters(change, answer)
    return ParsedResult()


def _verify_letters(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Codes that are here prove it; else letters that were made without them are lost."""
    if are_kept(change):
        return Found()
    seen = default_verify(threesixty, change)
    return replace(seen, attention_message=LOST) if isinstance(seen, Found) else seen


def _read_link(change: Change, as_of: datetime) -> None:
    start_link_refresh(change.org, str(change.parameters["person_id"]))


LETTER_HANDLERS: dict[str, ChangeHandler] = {
    "qxEndLinks": ChangeHandler(mirror=_read_link),
    "qxPrintLetters": ChangeHandler(verify=_verify_letters, parse_result=_parse_letters, mirror=note_batch),
}
