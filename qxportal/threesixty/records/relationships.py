"""Custom relationships."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.strict_json import Json
from qxportal.threesixty.values import as_map, needed, words_of


@dataclass(frozen=True, kw_only=True)
class RelationshipRecord:
    """A custom relationship (getCustomRelationships).

    >>> RelationshipRecord(name="Mentor", translations={"de": "Mentorin"}).as_json()
    {'Name': 'Mentor', 'Translations': {'de': 'Mentorin'}}
    """

    name: str
    translations: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Json]:
        """As jsonOfRelationships takes it."""
        return {"Name": self.name, "Translations": {**self.translations}}


def read_relationships(result: Any) -> tuple[RelationshipRecord, ...]:
    """A list of names or of maps, or a map from a key to a name or a map."""
    if result in (None, "", [], {}):
        return ()
    if isinstance(result, Mapping):
        if "Relationships" in result:
            return read_relationships(result["Relationships"])
        result = [
            {"Name": key, **value} if isinstance(value, Mapping) else value if isinstance(value, str) else key
            for key, value in result.items()
        ]
    if not isinstance(result, list):
        raise MalformedResponse("The relationships came in a form that we cannot read.")
    records = []
    for row in result:
        if isinstance(row, str) and row:
            records.append(RelationshipRecord(name=row))
        else:
            row = as_map(row, "a relationship")
            translations = as_map(row.get("Translations") or {}, "translations")
            records.append(
                RelationshipRecord(
                    name=needed(row, "Name"), translations={k: words_of(v) for k, v in translations.items()}
                )
            )
    return tuple(records)
