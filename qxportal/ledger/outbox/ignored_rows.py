"""Rows of a file that the survey service did not take: how many, which, and why."""

from collections.abc import Sequence
from typing import Any, TypedDict

from qxportal.ledger.models import Change
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.records import ImportOutcome
from qxportal.threesixty.records.created import Unread
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, message_from, ngettext_stored

FIRST = 2  # the survey service counts rows from 1, and the first is the header
SHOWN = 5  # of what was not understood, in words; all of it is kept with the change


def unread_words(warnings: Sequence[Unread]) -> Message:
    """What of a file the survey service did not understand; empty where it understood all."""
    if not warnings:
        return ""
    begin = ngettext_stored(
        "%(n)s part of the file was not understood.", "%(n)s parts of the file were not understood.", len(warnings)
    )
    return join_stored(" ", [begin, *(f"{one.where[:60]}: {one.what[:100]}" for one in warnings[:SHOWN])])


class IgnoredRow(TypedDict):
    """A row that was not taken, as a change keeps it."""

    row: int
    reason: str | dict[str, Any]  # in the words of the survey service, or a stored message of ours


class KeptOutcome(TypedDict):
    """What a change keeps of an import's answer."""

    count: int | None
    ignored_count: int
    ignored: list[IgnoredRow]


class LeftRow(TypedDict):
    """A row that was not taken, with what stood in it where the change kept that."""

    row: int
    reason: Message
    name: str
    email: str


def outcome_of(answer: ImportOutcome) -> KeptOutcome:
    """What a change keeps of an import's answer."""
    ignored: list[IgnoredRow] = [{"row": row.row, "reason": row.reason} for row in answer.ignored]
    named = max(answer.ignored_count, len(ignored))
    return {"count": answer.count, "ignored_count": named, "ignored": ignored}


def why_not_again(change: Change) -> Message:
    """Why rows of an import that were not taken cannot be sent once more; empty where they can."""
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
    """The rows that were not taken with their reasons, and what stood in them where the change kept it."""
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
