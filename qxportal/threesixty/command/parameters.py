"""Parses arguments such as `RecordLimit=10` or `MetaData[Team]=Sales` into a call."""

import re
from collections.abc import Iterable
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_type_hints

from qxportal.threesixty.calls.base import As, Call
from qxportal.threesixty.catalogue import CATALOGUE, UPLOAD_LIMIT, RequestSpec
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.records import read_relationships
from qxportal.threesixty.strict_json import read_json

WORD = re.compile(r"([A-Za-z]+)(?:\[([^\]]*)\])?=(.*)", re.DOTALL)
FLAGS = {"0": False, "1": True, "false": False, "true": True}


class WrongUse(Exception):
    """The arguments are invalid; the text says what to type instead."""


def make_call(kind: type[Call[Any]], words: Iterable[str]) -> Call[Any]:
    """The call for the arguments; raises WrongUse if they do not match the catalogue."""
    given = _given(CATALOGUE[kind.request], words)
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        name = field.metadata.get("param")
        if name in given:
            values[field.name] = _value(name, field.metadata["how"], str(hints[field.name]), given[name])
        elif name and must_be_said(field):
            raise WrongUse(_missing(CATALOGUE[kind.request], name))
    try:
        return kind(**values)
    except ValueError as problem:
        raise WrongUse(str(problem)) from None


def _given(spec: RequestSpec, words: Iterable[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for word in words:
        found = WORD.fullmatch(word)
        if found is None:
            raise WrongUse(f"{word!r} is no parameter: type Name=value.")
        name, key, value = found.groups()
        if spec.param(name) is None:
            raise WrongUse(f"{spec.name} has no parameter {name}; it has {', '.join(p.name for p in spec.params)}.")
        if name == "URL":
            raise WrongUse("URL is not sent: give the file itself, FileContents=@path.")
        given[name] = _together(name, given.get(name), key, value)
    return given


def _together(name: str, before: Any, key: str | None, value: str) -> Any:
    """Merge a further value of a parameter into its value so far."""
    if key == "" and (before is None or isinstance(before, tuple)):
        return (*(before or ()), value)
    if key and (before is None or (isinstance(before, dict) and key not in before)):
        return {**(before or {}), key: value}
    if key is None and before is None:
        return value
    raise WrongUse(f"{name}{'' if key is None else f'[{key}]'} is there twice, or in two ways.")


def must_be_said(field: "Field[Any]") -> bool:
    """Whether the command requires a value, even if the documentation has a default."""
    return field.default is MISSING and field.default_factory is MISSING


def _missing(spec: RequestSpec, name: str) -> str:
    param = spec.param(name)
    if param and param.required:
        return f"{spec.name} needs {name}."
    if name == "FileContents":
        return f"{spec.name} needs a file: FileContents=@path."
    usual = f" The documentation's default is {param.default}." if param and param.default else ""
    return f"{spec.name} needs {name}, because it matters too much to be left to a default.{usual}"


def _value(name: str, how: As, hint: str, given: Any) -> Any:
    if how is As.FILE:
        return _file(name, hint, given)
    if how is As.UNSEEN:
        return str(_file(name, hint, given)).rstrip("\r\n")
    if how is As.JSON:
        return _from_json(name, hint, given)
    if not isinstance(given, str):
        if how is As.BRACKETS and ("tuple" if isinstance(given, tuple) else "Mapping") in hint:
            return given
        ways = {"tuple": f"a list: {name}[]=value", "Mapping": f"a map: {name}[key]=value"}
        raise WrongUse(f"{name} is {next((way for word, way in ways.items() if word in hint), f'one value: {name}=')}.")
    if "bool" in hint:
        if given.lower() not in FLAGS:
            raise WrongUse(f"{name} is 0 or 1.")
        return FLAGS[given.lower()]
    if "int" in hint:
        if not re.fullmatch(r"[0-9]{1,9}", given):
            raise WrongUse(f"{name} is a whole number of at most nine digits.")
        return int(given)
    if "datetime" in hint:
        return _moment(name, given)
    if "tuple" in hint:
        return tuple(item for item in given.split(",") if item)
    if how is As.BRACKETS and "str |" not in hint:
        raise WrongUse(f"{name} is a map: {name}[key]=value.")
    return given


def _file(name: str, hint: str, given: Any) -> str | bytes:
    if not isinstance(given, str) or not given.startswith("@"):
        raise WrongUse(f"{name} is a file: {name}=@path.")
    try:
        with Path(given[1:]).open("rb") as file:
            content = file.read(UPLOAD_LIMIT + 1)
        if len(content) > UPLOAD_LIMIT:
            raise WrongUse(f"{given[1:]} is larger than 8 MB, the most that the API takes.")
        return content if "bytes" in hint else content.decode("utf-8-sig")
    except OSError as problem:
        raise WrongUse(f"{given[1:]} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise WrongUse(f"{given[1:]} is no UTF-8 text.") from None


def _from_json(name: str, hint: str, given: Any) -> Any:
    wanted, words = (list, "a list") if hint.startswith("tuple") else (dict, f"a map, or {name}[key]=value")
    try:
        found = read_json(given.encode()) if isinstance(given, str) else given
        if "RelationshipRecord" in hint:
            return read_relationships(found)
    except (MalformedResponse, UnicodeEncodeError):
        found = None
    if not isinstance(found, wanted):
        raise WrongUse(f"{name} is JSON: {words}.")
    return tuple(found) if isinstance(found, list) else found


def _moment(name: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{name} is a time in UTC: YYYY-MM-DD hh:mm:ss.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
