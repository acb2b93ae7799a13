"""What no line of a log may hold: the tokens of links that were mailed, and whatever an address calls a secret.

Logs are read by more people than may join an organisation or set another's password.
"""

import logging
import re
import traceback
from typing import Any

GONE = "…"
SLASH = r"(?:/|%2[Ff])"
TOKENS = re.compile(
    rf"({SLASH}join{SLASH}|{SLASH}[lr]{SLASH}|{SLASH}confirm-email{SLASH}|{SLASH}reset{SLASH}key{SLASH}[0-9A-Za-z]+(?:-|%2[Dd]))"
    r"(?!set-password)(?:[^/?&#%\s\"'<>\\]|%3[Aa])+"
)
FIELDS = re.compile(
    r"((?:[?&;]|%3[Ff]|%26)[\w.-]*(?:token|passw(?:or)?d|secret|key|code|invitation)[\w.-]*(?:=|%3[Dd]))"
    r"[^&#\s\"'<>\\]*",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """The text without the tokens in the addresses that it names."""
    return FIELDS.sub(rf"\1{GONE}", TOKENS.sub(rf"\1{GONE}", text))


def redact_event(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The same for everything that one event says; the last step before it is written."""
    return {name: _anything(value) for name, value in event.items()}


class RedactingFilter(logging.Filter):
    """The same for a handler that writes plain lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line through, without tokens."""
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = redacted("".join(traceback.format_exception(record.exc_info[1])).rstrip())
        return True


def _anything(value: Any) -> Any:
    match value:
        case str():
            return redacted(value)
        case dict():
            return {name: _anything(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_anything(inner) for inner in value]
        case bool() | int() | float() | None:
            return value
    return redacted(repr(value))
