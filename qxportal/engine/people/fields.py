"""What a person's fields may be, wherever they come from."""

from collections.abc import Mapping

NAME_LIMIT = 200
METADATA_FIELDS = 100
METADATA_LIMIT = 2_000


def metadata(given: object) -> dict[str, str] | None:
    """Read a map of short texts; None when it is something else."""
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
    """Put given metadata over those that a person has; an empty text takes a key away."""
    return {key: text for key, text in {**kept, **given}.items() if text}
