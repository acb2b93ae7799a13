"""Persons, and what an import of them did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from qxportal.threesixty.errors import in_one_line
from qxportal.threesixty.values import Raw, as_list, as_map, count, flag, needed, text, words_of


@dataclass(frozen=True, kw_only=True)
class PersonRecord:
    """A person of the directory (getPersons).

    >>> person = PersonRecord.read({"PersonID": "P_1", "LastName": "Berg", "External": "1", "MetaData": []})
    >>> person.last_name, person.external, person.metadata
    ('Berg', True, {})
    """

    vendor_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    user_name: str = ""
    user_id: str = ""
    division_id: str = ""
    external: bool = False
    external_reference: str = ""  # the organisation's own key, as its HR system has it
    metadata: dict[str, str] = field(default_factory=dict)
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of an answer."""
        row = as_map(row, "a person")
        return cls(
            vendor_id=needed(row, "PersonID"),
            first_name=text(row, "FirstName"),
            last_name=text(row, "LastName"),
            email=text(row, "Email"),
            user_name=text(row, "UserName"),
            user_id=text(row, "UserID"),
            division_id=text(row, "DivisionID"),
            external=flag(row.get("External")),
            external_reference=text(row, "ExternalDataReference"),
            metadata={
                str(key): words_of(value) for key, value in as_map(row.get("MetaData") or {}, "metadata").items()
            },
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class IgnoredRow:
    """A row that an import left out, and why."""

    row: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class ImportOutcome:
    """Result of importPersons; `count` is None if the response does not contain it.

    >>> outcome = ImportOutcome.read({"Count": "1", "Ignored": [{"Row": 3, "Reason": "No e-mail address"}]})
    >>> outcome.count, outcome.ignored
    (1, (IgnoredRow(row=3, reason='No e-mail address'),))
    """

    count: int | None = None
    ignored_count: int = 0
    persons: Mapping[str, str] = field(default_factory=dict)  # person id -> e-mail
    ignored: tuple[IgnoredRow, ...] = ()

    @classmethod
    def read(cls, result: Any) -> Self:
        """From an answer's Result, whatever of it is there."""
        row = result if isinstance(result, Mapping) else {}
        ignored = [as_map(item, "an ignored row") for item in as_list(row.get("Ignored"))]
        persons = row.get("Persons") or {}
        return cls(
            count=count(row["Count"]) if row.get("Count") is not None else None,
            ignored_count=count(row.get("IgnoredCount")),
            persons={str(k): words_of(v) for k, v in persons.items()} if isinstance(persons, Mapping) else {},
            ignored=tuple(
                IgnoredRow(row=count(item.get("Row")), reason=in_one_line(text(item, "Reason"))) for item in ignored
            ),
        )
