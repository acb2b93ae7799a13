"""Strict JSON: no duplicate keys, no NaN, limited depth, numbers and size."""

import json
import math
import re
from typing import Any, NoReturn

from qxportal.threesixty.errors import MalformedResponse

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MAX_DEPTH = 50
MAX_DIGITS = 18
MOST_VALUES = 2_000_000
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[][{}]', re.DOTALL)  # linear, even if a string is cut


def read_json(body: bytes) -> Any:
    """The value of `body`; raises MalformedResponse if it is cut or exceeds the limits."""
    try:
        check_size(body)
        text = body.decode("utf-8-sig")
        if _depth(text) > MAX_DEPTH:
            raise MalformedResponse("The answer is nested too deeply.")
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_int=_integer, parse_float=_number
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise MalformedResponse(f"The answer is no readable JSON ({type(problem).__name__}); it may be cut.") from None


def check_size(body: bytes) -> None:
    """Raise MalformedResponse for more values than memory should hold."""
    if sum(map(body.count, (b"[", b"{", b","))) > MOST_VALUES:
        raise MalformedResponse("The answer has too many values.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedResponse("The answer names the same key twice.")
    return found


def _refuse(constant: str) -> NoReturn:
    raise MalformedResponse(f"The answer holds {constant}.")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise MalformedResponse("The answer holds a number that is too long.")
    return int(digits)


def _number(digits: str) -> float:
    if math.isinf(found := float(digits)):
        raise MalformedResponse("The answer holds a number that is too large.")
    return found


def _depth(text: str) -> int:
    depth = deepest = 0
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    for found in STRING_OR_BRACKET.finditer(text):
        match found[0]:
            case "[" | "{":
                depth += 1
                deepest = max(deepest, depth)
            case "]" | "}":
                depth -= 1
    return deepest
