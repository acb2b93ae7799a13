"""Sentences that background work stores and that each reader later reads in the reader's own language.

A worker has no reader: what it says of a change or a job is kept as the message of the catalogue and its values, and
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
MARK = '{"message"'  # what a stored message begins with in its column


@dataclass(frozen=True)
class StoredMessage:
    """A message of the catalogue with its values; `str()` gives it in the language that is active.

    With `plural` it is chosen by `count`; with `parts` it is those parts, joined by `singular`. The `details` are for
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
        if not self.singular:  # gettext would give the head of the catalogue
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
        """The details of the message and of all that it is made of."""
        inner = [part.technical for part in (*self.values.values(), *self.parts) if isinstance(part, StoredMessage)]
        return " · ".join(filter(None, [self.details, *inner]))

    def stored(self) -> dict[str, Any]:
        """The message as JSON: its words first, by which a stored message is known, and no other key that is empty."""
        kept: dict[str, Any] = {"plural": self.plural, "count": self.count, "details": self.details}
        kept["values"] = {name: _stored(value) for name, value in self.values.items()}
        kept["parts"] = [_stored(part) for part in self.parts]
        return {"message": self.singular} | {name: value for name, value in kept.items() if value or value == 0}


Message: TypeAlias = StoredMessage | str


def gettext_stored(message: str, *, details: str = "", **values: Any) -> StoredMessage:
    """A message of the catalogue, translated when it is shown; of its values, those that are messages too."""
    return StoredMessage(message, values, details=details)


def ngettext_stored(singular: str, plural: str, n: int, *, details: str = "", **values: Any) -> StoredMessage:
    """A message of the catalogue in the form for `n`, which the message names `%(n)s`."""
    return StoredMessage(singular, {"n": n, **values}, plural, n, details=details)


def label_stored(label: Words) -> StoredMessage:
    """A label that is translated when it is shown, as a message."""
    with override("en"):  # the language of the catalogue's own messages
        return StoredMessage(str(label))


def relationship_stored(relationship: str) -> Message:
    """The label of a relationship; one of an assessment's own has its name in every language."""
    label = RELATIONSHIPS.get(relationship)
    return label_stored(label) if label else relationship


def join_stored(separator: str, parts: Iterable[Any]) -> StoredMessage:
    """Several messages beside each other, such as the counts of a sync; empty where all of them are."""
    joined = tuple(part for part in parts if part)
    return StoredMessage(separator if joined else "", parts=joined)


def message_of(problem: BaseException) -> Message:
    """What an error says, still to be translated where it can be."""
    said = problem.args[0] if problem.args else ""
    if isinstance(problem, ValidationError):
        return " ".join(problem.messages)
    return said if isinstance(said, StoredMessage) else str(problem)


def message_from(value: object) -> Message:
    """The message that a JSON column holds, or its text."""
    message: Message = _message(value) if isinstance(value, dict) else str(value)
    return message


def technical_details(message: Message) -> str:
    """What of a message is for technicians alone; a plain text has nothing of it."""
    return message.technical if isinstance(message, StoredMessage) else ""


class MessageEncoder(DjangoJSONEncoder):
    """Keeps messages in a JSON column."""

    def default(self, o: Any) -> Any:
        """A message as JSON."""
        return o.stored() if isinstance(o, StoredMessage) else super().default(o)


class MessageDecoder(json.JSONDecoder):
    """Reads a JSON column of rows whose values may be messages."""

    def decode(self, s: str, *args: Any) -> Any:
        """The rows, with their messages."""
        return [{name: message_from(value) for name, value in row.items()} for row in super().decode(s, *args)]


if TYPE_CHECKING:
    _Text = models.TextField[Message | Combinable, Message]
else:
    _Text = models.TextField


class MessageField(_Text):
    """A column of sentences: takes a StoredMessage or a plain text, and gives what it took."""

    _pyi_private_set_type: Message | Combinable  # type: ignore[assignment]  # what the type checker's plugin reads
    _pyi_private_get_type: Message  # type: ignore[assignment]

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Message | None:
        """The message, or the text of a row that holds one."""
        return _read(value) if value else value

    def get_prep_value(self, value: Any) -> str | None:
        """What the column holds."""
        if isinstance(value, str) and isinstance(_read(value), StoredMessage):  # somebody's words that look like ours
            value = StoredMessage("%(text)s", {"text": value})
        if isinstance(value, StoredMessage):
            return PACK.encode(value.stored()).decode() if value else ""
        return None if value is None else str(value)

    def to_python(self, value: Any) -> Any:
        """A message stays one."""
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
