"""Messages that background work stores and that each reader sees in the reader's own language.

A worker has no reader: its messages about a change or a job are stored as catalogue message and values, and
translated when it is shown.

    job.outcome = gettext_stored("%(name)s is up to date.", name=assessment.name)
    job.save()
    str(Job.objects.get(pk=job.pk).outcome)  # "Führung 2026 ist auf dem neuesten Stand." for a German reader
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext, ngettext, override

from qxportal.ui.badges import Words
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.terms import service_words

PACK = msgspec.json.Encoder()
MARK = '{"message"'  # key that marks a stored message in its column


@dataclass(frozen=True)
class StoredMessage:
    """A catalogue message with its values; `str()` translates it to the active language.

    With `plural`, `count` chooses the form; with `parts`, they are joined by `singular`. The `details` are for
    technicians (a code, what was wrong with an answer) and never translated.
    """

    singular: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    plural: str = ""
    count: int | None = None
    parts: tuple[Any, ...] = ()
    details: str = ""

    def __str__(self) -> str:
        if self.parts:
            return self.singular.join(str(part) for part in self.parts)
        if not self.singular:  # gettext would return the catalogue's header
            return ""
        text = gettext(self.singular) if self.count is None else ngettext(self.singular, self.plural, self.count)
        values = {
            name: str(value) if isinstance(value, StoredMessage) else value for name, value in self.values.items()
        }
        return text % {**service_words(), **values}

    def __bool__(self) -> bool:
        return bool(self.singular or self.parts)

    @property
    def technical(self) -> str:
        """The details of the message and of all its parts and values."""
        inner = [part.technical for part in (*self.values.values(), *self.parts) if isinstance(part, StoredMessage)]
        return " · ".join(filter(None, [self.details, *inner]))

    def stored(self) -> dict[str, Any]:
        """The message as JSON: first `message`, which marks a stored message, then the keys that are not empty."""
        kept: dict[str, Any] = {"plural": self.plural, "count": self.count, "details": self.details}
        kept["values"] = {name: _stored(value) for name, value in self.values.items()}
        kept["parts"] = [_stored(part) for part in self.parts]
        return {"message": self.singular} | {name: value for name, value in kept.items() if value or value == 0}


Message: TypeAlias = StoredMessage | str


def gettext_stored(message: str, *, details: str = "", **values: Any) -> StoredMessage:
    """A catalogue message, translated when it is shown, as are values that are messages."""
    return StoredMessage(message, values, details=details)


def ngettext_stored(singular: str, plural: str, n: int, *, details: str = "", **values: Any) -> StoredMessage:
    """A catalogue message in the form for `n`, which the message can use as `%(n)s`."""
    return StoredMessage(singular, {"n": n, **values}, plural, n, details=details)


def label_stored(label: Words) -> StoredMessage:
    """A label as a stored message, translated when it is shown."""
    with override("en"):  # the language of the catalogue's msgids
        return StoredMessage(str(label))


def relationship_stored(relationship: str) -> Message:
    """The label of a relationship; an assessment's custom relationship keeps its name in every language."""
    label = RELATIONSHIPS.get(relationship)
    return label_stored(label) if label else relationship


def join_stored(separator: str, parts: Iterable[Any]) -> StoredMessage:
    """Several messages in a row, such as the counts of a sync; empty if all of them are."""
    joined = tuple(part for part in parts if part)
    return StoredMessage(separator if joined else "", parts=joined)


def message_of(problem: BaseException) -> Message:
    """An error's message, not yet translated if it can be."""
    said = problem.args[0] if problem.args else ""
    if isinstance(problem, ValidationError):
        return " ".join(problem.messages)
    return said if isinstance(said, StoredMessage) else str(problem)


def message_from(value: object) -> Message:
    """The message in a JSON column, or its text."""
    message: Message = _message(value) if isinstance(value, dict) else str(value)
    return message


def technical_details(message: Message) -> str:
    """The technical details of a message; empty for plain text."""
    return message.technical if isinstance(message, StoredMessage) else ""


class MessageEncoder(DjangoJSONEncoder):
    """Encodes messages for a JSON column."""

    def default(self, o: Any) -> Any:
        """A message as JSON."""
        return o.stored() if isinstance(o, StoredMessage) else super().default(o)


class MessageDecoder(json.JSONDecoder):
    """Decodes a JSON column of rows whose values may be messages."""

    def decode(self, s: str, *args: Any) -> Any:
        """The rows, with their messages."""
        return [{name: message_from(value) for name, value in row.items()} for row in super().decode(s, *args)]


if TYPE_CHECKING:
    _Text = models.TextField[Message | Combinable, Message]
else:
    _Text = models.TextField


class MessageField(_Text):
    """A column of messages: takes a StoredMessage or plain text, and returns the same."""

    _pyi_private_set_type: Message | Combinable  # type: ignore[assignment]  # what the type checker's plugin reads
    _pyi_private_get_type: Message  # type: ignore[assignment]

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Message | None:
        """The message, or the text of a row that holds one."""
        return _read(value) if value else value

    def get_prep_value(self, value: Any) -> str | None:
        """What the column holds."""
        if isinstance(value, str) and isinstance(_read(value), StoredMessage):  # text that looks like a stored message
            value = StoredMessage("%(text)s", {"text": value})
        if isinstance(value, StoredMessage):
            return PACK.encode(value.stored()).decode() if value else ""
        return None if value is None else str(value)

    def to_python(self, value: Any) -> Any:
        """A message stays unchanged."""
        return value if isinstance(value, StoredMessage) else super().to_python(value)


def _stored(value: Any) -> Any:
    if isinstance(value, StoredMessage):
        return value.stored()
    return value if isinstance(value, int) else str(value)


def _read(text: str) -> Message:
    if not text.startswith(MARK):
        return text
    try:
        message: Message = _message(json.loads(text))
    except ValueError:
        return text
    return message


def _message(kept: Any) -> Any:
    if not (isinstance(kept, dict) and "message" in kept):
        return kept
    return StoredMessage(
        str(kept["message"]),
        {name: _message(value) for name, value in kept.get("values", {}).items()},
        str(kept.get("plural", "")),
        kept.get("count"),
        tuple(_message(part) for part in kept.get("parts", [])),
        str(kept.get("details", "")),
    )
