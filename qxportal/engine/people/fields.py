"""Validation of a person's metadata from any source."""

from collections.abc import Mapping

NAME_LIMIT = 200
METADATA_FIELDS = 100
METADATA_LIMIT = 2_000


def metadata(given: object) -> dict[str, str] | None:
    """The value as a map of short texts; None if it is something else."""
    if given in (None, []):
        return {}
    if not isinstance(given, Mapping) or len(given) > METADATA_FIELDS:
        return None
    found: dict[str, str] = {}
    for key, value in given.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            return None
        text = str(value)
        if not 0 < len(key) <= NAME_LIMIT or len(text) > METADATA_LIMIT:
            return None
        found[key] = text
    return found


def merged(kept: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """A person's metadata updated with given ones; an empty text removes a key."""
    return {key: text for key, text in {**kept, **given}.items() if text}
