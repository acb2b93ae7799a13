"""A member's edits of a person, compared with the mirror field by field."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from directory.mirror import METADATA
from directory.models import Person
from qxportal.ledger.outbox.humanize import OF_METADATA, field_label

IDENTITY = ("first_name", "last_name", "email")
USUAL = tuple(METADATA.values())  # metadata that the form always offers


@dataclass(frozen=True)
class PersonEdit:
    """The wanted values of a person; metadata with an empty value is removed."""

    first_name: str
    last_name: str
    email: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        """All values by field."""
        return {**{name: getattr(self, name) for name in IDENTITY}, **_prefixed(self.metadata)}


@dataclass(frozen=True)
class Edited:
    """A field with its current and its wanted value."""

    name: str
    before: str
    after: str

    @property
    def label(self) -> str:
        """Display name of the field."""
        return field_label(self.name)


def field_value(person: Person, name: str) -> str:
    """A person's mirrored value of a field."""
    if name.startswith(OF_METADATA):
        return str(person.metadata.get(name.removeprefix(OF_METADATA), ""))
    return str(getattr(person, name))


def edited(person: Person, edit: PersonEdit) -> list[Edited]:
    """Fields that the edit changes."""
    compared = [Edited(name, field_value(person, name), value) for name, value in edit.values().items()]
    return [one for one in compared if one.before != one.after]


def shown_values(person: Person) -> dict[str, str]:
    """All values of a person in the form, by field."""
    names = [*IDENTITY, *(f"{OF_METADATA}{name}" for name in {**dict.fromkeys(USUAL), **person.metadata})]
    return {name: field_value(person, name) for name in names}


def seen(person: Person) -> str:
    """Digest of the values in the form, to detect later changes."""
    return hashlib.sha256(json.dumps(shown_values(person), sort_keys=True).encode()).hexdigest()


def _prefixed(metadata: Mapping[str, str]) -> dict[str, str]:
    return {f"{OF_METADATA}{name}": value for name, value in metadata.items()}
