"""Calls about surveys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qxportal.threesixty.calls.base import AnswerKind, As, Call, File, RetryPolicy, check_upload, one_of, param
from qxportal.threesixty.enums import SurveyFormat
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import Created, QuotaRecord, SurveyDefinition, SurveyNameRecord, SurveyRecord
from qxportal.threesixty.records.surveys import TranslationsOutcome
from qxportal.threesixty.values import listed

FILES = {
    SurveyFormat.QSF: ("survey.qsf", "application/json"),
    SurveyFormat.TXT: ("survey.txt", "text/plain; charset=utf-8"),
    SurveyFormat.DOC: ("survey.doc", "application/msword"),
    SurveyFormat.DOCX: (
        "survey.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
}


@dataclass(frozen=True, kw_only=True)
class GetSurveys(Call[tuple[SurveyRecord, ...]]):
    """The caller's surveys (getSurveys, since 2.0)."""

    request = "getSurveys"

    def read(self, answer: Any) -> tuple[SurveyRecord, ...]:
        """One record per survey."""
        return tuple(SurveyRecord.read(row) for row in listed(answer, "Surveys"))


@dataclass(frozen=True, kw_only=True)
class GetSurvey(Call[SurveyDefinition]):
    """A survey's questions, in its own language or another (getSurvey, since 2.0; its own XML in three layouts)."""

    request = "getSurvey"
    answer = AnswerKind.SURVEY

    survey_id: str = param("SurveyID")
    language: str | None = param("Language", default=None)
    export_logic: bool = param("ExportLogic", default=False)

    def read(self, answer: Any) -> SurveyDefinition:
        """Questions, blocks, flow and embedded data."""
        return SurveyDefinition.read(answer)


@dataclass(frozen=True, kw_only=True)
class GetSurveyName(Call[SurveyNameRecord]):
    """A survey's name, in its own language or another (getSurveyName, since 2.0)."""

    request = "getSurveyName"

    survey_id: str = param("SurveyID")
    language: str | None = param("Language", default=None)

    def read(self, answer: Any) -> SurveyNameRecord:
        """The name."""
        return SurveyNameRecord.read(answer)


@dataclass(frozen=True, kw_only=True)
class GetQuotas(Call[tuple[QuotaRecord, ...]]):
    """A survey's quotas and how far they are filled (getQuotas, since 2.1)."""

    request = "getQuotas"

    survey_id: str = param("SurveyID")

    def read(self, answer: Any) -> tuple[QuotaRecord, ...]:
        """One record per quota."""
        return tuple(QuotaRecord.read(row) for row in listed(answer, "Quotas"))


@dataclass(frozen=True, kw_only=True)
class _Listed(Call[None]):
    """Base of changes that show in the survey's row of the listing."""

    survey_id: str = param("SurveyID")

    def read(self, answer: Any) -> None:
        """Success is all the API promises here."""

    def read_back(self) -> GetSurveys:
        """The caller's surveys."""
        return GetSurveys()

    def shows(self, found: Any) -> bool | None:
        """Whether the survey's row shows the change; None if the survey is not listed."""
        there = () if isinstance(found, Rejected) else found
        return next((self.is_in(one) for one in there if one.vendor_id == self.survey_id), None)

    def is_in(self, survey: SurveyRecord) -> bool:
        """Whether the row shows the change."""
        raise TypeError(f"{type(self).__name__} does not say what it changes")


@dataclass(frozen=True, kw_only=True)
class ActivateSurvey(_Listed):
    """Open a survey for answers (activateSurvey, since 2.0)."""

    request = "activateSurvey"
    retry_policy = RetryPolicy.STATE

    def is_in(self, survey: SurveyRecord) -> bool:
        """Whether it is active."""
        return survey.status == "Active"


@dataclass(frozen=True, kw_only=True)
class DeactivateSurvey(_Listed):
    """Close a survey to answers (deactivateSurvey, since 2.0)."""

    request = "deactivateSurvey"
    retry_policy = RetryPolicy.STATE

    def is_in(self, survey: SurveyRecord) -> bool:
        """Whether it is inactive."""
        return survey.status == "Inactive"


