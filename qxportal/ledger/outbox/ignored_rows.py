"""Rows of a file that the survey service did not take: how many, which, and why."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import ngettext

from qxportal.threesixty.records import ImportOutcome
from qxportal.threesixty.records.created import Unread

SHOWN = 5  # of what was not understood, in words; all of it is kept with the change


def unread_words(warnings: Sequence[Unread]) -> str:
    """What of a file the survey service did not understand; empty where it understood all."""
    if not warnings:
        return ""
    begin = ngettext(
        "%(n)s place of the file was not understood.", "%(n)s places of the file were not understood.", len(warnings)
    ) % {"n": len(warnings)}
    return " ".join([begin, *(f"{one.where[:60]}: {one.what[:100]}" for one in warnings[:SHOWN])])


def outcome_of(answer: ImportOutcome) -> dict[str, Any]:
    """What a change keeps of an import's answer."""
    ignored = [{"row": row.row, "reason": row.reason} for row in answer.ignored]
    named = max(answer.ignored_count, len(ignored))
    return {"count": answer.count, "ignored_count": named, "ignored": ignored}


def left_rows(parameters: dict[str, Any], result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that were not taken with their reasons, and what stood in them where the change kept it."""
    kept, first = parameters.get("rows"), 2  # the header is row 1
    shown = []
    for left in result.get("ignored", []):
        place = left["row"] - first
        row = kept[place] if isinstance(kept, list) and 0 <= place < len(kept) else {}
        name = " ".join(filter(None, (row.get("FirstName", ""), row.get("LastName", "")))) if row else ""
        shown.append({"row": left["row"], "reason": left["reason"], "name": name, "email": row.get("Email", "")})
    return shown
