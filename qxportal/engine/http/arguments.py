"""Checks a call's parameters against the catalogue and converts them to their types."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from qxportal.engine.http.errors import Invalid, Missing
from qxportal.engine.http.request_parsing import Incoming
from qxportal.engine.http.text import storable
from qxportal.engine.models import mailboxes
from qxportal.threesixty.catalogue import UPLOAD_LIMIT, ParamSpec, RequestSpec

COMMON = frozenset(
    {"Request", "User", "Token", "Password", "Format", "Version", "JSONPCallback", "JSONPrettyPrint", "API_SELECT"}
)
TEXT_LIMIT = 200  # names of people, assessments and the like
DEPTH_LIMIT = 50
NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
FLAGS = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True)
class Arguments:
    """The checked parameters of one call; absent optional ones have their documented default."""

    values: Mapping[str, object]
    file: bytes | None = None
    version: str = "2.5"  # protocol version of the call
    format: str = "JSON"  # of the response

    def has(self, name: str) -> bool:
        """Whether the parameter was given or has a default."""
        return name in self.values

    def text(self, name: str, *, limit: int = TEXT_LIMIT) -> str:
        """A text without surrounding space; empty if absent."""
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise Invalid(name, "A text is expected.")
        if len(value) > limit:
            raise Invalid(name, f"At most {limit} characters are possible.")
        return value.strip()

    def required(self, name: str) -> str:
        """A text without surrounding space; raises Missing if empty."""
        value = self.text(name)
        if not value:
            raise Missing(name)
        return value

    def secret(self, name: str) -> str:
        """A password exactly as given; empty if absent."""
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise Invalid(name, "A text is expected.")
        return value

    def flag(self, name: str) -> bool:
        """A Boolean; False if absent and without a default."""
        return self.values.get(name) is True

    def number(self, name: str) -> int | None:
        """A whole number from 0; None if absent."""
        value = self.text(name)
        if not value:
            return None
        if NUMBER.fullmatch(value) is None:
            raise Invalid(name, "A whole number is expected.")
        return int(value)

    def items(self, name: str) -> list[str]:
        """A list of texts; empty if absent."""
        value = self.values.get(name, [])
        return [str(item) for item in value] if isinstance(value, list) else []

    def listed(self, name: str) -> list[str]:
        """A list given for a text parameter: in brackets, as JSON, or separated by commas."""
        value = self.values.get(name, "")
        if isinstance(value, str) and value.lstrip().startswith("["):
            value = self.structure(name)
        return _items(name, list(value.values()) if isinstance(value, dict) else value)

    def structure(self, name: str) -> object:
        """The value given as JSON text, in brackets or in a JSON body; None if absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return clean(name, json.loads(value))
        except (ValueError, RecursionError) as error:
            raise Invalid(name, "JSON is expected.") from error

    def upload(self) -> bytes:
        """The uploaded file: a multipart part, the whole body, or a parameter's value."""
        if self.has("URL"):
            raise Invalid("URL", "This server loads no files from other addresses: send FileContents.")
        text = self.values.get("FileContents", "")
        if not isinstance(text, str):
            raise Invalid("FileContents", "A text is expected.")
        file = self.file or text.encode()
        if not file:
            raise Missing("FileContents")
        if len(file) > UPLOAD_LIMIT:
            raise Invalid("FileContents", "The file is larger than 8 MB.")
        return file

    def image(self) -> bytes:
        """The uploaded image; in a parameter it is Base64."""
        if self.file:
            return self.file
        text = self.text("FileContents", limit=UPLOAD_LIMIT)
        if not text:
            raise Missing("FileContents")
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return text.encode()  # such as an SVG, which is refused as no image


def address(arguments: Arguments, name: str) -> str:
    """A parameter's mail address, normalised."""
    try:
        return mailboxes.clean(arguments.text(name, limit=3 * mailboxes.EMAIL_LIMIT))
    except mailboxes.AddressError as error:
        raise Invalid(name, str(error)) from error


def check(spec: RequestSpec, incoming: Incoming) -> Arguments:
    """Check a call's parameters against the catalogue; returns them with their types."""
    return Arguments(_checked(spec, incoming.values, incoming.file), incoming.file)


def check_entry(spec: RequestSpec, common: Mapping[str, object], entry: object) -> Arguments:
    """Check one entry of a batch, merged with the parameters common to all entries."""
    if not isinstance(entry, dict):
        raise Invalid("entry", "A map is expected.")
    if twice := common.keys() & entry.keys():
        raise Invalid(min(twice), "It is given for all entries.")
    return Arguments(_checked(spec, {**common, **entry}))


def _checked(spec: RequestSpec, given_values: Mapping[str, object], file: bytes | None = None) -> dict[str, object]:
    _refuse_unknown(spec, given_values)
    values: dict[str, object] = {}
    for param in spec.params:
        given = given_values.get(param.name)
        if given in (None, "") and param.default is not None:
            given = param.default
        if given is None or given == "":
            if param.required and not (param.name == "FileContents" and file):
                raise Missing(param.name)
            continue
        values[param.name] = _value(param, given)
    return values


def _refuse_unknown(spec: RequestSpec, given: Mapping[str, object]) -> None:
    """Raise Invalid for misspelt parameters, and in requests that change something for any unknown one."""
    known = {param.name for param in spec.params}
    misspelt = {name.casefold(): name for name in known}
    for name in given:
        if name in known or name in COMMON:
            continue
        if name.casefold() in misspelt:
            raise Invalid(name[:60], f"Names are case sensitive: {misspelt[name.casefold()]} is meant.")
        if spec.mutates:
            raise Invalid(name[:60], f"{spec.name} has no such parameter.")


def _value(param: ParamSpec, given: object) -> object:
    value = clean(param.name, given)
    if param.kind == "flag":
        return flag(param.name, value)
    if param.kind == "list":
        return _items(param.name, value)
    if isinstance(value, bool):
        value = "1" if value else "0"
    elif isinstance(value, int | float):
        value = str(value)
    if param.kind == "datetime":
        _refuse_no_time(param.name, value)
    if param.choices and value not in param.choices:
        raise Invalid(param.name, f"Possible: {', '.join(param.choices)}.")
    return value


def clean(name: str, value: object, depth: int = DEPTH_LIMIT) -> object:
    """The value, after refusing unstorable characters at any depth and too deep nesting."""
    if not depth:
        raise Invalid(name, f"It is nested deeper than {DEPTH_LIMIT} levels.")
    if isinstance(value, str):
        if not storable(value):
            raise Invalid(name, "It has characters that are no text.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            clean(name, key)
            clean(name, inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            clean(name, inner, depth - 1)
    return value


def flag(name: str, value: object) -> bool:
    """A parameter as Boolean."""
    word = str(value).lower() if isinstance(value, str | bool | int) else ""
    if word not in FLAGS:
        raise Invalid(name, "0 or 1 is expected.")
    return FLAGS[word]


def _items(name: str, value: object) -> list[str]:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return [str(item) for item in value]
    raise Invalid(name, "A list is expected.")


def _refuse_no_time(name: str, value: object) -> None:
    try:
        datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # only its form is checked here
    except ValueError as error:
        raise Invalid(name, "YYYY-MM-DD hh:mm:ss is expected.") from error
