"""User data fields of the brand: details of people, and which of them are asked for.

The API cannot read these fields. The response to each change lists all fields; the portal shows the latest response.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, ParsedResult
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import record
from qxportal.threesixty.calls.persons import SetUserDataFields
from qxportal.ui.stored_messages import Message, gettext_stored

REQUEST = "setUserDataFields"
CHOICES, TEXT = "MultipleChoice", "TextEntry"


def known_fields(org: Organisation) -> Change | None:
    """The latest change whose response lists all fields."""
    done = Change.objects.filter(org=org, request=REQUEST, state=Change.State.DONE, result__has_key="fields")
    return done.order_by("-settled_at").first()


def read_fields(org: Organisation, *, by: Member, intent: uuid.UUID | None = None) -> Change:
    """Make the server list all fields by a change that sets none."""
    return _record(org, SetUserDataFields(), gettext_stored("Read the user data fields"), by, intent)


def set_field(
    org: Organisation,
    *,
    by: Member,
    name: str,
    choices: Sequence[str],
    required: bool,
    can_edit: bool,
    intent: uuid.UUID | None = None,
) -> Change:
    """Add or change a field (setUserDataFields); with choices it accepts one of them."""
    setting: dict[str, Any] = {"Type": CHOICES if choices else TEXT, "Required": required, "CanEdit": can_edit}
    if choices:
        setting["Choices"] = list(choices)
    title = gettext_stored("Set the user data field “%(name)s”", name=name)
    return _record(org, SetUserDataFields(optional_settings={name: setting}), title, by, intent)


def show_default(org: Organisation, *, by: Member, name: str, shown: bool, intent: uuid.UUID | None = None) -> Change:
    """Show or hide a listed default field (setUserDataFields)."""
    last = known_fields(org)
    if last is None or name not in last.result["fields"]["default"]:
        raise ActionRefused(_("The survey service listed no such field. Read the fields again."))
    title = (
        gettext_stored("Show the default field “%(name)s”", name=name)
        if shown
        else gettext_stored("Hide the default field “%(name)s”", name=name)
    )
    return _record(org, SetUserDataFields(default_settings={name: shown}), title, by, intent)


def _record(org: Organisation, call: SetUserDataFields, title: Message, by: Member, intent: uuid.UUID | None) -> Change:
    return record(org, Intent(id=intent or uuid.uuid4(), call=call, target="user-data-fields", title=title), by=by)


def _parse(change: Change, answer: object) -> ParsedResult:
    """All fields in the response."""
    if not isinstance(answer, Mapping) or not {"DefaultSettings", "OptionalSettings"} & set(answer):
        return ParsedResult()
    default, optional = (_as_map(answer.get(name)) for name in ("DefaultSettings", "OptionalSettings"))
    return ParsedResult(result={"fields": {"default": default, "optional": optional}})


def _as_map(told: object) -> dict[str, Any]:
    """A map; an empty one may come as a list."""
    return {str(name): setting for name, setting in told.items()} if isinstance(told, Mapping) else {}


FIELD_HANDLERS: dict[str, ChangeHandler] = {REQUEST: ChangeHandler(parse_result=_parse)}
