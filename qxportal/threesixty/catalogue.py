"""The API's 50 requests as data, and our own extensions: names, versions, parameters, and the certainty of each name.

Servers other than our engine do not know the extensions and answer that there is no such request.
"""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import msgspec

API_PATH = "/WRAPI/ThreeSixty/api.php"
UPLOAD_LIMIT = 8 * 1024 * 1024  # maximum file size in bytes

Kind = Literal["string", "flag", "list", "choice", "datetime", "url"]


class ParamSpec(msgspec.Struct, frozen=True):
    """One parameter of a request, as documented.

    >>> KNOWN["getPersons"].param("RecordLimit").kind
    'string'
    """

    name: str
    kind: Kind
    required: bool
    default: str | None = None
    choices: tuple[str, ...] = ()


class RequestSpec(msgspec.Struct, frozen=True):
    """One request, as documented.

    >>> KNOWN["createPerson"].mutates, KNOWN["createPerson"].since
    (True, '2.0')
    """

    name: str
    group: str
    since: str
    deprecated: bool
    mutates: bool
    formats: tuple[str, ...]
    name_is: Literal["documented", "sibling-api", "inferred", "extension"]
    aliases: tuple[str, ...]
    params: tuple[ParamSpec, ...]
    summary: str = ""
    note: str = ""

    def param(self, name: str) -> ParamSpec | None:
        """The parameter with that name."""
        return next((param for param in self.params if param.name == name), None)


def _load(name: str) -> Mapping[str, RequestSpec]:
    text: Any = files("qxportal.threesixty").joinpath(name).read_bytes()
    return MappingProxyType({spec.name: spec for spec in msgspec.json.decode(text, type=list[RequestSpec])})


CATALOGUE = _load("requests.json")
EXTENSIONS = _load("extensions.json")
KNOWN: Mapping[str, RequestSpec] = MappingProxyType({**CATALOGUE, **EXTENSIONS})


OLDEST = "1.0"  # our name for the unversioned protocol: user and password, responses in XML


def version_number(version: str) -> tuple[int, int]:
    """A version such as "2.5" as comparable numbers; the oldest protocol has the requests of 2.0."""
    if version == OLDEST:
        return 2, 0
    major, _, minor = version.partition(".")
    return int(major), int(minor)