@dataclass(frozen=True, kw_only=True)
class SetSurveyOptions(_Listed):
    """Switch a survey on or off and set when it is valid (setSurveyOptions, since 2.0).

    Times are sent in UTC. With `close_sessions`, switching off records half-finished responses as they are.
    """

    request = "setSurveyOptions"

    active: bool | None = param("Active", default=None)
    close_sessions: bool = param("CloseSessions")
    expires: bool | None = param("Expiration", default=None)
    valid_from: datetime | None = param("ExpirationStartDate", default=None)
    valid_until: datetime | None = param("ExpirationEndDate", default=None)
    time_zone: str | None = param("SourceTimeZone", default=None)

    def __post_init__(self) -> None:
        if (self.valid_from or self.valid_until) and self.time_zone not in (None, "UTC"):
            raise ValueError("Times are sent in UTC: SourceTimeZone is UTC.")
        if self.valid_from or self.valid_until:
            object.__setattr__(self, "time_zone", "UTC")

    @property
    def retry_policy(self) -> RetryPolicy:  # type: ignore[override]
        """Closing sessions records half-finished answers, irreversibly."""
        return RetryPolicy.DESTRUCTIVE if self.close_sessions and self.active is False else RetryPolicy.STATE

    def is_in(self, survey: SurveyRecord) -> bool:
        """Whether the survey is on or off and valid as requested."""
        switched = self.active is None or survey.status == ("Active" if self.active else "Inactive")
        if self.expires is False:
            return switched and survey.starts_at is None and survey.expires_at is None
        wanted = {"starts_at": self.valid_from, "expires_at": self.valid_until}
        return switched and all(
            when is None or getattr(survey, name) == when.replace(microsecond=0) for name, when in wanted.items()
        )


@dataclass(frozen=True, kw_only=True)
class TransferSurveyOwnership(_Listed):
    """Transfer a survey to another owner, optionally under another name (transferSurveyOwnership, since 2.0)."""

    request = "transferSurveyOwnership"
    retry_policy = RetryPolicy.DESTRUCTIVE

    name: str | None = param("SurveyName", default=None)
    owner_id: str = param("OwnerID")
    new_owner_id: str = param("NewOwnerID")

    def is_in(self, survey: SurveyRecord) -> bool:
        """Whether the survey has that owner and name."""
        return survey.owner_id == self.new_owner_id and self.name in (None, survey.name)


@dataclass(frozen=True, kw_only=True)
class ImportSurvey(Call[Created]):
    """Create a survey from a file (importSurvey, since 2.0; at most 8 MB).

    A bad file can leave an empty survey behind along with an error, so a refusal proves nothing.
    """

    request = "importSurvey"
    retry_policy = RetryPolicy.CREATE
    refusal_proves = False

    name: str = param("Name")
    import_format: SurveyFormat = param("ImportFormat", default=SurveyFormat.QSF)
    activate: bool = param("Activate", default=False)
    file_contents: bytes = param("FileContents", how=As.FILE)
    owner_id: str | None = param("OwnerID", default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "import_format", one_of(SurveyFormat, self.import_format, "ImportFormat"))
        check_upload(self.file_contents, self.request)

    def file(self, content: str | bytes) -> File:
        """The file with the name and type for its format."""
        return File(*FILES[self.import_format], content.encode() if isinstance(content, str) else content)

    def read(self, answer: Any) -> Created:
        """The new survey's id."""
        return Created.read(answer, "SurveyID")

    def read_back(self) -> GetSurveys:
        """The caller's surveys."""
        return GetSurveys()

    def shows(self, found: Any) -> bool | None:
        """Whether one survey has the name; None if several have."""
        if isinstance(found, Rejected):
            return None
        alike = sum(one.name == self.name for one in found)
        return None if alike > 1 else alike == 1


@dataclass(frozen=True, kw_only=True)
class ImportSurveyTranslations(Call[TranslationsOutcome]):
    """Set a survey's translations from a table (importSurveyTranslations, since 2.0; at most 8 MB).

    `as_admin` is for another user's survey. No read-back shows all changes.
    """

    request = "importSurveyTranslations"
    retry_policy = RetryPolicy.STATE

    survey_id: str = param("SurveyID")
    file_contents: str = param("FileContents", how=As.FILE)
    as_admin: bool | None = param("AsAdmin", default=None)

    def __post_init__(self) -> None:
        check_upload(self.file_contents, self.request)

    def read(self, answer: Any) -> TranslationsOutcome:
        """Number of imported texts and current languages, if the response has them."""
        return TranslationsOutcome.read(answer)
