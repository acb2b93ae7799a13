"""Parses a file's JSON within limits on values, depth and numbers."""

import json
from math import isfinite
from typing import NoReturn

from qxportal.engine.http.arguments import clean
from qxportal.engine.http.errors import Invalid
from qxportal.engine.surveys.decoding import decoded

PARAMETER = "FileContents"
VALUES = 1_000_000
DEPTH = 60
DIGITS = 30


def load(file: bytes) -> object:
    """The parsed file; raises Invalid if it is no JSON, or cannot be stored."""
    if file.count(b"{") + file.count(b"[") + file.count(b",") > VALUES:
        raise Invalid(PARAMETER, f"The file has more than {VALUES} values.")
    text = decoded(file)
    try:
        found = json.loads(text, parse_constant=_constant, parse_float=_decimal, parse_int=_whole)
        _check_depth(found)
    except RecursionError as error:
        raise Invalid(PARAMETER, f"The file is nested more than {DEPTH} deep.") from error
    except json.JSONDecodeError as error:
        raise Invalid(PARAMETER, f"The file is no JSON: {error.msg} in line {error.lineno}.") from error
    return clean(PARAMETER, found)


def _check_depth(found: object) -> None:
    level: list[object] = [found]
    for _ in range(DEPTH):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise RecursionError


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _constant(word: str) -> NoReturn:
    raise Invalid(PARAMETER, f"The file is no JSON: {word} is no number.")


def _decimal(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Invalid(PARAMETER, f"The file has a number that is too large: {text[:40]}.")
    return number


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise Invalid(PARAMETER, f"The file has a number of more than {DIGITS} digits.")
    return int(text)
