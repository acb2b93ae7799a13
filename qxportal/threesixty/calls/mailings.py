"""Our own calls about the brand, its mailings and its mails; other servers answer that there is no such request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from qxportal.threesixty.calls.base import As, Call, File, RetryPolicy, param
from qxportal.threesixty.records.mailings import BrandRecord, MailingRecord, MailRecord
from qxportal.threesixty.values import as_map, count, listed


@dataclass(frozen=True, kw_only=True)
class GetBrand(Call[BrandRecord]):
    """The brand's appearance, texts and mail settings (qxGetBrand)."""

    request = "qxGetBrand"

    def read(self, answer: Any) -> BrandRecord:
        """The brand."""
        return BrandRecord.read(answer)


@dataclass(frozen=True, kw_only=True)
class SetBrand(Call[None]):
    """Change the given settings of the brand; a test mail's code switches mail on (qxSetBrand)."""

    request = "qxSetBrand"
    retry_policy = RetryPolicy.STATE

    title: str | None = param("Title", default=None)
    color: str | None = param("Color", default=None)
    logo_id: str | None = param("LogoID", default=None)
    logo: bytes | None = param("FileContents", how=As.FILE, default=None)
    language: str | None = param("Language", default=None)
    time_zone: str | None = param("TimeZone", default=None)
    from_name: str | None = param("FromName", default=None)
    reply_to: str | None = param("ReplyTo", default=None)
    footer: Mapping[str, str] | None = param("Footer", how=As.JSON, default=None)
    report_cover: Mapping[str, str] | None = param("ReportCover", how=As.JSON, default=None)
    report_confidential: Mapping[str, str] | None = param("ReportConfidential", how=As.JSON, default=None)
    quiet_from: str | None = param("QuietFrom", default=None)
    quiet_until: str | None = param("QuietUntil", default=None)
    min_group: int | None = param("MinimumGroup", default=None)
    min_comments: int | None = param("MinimumComments", default=None)
    min_spread: int | None = param("MinimumForSpread", default=None)
    mail: str | None = param("Mail", default=None)
    test_code: str | None = param("TestCode", default=None)
    raw_answers: bool | None = param("RawAnswers", default=None)  # whether administrators may export answers with names
    clear: tuple[str, ...] | None = param("Clear", default=None)
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    COMPARED = (
        "title",
        "color",
        "logo_id",
        "language",
        "time_zone",
        "from_name",
        "reply_to",
        "footer",
        "report_cover",
        "report_confidential",
        "quiet_from",
        "quiet_until",
        "min_group",
        "min_comments",
        "min_spread",
        "mail",
        "raw_answers",
    )

    CLEARABLE = {  # noqa: RUF012  # what shows that something was cleared
        "Color": "color",
        "Footer": "footer",
        "FromName": "from_name",
        "LogoID": "logo_digest",
        "ReplyTo": "reply_to",
        "ReportConfidential": "report_confidential",
        "ReportCover": "report_cover",
    }

    def file(self, content: str | bytes) -> File:
        """The logo; the server detects the image type."""
        return File("logo", "application/octet-stream", content.encode() if isinstance(content, str) else content)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The brand as it is."""
        return GetBrand()

    def shows(self, found: Any) -> bool | None:
        """Whether all settings have the given values."""
        if not isinstance(found, BrandRecord):
            return None
        wanted = {name: value for name in self.COMPARED if (value := getattr(self, name)) is not None}
        if any(getattr(found, self.CLEARABLE[name]) for name in self.clear or () if name in self.CLEARABLE):
            return False
        if self.logo is not None and found.logo_digest != sha256(self.logo).hexdigest():
            return False
        return all(getattr(found, name) == value for name, value in wanted.items())


@dataclass(frozen=True, kw_only=True)
class SendTestMail(Call[None]):
    """Send a test mail with a code that switches mail on (qxSendTestMail)."""

    request = "qxSendTestMail"
    retry_policy = RetryPolicy.STATE

    address: str = param("Address")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> None:
        """Success is all that is promised here."""

    def read_back(self) -> Call[Any]:
        """The brand with its latest test mails."""
        return GetBrand()

    def shows(self, found: Any) -> bool | None:
        """Whether the test mail was queued."""
        if not isinstance(found, BrandRecord) or not self.idempotency_key:
            return None
        return any(one.key == self.idempotency_key for one in found.tests)


@dataclass(frozen=True, kw_only=True)
class GetMailings(Call[tuple[MailingRecord, ...]]):
    """An assessment's mailings (qxGetMailings)."""

    request = "qxGetMailings"

    assessment_id: str = param("ThreeSixtyID")

    def read(self, answer: Any) -> tuple[MailingRecord, ...]:
        """One record per mailing."""
        return tuple(MailingRecord.read(row) for row in listed(answer, "Mailings"))


@dataclass(frozen=True, kw_only=True)
class CreateMailing(Call[MailingRecord]):
    """Plan a mailing to its whole audience, or to selected people (qxCreateMailing)."""

    request = "qxCreateMailing"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    kind: str = param("Kind")
    message_id: str | None = param("MessageID", default=None)
    subject_message_id: str | None = param("SubjectMessageID", default=None)
    person_ids: tuple[str, ...] | None = param("PersonIDs", default=None)
    standing: bool = param("Standing", default=False)
    scheduled_at: datetime | None = param("ScheduledAt", default=None)
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> MailingRecord:
        """The mailing."""
        return MailingRecord.read(answer)

    def read_back(self) -> Call[Any]:
        """The assessment's mailings."""
        return GetMailings(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether a mailing with this key exists."""
        if not isinstance(found, Iterable) or not self.idempotency_key:
            return None
        return any(isinstance(one, MailingRecord) and one.key == self.idempotency_key for one in found)


@dataclass(frozen=True, kw_only=True)
class CancelMailing(Call[int]):
    """Stop a mailing (qxCancelMailing)."""

    request = "qxCancelMailing"
    retry_policy = RetryPolicy.STATE

    assessment_id: str = param("ThreeSixtyID")
    mailing_id: str = param("MailingID")
    idempotency_key: str | None = param("IdempotencyKey", default=None)

    def read(self, answer: Any) -> int:
        """How many mails were cancelled."""
        return count(as_map(answer, "a count").get("Cancelled"))

    def read_back(self) -> Call[Any]:
        """The assessment's mailings."""
        return GetMailings(assessment_id=self.assessment_id)

    def shows(self, found: Any) -> bool | None:
        """Whether it is stopped."""
        if not isinstance(found, Iterable):
            return None
        states = [
            one.cancelled_at for one in found if isinstance(one, MailingRecord) and one.vendor_id == self.mailing_id
        ]
        return states[0] is not None if states else None


@dataclass(frozen=True, kw_only=True)
class GetMails(Call[tuple[MailRecord, ...]]):
    """The mails about an assessment, of one mailing, or to one person (qxGetMails)."""

    request = "qxGetMails"

    assessment_id: str = param("ThreeSixtyID")
    mailing_id: str | None = param("MailingID", default=None)
    person_id: str | None = param("PersonID", default=None)

    def read(self, answer: Any) -> tuple[MailRecord, ...]:
        """One record per mail."""
        return tuple(MailRecord.read(row) for row in listed(answer, "Mails"))
