"""What every call has: its request's name and version, its parameters, and how its answer is read."""

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
    """What may follow when the outcome of a call is unknown."""

    READ = "read"  # ask again
    STATE = "state"  # read back; different and still wanted: send again
    NATURAL_KEY = "natural-key"  # read back by the key; not there: send again
    CREATE = "create"  # read back by a marker; never send again unasked
    DESTRUCTIVE = "destructive"  # read back; a person decides


class AnswerKind(Enum):
    """In what form the answer comes."""

    ENVELOPE = "envelope"
    CSV = "csv"
    PDF = "pdf"
    SURVEY = "survey"  # XML of its own
    RESPONSES = "responses"  # without an envelope, in one of four formats
    ROWS = "rows"  # an envelope around a listing whose rows are left unread


class As(StrEnum):
    """How a parameter's value is spelled."""

    PLAIN = "plain"
    BRACKETS = "brackets"  # a map as Name[key]=value, a list as Name[]=value; a single text is plain
    JSON = "json"
    FILE = "file"  # a multipart part
    UNSEEN = "unseen"  # plain, but a secret: never shown or kept


E = TypeVar("E", bound=StrEnum)


def one_of(words: type[E], value: str, name: str) -> E:
    """The word that the parameter `name` has; raises ValueError, with all there are, for any other."""
    try:
        return words(value)
    except ValueError:
        raise ValueError(f"{name} is one of {', '.join(words)}.") from None


def param(name: str, *, how: As = As.PLAIN, **options: Any) -> Any:
    """A field that is sent as the documentation's parameter `name`; an optional one is left out when it is None."""
    return field(metadata={"param": name, "how": how}, repr=how not in (As.FILE, As.UNSEEN), **options)


@dataclass(frozen=True)
class File:
    r"""A part of a multipart body.

    >>> File("people.csv", "text/csv; charset=utf-8", b"Email\r\n").name
    'people.csv'
    """

    name: str
    type: str
    content: bytes


def check_upload(content: str | bytes, request: str) -> None:
    """Raise ValueError where a file is larger than the API takes."""
    if len(content.encode() if isinstance(content, str) else content) > UPLOAD_LIMIT:
        raise ValueError(f"The file is larger than 8 MB, the most that {request} takes.")


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T_co]):
    """One request with its parameters.

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
    columns: ClassVar[tuple[str, ...]] = ()  # that a table must have
    most_columns: ClassVar[int] = MOST_COLUMNS
    free_columns: ClassVar[tuple[str, ...]] = ()  # how titles begin that people gave
    under: ClassVar[str] = ""  # the key below which rows are left unread
    predecessor: ClassVar[str] = ""  # the request that stands for it in older versions
    refusal_proves: ClassVar[bool] = True  # whether a 400 says that nothing was done
    shown_by_absence: ClassVar[bool] = False  # `shows` only that a listing lacks something; one may lack it by mistake

    @property
    def mutates(self) -> bool:
        """Whether it changes anything at the vendor."""
        return KNOWN[self.request].mutates

    @property
    def since(self) -> str:
        """The API version that brought the request."""
        return KNOWN[self.request].since

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again once a look has shown that it was not carried out."""
        return self.retry_policy in (RetryPolicy.READ, RetryPolicy.STATE, RetryPolicy.NATURAL_KEY)

    def request_for(self, version: str) -> str:
        """The request's name in that version; raises Rejected where the version has none."""
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
        """Whether that version has the request under this name; the oldest protocol lacks those that are JSON alone."""
        spec = KNOWN[cls.request]
        only_json = version == OLDEST and spec.formats == ("JSON",)
        return version_number(version) >= version_number(spec.since) and not only_json

    def known_in(self, version: str) -> bool:
        """Whether that version has the request, or another that stands for it."""
        try:
            self.request_for(version)
        except Rejected:
            return False
        return True

    def parameters(self, request: str) -> Iterator[tuple[str, str]]:
        """The plain parameters as they go over the wire, those that `request` knows."""
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
        """The parts that go as files."""
        return {name: self.file(value) for name, how, value in self._values(self.request) if how is As.FILE}

    def file(self, content: str | bytes) -> File:
        """How one file goes: its name, type and bytes; a table unless the call says otherwise."""
        return File("table.csv", "text/csv; charset=utf-8", content.encode() if isinstance(content, str) else content)

    def format(self) -> str:
        """The Format that is asked for; empty where the request has none."""
        return "CSV" if self.answer is AnswerKind.CSV else "" if self.answer is AnswerKind.SURVEY else "JSON"

    def read(self, answer: Any) -> T_co:
        """The typed answer from the envelope's Result, the table's rows or the file's bytes."""
        raise TypeError(f"{type(self).__name__} does not say how its answer is read")

    def read_back(self) -> "Call[Any] | None":
        """The reading that shows whether this was carried out; None where the API has none."""
        return None

    def shows(self, found: Any) -> bool | None:
        """Whether that reading's answer, or the Rejected it ended with, shows it carried out; None: cannot tell."""
        return None

    def _unknown_to(self, request: str) -> list[str]:
        """The parameters that were given and that `request` does not have, so that it would do something else."""
        given = (item.metadata.get("param") for item in fields(self) if getattr(self, item.name) != item.default)
        return [name for name in given if name and not KNOWN[request].param(name)]

    def _values(self, request: str) -> Iterator[tuple[str, As, Any]]:
        for item in fields(self):
            value = getattr(self, item.name)
            name = item.metadata.get("param")  # none: it says how to ask, and is no parameter
            if name is None:
                continue
            if value is not None and KNOWN[request].param(name):
                yield name, item.metadata["how"], value


def _key(key: str, name: str) -> str:
    """A key that stands in brackets."""
    if not key or "[" in key or "]" in key:
        raise ValueError(f"{name} cannot have the key {key!r}: a key has no square brackets and is not empty.")
    return key


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
