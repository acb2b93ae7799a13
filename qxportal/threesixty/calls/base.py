"""What every call has: its request's name and version, its parameters, and how its answer is read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from qxportal.threesixty.catalogue import CATALOGUE, version_number
from qxportal.threesixty.csv import MOST_COLUMNS
from qxportal.threesixty.errors import Rejected

T_co = TypeVar("T_co", covariant=True)


class CallClass(Enum):
    """What may follow when the outcome of a call is unknown."""

    R = "read"  # ask again
    S = "state-setting"  # read back; different and still wanted: send again
    N = "natural key"  # read back by the key; not there: send again
    C = "creating"  # read back by a marker; never send again unasked
    D = "destructive"  # read back; a person decides


class AnswerKind(Enum):
    """In what form the answer comes."""

    ENVELOPE = "envelope"
    CSV = "csv"
    PDF = "pdf"


class As(StrEnum):
    """How a parameter's value is spelled."""

    PLAIN = "plain"
    BRACKETS = "brackets"  # a map as Name[key]=value
    JSON = "json"
    FILE = "file"  # a multipart part


def param(name: str, *, how: As = As.PLAIN, **options: Any) -> Any:
    """A field that is sent as the documentation's parameter `name`; an optional one is left out when it is None."""
    return field(metadata={"param": name, "how": how}, repr=how is not As.FILE, **options)


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T_co]):
    """One request with its parameters."""

    request: ClassVar[str]
    kind: ClassVar[CallClass] = CallClass.R
    answer: ClassVar[AnswerKind] = AnswerKind.ENVELOPE
    columns: ClassVar[tuple[str, ...]] = ()  # that a table must have
    most_columns: ClassVar[int] = MOST_COLUMNS
    predecessor: ClassVar[str] = ""  # the request that stands for it in older versions

    @property
    def mutates(self) -> bool:
        """Whether it changes anything at the vendor."""
        return CATALOGUE[self.request].mutates

    @property
    def since(self) -> str:
        """The API version that brought the request."""
        return CATALOGUE[self.request].since

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again once a look has shown that it was not carried out."""
        return self.kind in (CallClass.R, CallClass.S, CallClass.N)

    def request_for(self, version: str) -> str:
        """The request's name in that version; raises Rejected where the version has none."""
        since = CATALOGUE[self.request].since
        if version_number(version) >= version_number(since):
            return self.request
        if self.predecessor and version_number(version) >= version_number(CATALOGUE[self.predecessor].since):
            return self.predecessor
        raise Rejected(
            f"{self.request} needs API version {since} or newer; the credential says {version}.", code="version"
        )

    def parameters(self, request: str) -> Iterator[tuple[str, str]]:
        """The plain parameters as they go over the wire, those that `request` knows."""
        for name, how, value in self._values(request):
            match how:
                case As.BRACKETS:
                    yield from ((f"{name}[{key}]", encode(item)) for key, item in value.items())
                case As.JSON:
                    yield name, json.dumps(value, ensure_ascii=False, default=_as_json)
                case As.PLAIN:
                    yield name, encode(value)

    def files(self) -> dict[str, bytes]:
        """The parts that go as files."""
        return {name: value.encode() for name, how, value in self._values(self.request) if how is As.FILE}

    def read(self, answer: Any) -> T_co:
        """The typed answer from the envelope's Result, the table's rows or the file's bytes."""
        raise TypeError(f"{type(self).__name__} does not say how its answer is read")

    def _values(self, request: str) -> Iterator[tuple[str, As, Any]]:
        for item in fields(self):
            value = getattr(self, item.name)
            name = item.metadata["param"]
            if value is not None and CATALOGUE[request].param(name):
                yield name, item.metadata["how"], value


def _as_json(value: Any) -> Any:
    """A record that knows its own JSON."""
    if hasattr(value, "as_json"):
        return value.as_json()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def encode(value: Any) -> str:
    """A value as the documentation spells it: flags 0/1, times `YYYY-MM-DD hh:mm:ss` in UTC, lists with commas."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, tuple | list):
        return ",".join(encode(item) for item in value)
    if isinstance(value, Mapping):
        raise TypeError("a map needs brackets or JSON")
    return str(value)
