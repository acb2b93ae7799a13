"""Our own calls about access to subjects' reports on the site, besides the API's 50."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from qxportal.threesixty.calls.base import As, Call, RetryPolicy, param
from qxportal.threesixty.errors import MalformedResponse, Rejected
from qxportal.threesixty.records.report_access import AccessOutcome, ReportAccessRecord
from qxportal.threesixty.values import as_map, listed, needed

MOST_ACCESSES = 100  # maximum number per call
COMMON = frozenset({"ThreeSixtyID", "Notify", "IdempotencyKey"})  # for the whole call


class Reader(StrEnum):
    """The reader's relation to the subject."""

    SUBJECT = "Subject"
    MANAGER = "Manager"
    OTHER = "Other"


@dataclass(frozen=True, kw_only=True)
class GetReportAccess(Call[tuple[ReportAccessRecord, ...]]):
    """Readers of one subject's report, or of all reports of an assessment, and who opened it (qxGetReportAccess)."""

    request = "qxGetReportAccess"

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str | None = param("SubjectID", default=None)

    def read(self, answer: Any) -> tuple[ReportAccessRecord, ...]:
        """One record per reader."""
        return tuple(ReportAccessRecord.read(row) for row in listed(answer, "Accesses"))


@dataclass(frozen=True, kw_only=True)
class GetReportKey(Call[str]):
    """A key of everything a report's PDF depends on, for one viewer; equal keys, equal PDFs (qxGetReportKey)."""

    request = "qxGetReportKey"

    assessment_id: str = param("ThreeSixtyID")
    person_id: str = param("PersonID")
    viewer: str = param("Viewer")

    def read(self, answer: Any) -> str:
        """The key."""
        return needed(as_map(answer, "a key"), "Key")


@dataclass(frozen=True, kw_only=True)
class SetReportAccess(Call[None]):
    """Give a person access to a subject's report on the site; `until` now revokes it (qxSetReportAccess)."""

    request = "qxSetReportAccess"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    subject_id: str = param("SubjectID")
    person_id: str = param("PersonID")
    viewer: Reader = param("Viewer")
    from_at: datetime | None = param("From", default=None)  # None: now, or unchanged
    until_at: datetime | None = param("Until", default=None)  # None: open-ended
    edition: int | None = param("Edition", default=None)  # None: the latest edition
    notify: bool | None = param("Notify", default=None)  # by mail, when access begins or ends
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The subject's readers."""
        return GetReportAccess(assessment_id=self.assessment_id, subject_id=self.subject_id)

    def shows(self, found: Any) -> bool | None:
        """Whether the reader has the requested access."""
        if isinstance(found, Rejected) or not isinstance(found, Iterable):
            return None
        there = (
            one
            for one in found
            if isinstance(one, ReportAccessRecord)
            and (one.subject_id, one.person_id) == (self.subject_id, self.person_id)
        )
        record = next(there, None)
        if record is None:
            return False
        asked = (str(self.viewer), self.until_at, self.edition or 0)
        from_as_asked = self.from_at is None or record.from_at == self.from_at
        return from_as_asked and (record.viewer, record.until_at, record.edition) == asked


@dataclass(frozen=True, kw_only=True)
class SetReportAccesses(Call[tuple[AccessOutcome, ...]]):
    """Set the accesses of up to 100 readers of an assessment's reports at once (qxSetReportAccesses)."""

    request = "qxSetReportAccesses"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    accesses: tuple[Mapping[str, str], ...] = param("Accesses", how=As.JSON)  # by the parameters of qxSetReportAccess
    notify: bool | None = param("Notify", default=None)
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    @classmethod
    def of(cls, singles: Sequence[SetReportAccess]) -> Self:
        """A single call for several of the same assessment with the same notification."""
        (about,) = {(one.assessment_id, one.notify) for one in singles}
        entries = [dict(one.parameters(one.request)) for one in singles]
        accesses = ({name: value for name, value in entry.items() if name not in COMMON} for entry in entries)
        return cls(assessment_id=about[0], accesses=tuple(accesses), notify=about[1])

    def singles(self) -> tuple[SetReportAccess, ...]:
        """Equivalent calls for one reader each, each with a key of its own."""
        key = self.idempotency_key
        keys = [None if key is None else f"{key[:58]}-{place}" for place in range(len(self.accesses))]
        return tuple(self._single(entry, one) for entry, one in zip(self.accesses, keys, strict=True))

    def read(self, answer: Any) -> tuple[AccessOutcome, ...]:
        """The result for each reader, in the order of the call."""
        outcomes = tuple(AccessOutcome.read(row) for row in listed(answer, "Results"))
        if len(outcomes) != len(self.accesses):
            raise MalformedResponse("The answer does not tell of each reader.")
        return outcomes

    def read_back(self) -> Call[Any]:
        """All readers of the assessment's reports."""
        return GetReportAccess(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether every reader has the requested access."""
        missing = self.missing(found)
        return None if missing is None else not missing

    def missing(self, found: Any) -> tuple[int, ...] | None:
        """Positions of readers without the requested access; None if that cannot be determined."""
        shown = [one.shows(found) for one in self.singles()]
        return None if None in shown else tuple(place for place, there in enumerate(shown) if not there)

    def _single(self, entry: Mapping[str, str], key: str | None) -> SetReportAccess:
        return SetReportAccess(
            assessment_id=self.assessment_id,
            subject_id=entry["SubjectID"],
            person_id=entry["PersonID"],
            viewer=Reader(entry["Viewer"]),
            from_at=_moment(entry.get("From")),
            until_at=_moment(entry.get("Until")),
            edition=int(entry["Edition"]) if entry.get("Edition") else None,
            notify=self.notify,
            idempotency_key=key,
        )


def _moment(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) if text else None
