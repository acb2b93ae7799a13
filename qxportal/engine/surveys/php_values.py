"""Values of JSON from PHP: a map may be a list, an empty one always is, and a number may be a text."""

from collections.abc import Mapping, Sequence
from typing import Any

from qxportal.engine.http import languages
from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.limits import TEXT, refusal

NOTHING = ("", "None", "none", "null", "NULL", "undefined")  # words used in place of an empty map or list


def as_map(value: object, place: str) -> Mapping[str, Any]:
    """The value as a map: a list by its positions from 0, null as empty."""
    if value is None or value is False or (isinstance(value, str) and value in NOTHING):
        return {}
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(position): item for position, item in enumerate(value)}
    raise refusal(place, f"a map is expected, not {_shown(value)}.")


def as_list(value: object, place: str) -> Sequence[Any]:
    """The value as a list: a map as its values in order."""
    if value is None or value is False or (isinstance(value, str) and value in NOTHING):
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values())
    raise refusal(place, f"a list is expected, not {_shown(value)}.")


def as_text(value: object, place: str, *, limit: int = TEXT) -> str:
    """The value as a text: numbers converted, null as empty."""
    if value is None or value is False or value in ([], {}):
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refusal(place, f"a text is expected, not {_shown(value)}.")
    text = str(value)
    if len(text) > limit:
        raise refusal(place, f"the text has more than {limit} characters.")
    return text


def _shown(value: object) -> str:
    """A short description of an unexpected value."""
    if isinstance(value, dict | list):
        return "a map" if isinstance(value, dict) else "a list"
    return repr(value)[:30]


def as_flag(value: object) -> bool:
    """The value as a Boolean, in any of its spellings."""
    return value in (True, 1, "1", "true", "True", "ON", "on", "Yes", "yes")


def as_language(value: object, place: str) -> str:
    """The value as a language code."""
    text = as_text(value, place)
    try:
        return languages.code(text, parameter="FileContents")
    except Invalid as error:
        raise refusal(place, f"{text[:20]!r} is no language code such as EN or PT-BR.") from error
