"""Parsing of single values in a response, tolerant of their form."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from qxportal.threesixty.errors import MalformedResponse

Raw = Mapping[str, Any]


def as_map(value: Any, what: str) -> Raw:
    """A map; an empty list, or in XML an empty text, stands for an empty map."""
    if isinstance(value, Mapping):
        return value
    if value in ([], ""):
        return {}
    raise MalformedResponse(f"The answer holds {type(value).__name__} where {what} was expected.")


def as_list(value: Any) -> list[Any]:
    """A list; a map gives its values, None an empty list."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list):
        return value
    raise MalformedResponse(f"The answer holds {type(value).__name__} where a list was expected.")


def listed(result: Any, key: str) -> Iterable[Any]:
    """The rows of a listing: under its key, or the result itself if it is a bare list (in XML, an empty text)."""
    if result == "":
        return []
    if isinstance(result, Mapping):
        if key not in result:
            raise MalformedResponse(f"The answer lacks {key}.")
        return as_list(result[key])
    if isinstance(result, list):
        return result
    raise MalformedResponse(f"The answer lacks {key}.")


def needed(row: Raw, key: str) -> str:
    """A required text."""
    value = text(row, key)
    if not value:
        raise MalformedResponse(f"A row came without {key}.")
    return value


def text(row: Raw, key: str) -> str:
    """A text, empty if missing."""
    return words_of(row.get(key))


def words_of(value: Any) -> str:
    """A value as text; empty for None, a list or a map."""
    if type(value) is str:
        return value
    if value is None or isinstance(value, Mapping | list):
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def alike(one: Any, other: Any) -> bool:
    """Whether two values are equal as numbers or texts."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, Mapping | list | tuple) or isinstance(other, Mapping | list | tuple):
        return not one and not other  # an empty map is sent as an empty list, or in XML as an empty text
    return words_of(one) == words_of(other)


def flag(value: Any) -> bool:
    """True for 1, "1", true, "TRUE", "yes"."""
    return str(value).strip().lower() in ("1", "true", "yes")


def count(value: Any) -> int:
    """An integer that may be sent as text, or be missing."""
    digits = str(value if value is not None else "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


def moment(value: Any) -> datetime | None:
    """A time in UTC from `YYYY-MM-DD hh:mm:ss`; None if unset."""
    words = str(value or "").strip()
    if not words or words.startswith("0000-00-00"):
        return None
    try:
        found = datetime.fromisoformat(words)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
