"""Letters with a code, as our own server reports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.values import Raw, as_map, flag, listed, moment, needed, text


@dataclass(frozen=True, kw_only=True)
class LetterRecord:
    """One letter that was printed (qxGetLetters)."""

    person_id: str
    printed_at: datetime | None = None
    expires_at: datetime | None = None
    ended: bool = False  # by a newer letter, by ending all links, or because the person left
    key: str = ""
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a letter")
        return cls(
            person_id=needed(row, "PersonID"),
            printed_at=moment(row.get("PrintedAt")),
            expires_at=moment(row.get("ExpiresAt")),
            ended=flag(row.get("Ended")),
            key=text(row, "Key"),
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class FreshLetter:
    """A letter with its code, which is told once: it is shown by no repr, and there is no raw answer beside it."""

    person_id: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    code: str = field(default="", repr=False)  # empty in the answer to a repeated key
    deadline: datetime | None = None  # the earliest of what the person has open
    expires_at: datetime | None = None

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a letter")
        return cls(
            person_id=needed(row, "PersonID"),
            first_name=text(row, "FirstName"),
            last_name=text(row, "LastName"),
            language=text(row, "Language"),
            code=text(row, "Code"),
            deadline=moment(row.get("Deadline")),
            expires_at=moment(row.get("ExpiresAt")),
        )

    def as_json(self) -> Mapping[str, str]:
        """All of it, to be sealed."""
        moments = {"Deadline": self.deadline, "ExpiresAt": self.expires_at}
        return {
            "PersonID": self.person_id,
            "FirstName": self.first_name,
            "LastName": self.last_name,
            "Language": self.language,
            "Code": self.code,
            **{name: f"{at:%Y-%m-%d %H:%M:%S}" for name, at in moments.items() if at},
        }


@dataclass(frozen=True, kw_only=True)
class PrintedLetters:
    """Letters that were printed just now, and what all of them say (qxPrintLetters)."""

    site_url: str = ""
    organization: str = ""
    time_zone: str = ""
    letters: tuple[FreshLetter, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the codes are there: the answer to a repeated key has none."""
        return bool(self.letters) and all(one.code for one in self.letters)

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the answer."""
        row = as_map(answer, "letters")
        return cls(
            site_url=text(row, "SiteURL"),
            organization=text(row, "Organization"),
            time_zone=text(row, "TimeZone"),
            letters=tuple(FreshLetter.read(one) for one in listed(row, "Letters")),
        )

    def as_json(self) -> Mapping[str, object]:
        """All of it, to be sealed."""
        return {
            "SiteURL": self.site_url,
            "Organization": self.organization,
            "TimeZone": self.time_zone,
            "Letters": [one.as_json() for one in self.letters],
        }
