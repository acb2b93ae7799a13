"""Surveys: in a listing, by name, and their quotas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_list, as_map, count, moment, needed, text, words_of


@dataclass(frozen=True, kw_only=True)
class SurveyRecord:
    """One survey (getSurveys)."""

    vendor_id: str
    name: str = ""
    status: str = ""
    owner_id: str = ""
    responses: int = 0
    created_at: datetime | None = None
    modified_at: datetime | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of an answer."""
        row = as_map(row, "a survey")
        return cls(
            vendor_id=needed(row, "SurveyID"),
            name=text(row, "SurveyName"),
            status=text(row, "SurveyStatus"),
            owner_id=text(row, "SurveyOwnerID"),
            responses=count(row.get("responses")),
            created_at=moment(row.get("SurveyCreationDate")),
            modified_at=moment(row.get("LastModified")),
            starts_at=moment(row.get("SurveyStartDate")),
            expires_at=moment(row.get("SurveyExpirationDate")),
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class SurveyNameRecord:
    """A survey's name, in one language where asked for (getSurveyName)."""

    name: str
    vendor_id: str = ""
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, result: Any) -> Self:
        """From a flat record or the bare name."""
        if isinstance(result, str) and result:
            return cls(name=result)
        row = as_map(result, "a survey's name")
        return cls(name=needed(row, "SurveyName"), vendor_id=text(row, "SurveyID"), raw=row)


@dataclass(frozen=True, kw_only=True)
class QuotaRecord:
    """How many forms of a kind are wanted, and how many came (getQuotas)."""

    vendor_id: str
    name: str = ""
    limit: int = 0
    count: int = 0
    logic_type: str = ""
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of an answer."""
        row = as_map(row, "a quota")
        return cls(
            vendor_id=text(row, "QuotaID") or needed(row, "ID"),
            name=text(row, "Name"),
            limit=count(row.get("Limit", row.get("Quota"))),
            count=count(row.get("Count")),
            logic_type=text(row, "LogicType"),
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class TranslationsOutcome:
    """Result of importSurveyTranslations; `count` is None if the response does not contain it.

    >>> TranslationsOutcome.read({"Success": True, "Count": 12, "Languages": ["EN", "DE"]})
    TranslationsOutcome(count=12, languages=('EN', 'DE'))
    >>> TranslationsOutcome.read({"Success": True}).count is None
    True
    """

    count: int | None = None
    languages: tuple[str, ...] = ()

    @classmethod
    def read(cls, result: Any) -> Self:
        """From an answer's Result, whatever of it is there."""
        row = result if isinstance(result, Mapping) else {}
        said = row.get("Languages")
        return cls(
            count=count(row["Count"]) if row.get("Count") is not None else None,
            languages=tuple(words_of(one) for one in as_list(said)) if said else (),
        )
