"""Entries in the audit log."""

from typing import Any

from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.ui.stored_messages import Message


def note(
    org: Organisation, *, by: Member | None, verb: str, target: str = "", words: Message = "", **details: Any
) -> AuditEntry:
    """Add an entry to the organisation's log; call it in the transaction of the logged action."""
    return AuditEntry.objects.create(
        org=org,
        by=by,
        by_name=str(by) if by else "",
        verb=verb,
        target=target[:200],
        words=words,
        details=details,
    )
