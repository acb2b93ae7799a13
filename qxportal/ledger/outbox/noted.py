"""Intended writes that also get an entry in the organisation's log."""

from typing import Any

from django.db import transaction

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import record, recorded


def record_and_note(
    org: Organisation, intent: Intent, *, by: Member, verb: str, target: str = "", **details: Any
) -> Change:
    """Commit one intended write with a log entry under its title; a repeated intent adds no second entry."""
    known = recorded(org, intent.id)
    with transaction.atomic():
        change = record(org, intent, by=by)
        if not known:
            note(org, by=by, verb=verb, target=target, words=intent.title, **details)
    return change
