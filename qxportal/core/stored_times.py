"""Times in JSON columns, as ISO 8601 texts."""

from datetime import datetime


def stored_time(at: datetime | None) -> str | None:
    """The text of a time, such as 2026-03-05T17:00:00+00:00; None stays None."""
    return at.isoformat() if at else None


def read_time(text: str | None) -> datetime | None:
    """The time of a text that `stored_time` gave; None where the text is empty or missing."""
    return datetime.fromisoformat(text) if text else None
