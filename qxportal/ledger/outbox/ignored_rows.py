"""Rows of a file that the survey service did not import: their number, positions and reasons."""

from collections.abc import Sequence
from typing import Any, TypedDict

from qxportal.ledger.models import Change
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.records import ImportOutcome
from qxportal.threesixty.records.created import Unread
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, message_from, ngettext_stored

FIRST = 2  # the survey service counts rows from 1, and the first is the header
SHOWN = 5  # number of messages about unread places; all of them are kept with the change


def unread_words(warnings: Sequence[Unread]) -> Message:
    """The parts of a file that the survey service did not understand; empty if it understood all."""
    if not warnings:
        return ""
    begin = ngettext_stored(
        "%(n)s part of the file was not understood.", "%(n)s parts of the file were not understood.", len(warnings)
    )
    return join_stored(" ", [begin, *(f"{one.where[:60]}: {one.what[:100]}" for one in warnings[:SHOWN])])


class IgnoredRow(TypedDict):
    """A row that was not imported, as stored with its change."""

    row: int
    reason: str | dict[str, Any]  # the survey service's words, or a stored message of ours


class KeptOutcome(TypedDict):
    """The stored part of an import's response."""

    count: int | None
    ignored_count: int
    ignored: list[IgnoredRow]


class LeftRow(TypedDict):
    """A row that was not imported, with its values if the change kept them."""

    row: int
    reason: Message
    name: str
    email: str


def outcome_of(answer: ImportOutcome) -> KeptOutcome:
    """The part of an import's response that a change stores."""
    ignored: list[IgnoredRow] = [{"row": row.row, "reason": row.reason} for row in answer.ignored]
    named = max(answer.ignored_count, len(ignored))
    return {"count": answer.count, "ignored_count": named, "ignored": ignored}


def why_not_again(change: Change) -> Message:
    """The reason why rows that were not imported cannot be sent again; empty if they can."""
    if change.clears:
        return gettext_stored(
            "These rows cannot be sent again, because the import clears data: it would also clear what others have set "
            "since. Start a new import, whose plan shows what it clears now."
        )
    if change.retry_policy == RetryPolicy.DESTRUCTIVE.value:
        return gettext_stored(
            "These rows cannot be sent again from here, because the import also updates finished evaluations, and "
            "people may have other details by now. Retry the failed lines in its plan, or start a new import."
        )
    return ""


def left_rows(change: Change) -> list[LeftRow]:
    """Rows that were not imported, with their reasons and, if the change kept them, their values."""
    kept: list[dict[str, str]] = change.parameters.get("rows") or []
    ignored: list[IgnoredRow] = change.result.get("ignored", [])
    shown: list[LeftRow] = []
    for left in ignored:
        place = left["row"] - FIRST
        row = kept[place] if 0 <= place < len(kept) else {}
        name = " ".join(filter(None, (row.get("FirstName", ""), row.get("LastName", "")))) if row else ""
        shown.append(
            {"row": left["row"], "reason": message_from(left["reason"]), "name": name, "email": row.get("Email", "")}
        )
    return shown
