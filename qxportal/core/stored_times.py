"""Times in JSON columns as ISO 8601 text."""

from datetime import datetime


def stored_time(at: datetime | None) -> str | None:
    """ISO text of a time, such as 2026-03-05T17:00:00+00:00; None stays None."""
    return at.isoformat() if at else None


def read_time(text: str | None) -> datetime | None:
    """Time from a text of `stored_time`; None if the text is empty or missing."""
    return datetime.fromisoformat(text) if text else None
