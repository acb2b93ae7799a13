"""Base of all calls: request name and version, parameters, and parsing of the response."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from qxportal.threesixty.catalogue import KNOWN, OLDEST, UPLOAD_LIMIT, version_number
from qxportal.threesixty.csv import MOST_COLUMNS
from qxportal.threesixty.errors import Rejected, gettext_noop

T_co = TypeVar("T_co", covariant=True)


class RetryPolicy(StrEnum):
    """What to do when the outcome of a call is unknown."""

    READ = "read"  # send again
    STATE = "state"  # read back; if different and still wanted, send again
    NATURAL_KEY = "natural-key"  # read back by the key; if missing, send again
    CREATE = "create"  # read back by a marker; never send again without confirmation
    DESTRUCTIVE = "destructive"  # read back; a person decides


class AnswerKind(Enum):
    """Format of the response."""

    ENVELOPE = "envelope"
    CSV = "csv"
    PDF = "pdf"
    SURVEY = "survey"  # XML of its own
    RESPONSES = "responses"  # without an envelope, in one of four formats
    ROWS = "rows"  # an envelope around a listing with undecoded rows


class As(StrEnum):
    """Encoding of a parameter's value."""

    PLAIN = "plain"
    BRACKETS = "brackets"  # a map as Name[key]=value, a list as Name[]=value; a single text is plain
    JSON = "json"
    FILE = "file"  # a multipart part
    UNSEEN = "unseen"  # plain, but a secret: never shown or stored


E = TypeVar("E", bound=StrEnum)


def one_of(words: type[E], value: str, name: str) -> E:
    """The enum member for a parameter's value; raises ValueError with all valid values for any other."""
    try:
        return words(value)
    except ValueError:
        raise ValueError(f"{name} is one of {', '.join(words)}.") from None


def param(name: str, *, how: As = As.PLAIN, **options: Any) -> Any:
    """A field for the documented parameter `name`; an optional field is left out if it is None."""
    return field(metadata={"param": name, "how": how}, repr=how not in (As.FILE, As.UNSEEN), **options)


@dataclass(frozen=True)
class File:
    r"""A file in a multipart body.

    >>> File("people.csv", "text/csv; charset=utf-8", b"Email\r\n").name
    'people.csv'
    """

    name: str
    type: str
    content: bytes


