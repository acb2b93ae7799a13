"""Any request that changes something, as a recorded change; for those that have no page of their own."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from assessments.intents import refuse_if_closed
from assessments.models import Assessment
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent, marked
from qxportal.ledger.outbox.record import record
from qxportal.ledger.outbox.resource_paths import footprint
from qxportal.threesixty.calls.base import Call, RetryPolicy
from qxportal.ui.labels import REQUESTS
from qxportal.ui.stored_messages import Message, label_stored

ADDING = ("addPerson", "importPersons")


def record_call(
    org: Organisation,
    call: Call[Any],
    *,
    by: Member,
    title: Message = "",
    expected_values: Mapping[str, Any] = MappingProxyType({}),
    confirmed: bool = False,
    intent: uuid.UUID | None = None,
) -> Change:
    """Record one call to be sent; a creating call gets a mark that identifies its result.

    An irreversible call must be `confirmed` by the member, who saw its effect. The same call while an equal one
    is open is the same change.
    """
    if not call.mutates:
        raise ActionRefused(_("This request changes nothing, so no change is recorded."))
    if call.retry_policy is RetryPolicy.DESTRUCTIVE and not confirmed:
        raise ActionRefused(_("This cannot be undone. Confirm it first."))
    intent = intent or uuid.uuid4()
    call = marked(call, intent)
    vendor_id = str(getattr(call, "assessment_id", None) or "")
    known = Assessment.objects.filter(org=org, vendor_id=vendor_id).first() if vendor_id else None
    if known is not None and call.request in ADDING and not confirmed:
        refuse_if_closed(known)
    wanted = Intent(
        id=intent,
        call=call,
        target=_target(call, intent),
        title=title or label_stored(REQUESTS[call.request]),
        expected_values=expected_values,
        assessment_id=vendor_id,
        assessment_name=known.name if known else "",
    )
    return record(org, wanted, by=by)


def _target(call: Call[Any], intent: uuid.UUID) -> str:
    """The call's target; a creating call without a chosen id gets a unique target."""
    return ":".join([call.request, *(footprint(call).writes or [str(intent)])])
