"""How one kind of change is sent, verified, compared and mirrored, with defaults for every mutating request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from qxportal.ledger.models import Change
from qxportal.ledger.models.changes import rows_left
from qxportal.ledger.outbox.ignored_rows import outcome_of, unread_words
from qxportal.ledger.outbox.serialize import chosen_id, restored
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.library import CreateLibraryMessage, UploadLibraryGraphic
from qxportal.threesixty.calls.surveys import ImportSurvey
from qxportal.threesixty.catalogue import KNOWN
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import BadCredential, Rejected
from qxportal.threesixty.records import Created, ImportOutcome, LibraryObjects, ListedMessage, SurveyRecord
from qxportal.ui.stored_messages import Message, gettext_stored


@dataclass(frozen=True)
class Found:
    """The vendor shows the intended state; `others` are unintended duplicates.

    By `absence`: a listing lacks the removed record. The gap may be an error, so a single read is not enough.
    """

    vendor_id: str = ""
    others: tuple[str, ...] = ()
    result: Mapping[str, object] = field(default_factory=dict)
    attention_message: Message = ""
    absence: bool = False


@dataclass(frozen=True)
class NotFound:
    """A complete read does not show the intended state; `still_there` if the record to remove is still listed."""

    still_there: bool = False


@dataclass(frozen=True)
class Partly:
    """A complete read shows some of the change's rows; `missing` holds the positions of the others."""

    missing: tuple[int, ...]


@dataclass(frozen=True)
class Overtaken:
    """The vendor shows something newer than our intent, or no request can tell."""

    words: Message


VerifyResult = Found | NotFound | Partly | Overtaken


@dataclass(frozen=True)
class MirroredValues:
    """Mirrored values of a change's target, and when the vendor reported them."""

    values: Mapping[str, object]
    at: datetime


@dataclass(frozen=True)
class ParsedResult:
    """The parsed response: the vendor's id, the stored part, and what needs a person's attention."""

    vendor_id: str = ""
    result: Mapping[str, object] = field(default_factory=dict)
    attention_message: Message = ""


def default_verify(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Read back by the request that the call itself names."""
    call = restored(change)
    reading = call.read_back()
    if reading is None:
        return Overtaken(gettext_stored("There is no way to check automatically whether this change was made."))
    try:
        answer: object = threesixty.call(reading)
    except BadCredential:
        raise
    except Rejected as refusal:
        answer = refusal
        if call.shows(answer) is None:
            raise
    named = _with_our_name(call, answer)
    if named:
        doubtful = "" if call.refusal_proves else gettext_stored("Found after an error. Check that it is complete.")
        return Found(named[0], others=tuple(named[1:]), attention_message=doubtful)
    match call.shows(answer):
        case True:
            return Found(chosen_id(change), absence=call.shown_by_absence)
        case False:
            return NotFound(still_there=call.shown_by_absence)
    return Overtaken(gettext_stored("The data %(in_service)s does not show whether this change was made."))


def mirror_nothing(change: Change, as_of: datetime) -> None:
    """Change nothing, for requests without a mirror."""


MOST_UNREAD = 200  # positions in a file that a change keeps


def no_mirrored_values(change: Change) -> MirroredValues | None:
    """None, for requests without mirrored values to compare."""
    return None


def parse_created(change: Change, answer: object) -> ParsedResult:
    """The created id; for an import, the rows that were not taken or the places that were not understood."""
    if isinstance(answer, ImportOutcome):
        result = outcome_of(answer)
        left = result["ignored_count"]
        return ParsedResult(result=result, attention_message=rows_left(left) if left else "")
    if not isinstance(answer, Created):
        return ParsedResult()
    unread = [{"where": one.where, "what": one.what} for one in answer.warnings[:MOST_UNREAD]]
    return ParsedResult(answer.vendor_id, {"unread": unread} if unread else {}, unread_words(answer.warnings))


@dataclass(frozen=True, kw_only=True)
class ChangeHandler:
    """How one kind of change is sent, verified, compared and mirrored."""

    call: Callable[[Change], Call[object]] = restored
    verify: Callable[[ThreeSixty, Change], VerifyResult] = default_verify
    mirror: Callable[[Change, datetime], None] = mirror_nothing  # applies what was proven at that time
    parse_result: Callable[[Change, object], ParsedResult] = parse_created
    mirrored_values: Callable[[Change], MirroredValues | None] = no_mirrored_values
    refresh: Callable[[ThreeSixty, Change], None] | None = None  # updates these values
    # replaces a request that the server lacks by others; `before` is called before each
    instead: Callable[[ThreeSixty, Call[object], Callable[[], None]], object] | None = None
    left: Callable[[int], Message] = rows_left  # message for that number of rows not taken
    target_values: Callable[[Change], Mapping[str, object]] = lambda change: change.parameters  # the wanted values


CHANGE_HANDLERS: dict[str, ChangeHandler] = {}  # by Change.request; filled by the `tasks.py` of apps


def change_handlers(special: Mapping[str, ChangeHandler], usual: ChangeHandler) -> dict[str, ChangeHandler]:
    """A handler for each mutating request: a special one if given, else the usual one."""
    return {name: special.get(name, usual) for name, spec in KNOWN.items() if spec.mutates}


def _with_our_name(call: Call[object], answer: object) -> list[str]:
    """Ids of records with the mark that this call put in its name, oldest first."""
    match call, answer:
        case CreateLibraryMessage(name=name), tuple() as listed:
            return [one.vendor_id for one in listed if isinstance(one, ListedMessage) and one.name == name]
        case UploadLibraryGraphic(description=name), LibraryObjects() as objects:
            return [vendor_id for vendor_id, theirs in objects.graphics.items() if theirs == name]
        case ImportSurvey(name=name), tuple() as listed:
            surveys = [one for one in listed if isinstance(one, SurveyRecord) and one.name == name]
            return [one.vendor_id for one in sorted(surveys, key=_age)]
    return []


def _age(survey: SurveyRecord) -> str:
    return survey.created_at.isoformat() if survey.created_at else ""