def check_upload(content: str | bytes, request: str) -> None:
    """Raise ValueError if a file exceeds the API's limit."""
    if len(content.encode() if isinstance(content, str) else content) > UPLOAD_LIMIT:
        raise ValueError(f"The file is larger than 8 MB, the most that {request} takes.")


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T_co]):
    """A request with its parameters.

    >>> from qxportal.threesixty.calls.persons import CreatePerson
    >>> call = CreatePerson(email="anna@acme.example", first_name="Anna", last_name="Berg", metadata={"Site": "Graz"})
    >>> dict(call.parameters(call.request_for("2.5")))
    {'Email': 'anna@acme.example', 'FirstName': 'Anna', 'LastName': 'Berg', 'External': '0', 'MetaData[Site]': 'Graz'}
    >>> call.mutates, call.repeatable
    (True, False)
    >>> call.read({"PersonID": "P_1"}).vendor_id
    'P_1'
    """

    request: ClassVar[str]
    retry_policy: ClassVar[RetryPolicy] = RetryPolicy.READ
    answer: ClassVar[AnswerKind] = AnswerKind.ENVELOPE
    columns: ClassVar[tuple[str, ...]] = ()  # required columns of a table
    most_columns: ClassVar[int] = MOST_COLUMNS
    free_columns: ClassVar[tuple[str, ...]] = ()  # prefixes of column titles that people chose
    under: ClassVar[str] = ""  # key of the listing whose rows stay undecoded
    predecessor: ClassVar[str] = ""  # the request to use in older versions
    refusal_proves: ClassVar[bool] = True  # whether a 400 proves that nothing was done
    shown_by_absence: ClassVar[bool] = False  # `shows` relies on a missing row, and a listing may lack one by mistake

    @property
    def mutates(self) -> bool:
        """Whether the request changes data at the vendor."""
        return KNOWN[self.request].mutates

    @property
    def since(self) -> str:
        """The first API version with the request."""
        return KNOWN[self.request].since

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again once a check has shown that it was not carried out."""
        return self.retry_policy in (RetryPolicy.READ, RetryPolicy.STATE, RetryPolicy.NATURAL_KEY)

    def request_for(self, version: str) -> str:
        """The request's name in that version; raises Rejected if the version has none."""
        since = KNOWN[self.request].since
        if version_number(version) >= version_number(since):
            return self.request
        words = self.request
        if self.predecessor and version_number(version) >= version_number(KNOWN[self.predecessor].since):
            lost = self._unknown_to(self.predecessor)
            if not lost:
                return self.predecessor
            words = f"{self.request} with {' and '.join(lost)}"
        raise Rejected(
            gettext_noop("This needs a newer version of the API than the credential has."),
            code="version",
            details=f"{words} needs version {since} or newer; the credential says {version}",
        )

    @classmethod
    def known(cls, version: str) -> bool:
        """Whether that version has the request under this name; the oldest protocol lacks JSON-only requests."""
        spec = KNOWN[cls.request]
        only_json = version == OLDEST and spec.formats == ("JSON",)
        return version_number(version) >= version_number(spec.since) and not only_json

    def known_in(self, version: str) -> bool:
        """Whether that version has the request or its predecessor."""
        try:
            self.request_for(version)
        except Rejected:
            return False
        return True

    def parameters(self, request: str) -> Iterator[tuple[str, str]]:
        """The encoded parameters that `request` accepts, without files."""
        for name, how, value in self._values(request):
            match how:
                case As.BRACKETS if isinstance(value, Mapping):
                    yield from ((f"{name}[{_key(key, name)}]", encode(item)) for key, item in value.items())
                case As.BRACKETS if isinstance(value, tuple):
                    yield from ((f"{name}[]", encode(item)) for item in value)
                case As.BRACKETS:
                    yield name, encode(value)
                case As.JSON:
                    yield name, json.dumps(value, ensure_ascii=False, allow_nan=False, default=_as_json)
                case As.PLAIN | As.UNSEEN:
                    yield name, encode(value)

    def files(self) -> dict[str, File]:
        """Parameters sent as files."""
        return {name: self.file(value) for name, how, value in self._values(self.request) if how is As.FILE}

    def file(self, content: str | bytes) -> File:
        """Name, type and bytes of a file; a table unless the call overrides it."""
        return File("table.csv", "text/csv; charset=utf-8", content.encode() if isinstance(content, str) else content)

    def format(self) -> str:
        """The Format to request; empty if the request has none."""
        return "CSV" if self.answer is AnswerKind.CSV else "" if self.answer is AnswerKind.SURVEY else "JSON"

    def read(self, answer: Any) -> T_co:
        """The typed result from the envelope's Result, the table's rows or the file's bytes."""
        raise TypeError(f"{type(self).__name__} does not say how its answer is read")

    def read_back(self) -> "Call[Any] | None":
        """The call that shows whether this one was carried out; None if the API has none."""
        return None

    def shows(self, found: Any) -> bool | None:
        """Whether the read-back's result, or its Rejected, shows that this was carried out; None if it cannot tell."""
        return None

    def _unknown_to(self, request: str) -> list[str]:
        """Given parameters that `request` lacks, so that it would do something else."""
        given = (item.metadata.get("param") for item in fields(self) if getattr(self, item.name) != item.default)
        return [name for name in given if name and not KNOWN[request].param(name)]

    def _values(self, request: str) -> Iterator[tuple[str, As, Any]]:
        for item in fields(self):
            value = getattr(self, item.name)
            name = item.metadata.get("param")  # None: it controls the call, and is no parameter
            if name is None:
                continue
            if value is not None and KNOWN[request].param(name):
                yield name, item.metadata["how"], value


def _key(key: str, name: str) -> str:
    """A key in square brackets."""
    if not key or "[" in key or "]" in key:
        raise ValueError(f"{name} cannot have the key {key!r}: a key has no square brackets and is not empty.")
    return key


def _as_json(value: Any) -> Any:
    """JSON form of a record."""
    if hasattr(value, "as_json"):
        return value.as_json()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def encode(value: Any) -> str:
    """A value in the documented form: flags 0/1, times `YYYY-MM-DD hh:mm:ss` in UTC, lists with commas."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, tuple | list):
        return ",".join(encode(item) for item in value)
    if isinstance(value, Mapping):
        raise TypeError("a map needs brackets or JSON")
    return str(value)
