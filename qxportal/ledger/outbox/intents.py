"""Intended writes, before they are recorded as changes."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from qxportal.ledger.outbox.serialize import CHOSEN, stored
from qxportal.threesixty.calls.base import Call, RetryPolicy
from qxportal.ui.stored_messages import Message

# Maximum waiting time of a change: a destructive one must not happen hours later.
LIFETIMES = {RetryPolicy.DESTRUCTIVE: timedelta(hours=1)}
LIFETIME = timedelta(hours=24)
PER_LINE = timedelta(seconds=2)  # extra time for each line of a bulk change, as lines are sent one after another
PREFIXES = {"assessment_id": "TS", "person_id": "P", "division_id": "DV"}
NAMED = {"createLibraryMessage": "name", "uploadLibraryGraphic": "description", "importSurvey": "name"}
IDEMPOTENCY_KEY = "idempotency_key"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One call to be made: everything that a Change needs before it is recorded."""

    call: Call[object]
    target: str  # the record that it changes: one open change each
    title: Message
    expected_values: Mapping[str, object] = field(default_factory=dict)  # the values that the member saw
    parameters: Mapping[str, object] | None = None  # stored parameters, for handlers that build the call from them
    assessment_id: str = ""
    assessment_name: str = ""
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    then: tuple["Intent", ...] = ()  # intents sent after this one was carried out
    reason: str = ""  # in the member's words; never sent
    after: str = ""  # target of another intent of the same bulk change that must be carried out first

    @property
    def kept(self) -> dict[str, object]:
        """The parameters as stored with the change."""
        return dict(stored(self.call) if self.parameters is None else self.parameters)


def lifetime(policy: RetryPolicy, lines: int = 1) -> timedelta:
    """Maximum waiting time of a change with this retry policy."""
    return LIFETIMES.get(policy, LIFETIME) + PER_LINE * (lines - 1)


def chosen_id(prefix: str, intent: uuid.UUID) -> str:
    """The identifier for the record that this intent creates: always the same one, in the vendor's form."""
    number, letters = intent.int, []
    for _ in range(15):
        number, rest = divmod(number, len(LETTERS))
        letters.append(LETTERS[rest])
    return f"{prefix}_{''.join(letters)}"


def marked(call: Call[object], intent: uuid.UUID) -> Call[object]:
    """The call with the intent's mark: an idempotency key if the request takes one; a creating call gets a chosen id,
    else a code at the end of the name, so that its record can be found again."""
    if getattr(call, IDEMPOTENCY_KEY, "") is None:
        return replace(call, **{IDEMPOTENCY_KEY: intent.hex})
    chosen, named = CHOSEN.get(call.request), NAMED.get(call.request)
    if chosen and getattr(call, chosen) is None:
        return replace(call, **{chosen: chosen_id(PREFIXES[chosen], intent)})
    if named and not getattr(call, named).endswith(mark(intent)):
        return replace(call, **{named: f"{getattr(call, named)} {mark(intent)}"})
    return call


def mark(intent: uuid.UUID) -> str:
    """The intent's code, such as #K7Q4TZ."""
    return "#" + base64.b32encode(intent.bytes)[:6].decode()
