"""A brand, its mailings and its mails, as our own server reports them."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD
from qxportal.threesixty.values import Raw, as_list, as_map, count, flag, moment, needed, text, words_of


@dataclass(frozen=True, kw_only=True)
class TestMailRecord:
    """A test mail and what became of it."""

    key: str = ""
    address: str = ""
    state: str = ""
    reply: str = ""
    created_at: datetime | None = None

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one of a brand's test mails."""
        row = as_map(row, "a test mail")
        return cls(
            key=text(row, "Key"),
            address=text(row, "Address"),
            state=text(row, "State"),
            reply=text(row, "Reply"),
            created_at=moment(row.get("CreatedAt")),
        )


@dataclass(frozen=True, kw_only=True)
class ReturnedRecord:
    """How many people of an assessment did not get their mail at the address that they have still."""

    assessment_id: str
    people: int = 0
    last_at: datetime | None = None

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one of a brand's assessments."""
        row = as_map(row, "mail that came back")
        return cls(
            assessment_id=needed(row, "ThreeSixtyID"),
            people=count(row.get("People")),
            last_at=moment(row.get("LastAt")),
        )


@dataclass(frozen=True, kw_only=True)
class BrandRecord:
    """How a brand looks, writes and mails (qxGetBrand)."""

    name: str
    title: str = ""
    color: str = ""
    logo_id: str = ""
    logo_digest: str = ""  # SHA-256 of the file that the logo was made from
    logo: bytes = field(default=b"", repr=False)  # the PNG that pages and mails show
    language: str = ""
    time_zone: str = ""
    from_name: str = ""
    mail_from: str = ""
    reply_to: str = ""
    footer: Mapping[str, str] = field(default_factory=dict)
    report_cover: Mapping[str, str] = field(default_factory=dict)  # on the cover of reports, by language
    report_confidential: Mapping[str, str] = field(default_factory=dict)  # after what reports say of confidentiality
    quiet_from: str = ""
    quiet_until: str = ""
    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    min_spread: int = MINIMUM_FOR_SPREAD
    mail: str = "off"  # off, test or on
    test_address: str = ""
    tests: tuple[TestMailRecord, ...] = ()
    site_url: str = ""
    held: bool = False  # the server's database is a copy and sends no mail
    redirected: bool = False  # all mail goes to one address
    waiting: int = 0
    waiting_since: datetime | None = None
    unreached: int = 0  # mails that wait because the mail server was not reached
    last_reply: str = ""
    reports_unread_since: datetime | None = None  # delivery reports cannot be read
    reports_problem: str = ""
    returned: tuple[ReturnedRecord, ...] = ()
    prints_letters: bool = True  # whether the server prints letters for this user, who may be a subject
    raw_answers_since: datetime | None = None  # since when evaluators are informed that answers are exported with names
    raw: Raw = field(default_factory=dict)

    @property
    def raw_answers(self) -> bool:
        """Whether evaluators are informed that administrators may export answers with names."""
        return self.raw_answers_since is not None

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the answer."""
        row = as_map(answer, "a brand")
        return cls(
            name=needed(row, "Name"),
            title=text(row, "Title"),
            color=text(row, "Color"),
            logo_id=text(row, "LogoID"),
            logo_digest=text(row, "LogoDigest"),
            logo=_decoded(text(row, "Logo")),
            language=text(row, "Language"),
            time_zone=text(row, "TimeZone"),
            from_name=text(row, "FromName"),
            mail_from=text(row, "MailFrom"),
            reply_to=text(row, "ReplyTo"),
            footer=_by_language(row.get("Footer")),
            report_cover=_by_language(row.get("ReportCover")),
            report_confidential=_by_language(row.get("ReportConfidential")),
            quiet_from=text(row, "QuietFrom"),
            quiet_until=text(row, "QuietUntil"),
            min_group=max(MINIMUM, count(row.get("MinimumGroup"))),
            min_comments=max(MINIMUM, count(row.get("MinimumComments"))),
            min_spread=count(row.get("MinimumForSpread")) or MINIMUM_FOR_SPREAD,
            mail=text(row, "Mail") or "off",
            test_address=text(row, "TestAddress"),
            tests=tuple(TestMailRecord.read(one) for one in as_list(row.get("Tests"))),
            site_url=text(row, "SiteURL"),
            held=flag(row.get("Held")),
            redirected=flag(row.get("Redirected")),
            waiting=count(row.get("Waiting")),
            waiting_since=moment(row.get("WaitingSince")),
            unreached=count(row.get("Unreached")),
            last_reply=text(row, "LastReply"),
            reports_unread_since=moment(row.get("ReportsUnreadSince")),
            reports_problem=text(row, "ReportsProblem"),
            returned=tuple(ReturnedRecord.read(one) for one in as_list(row.get("Returned"))),
            prints_letters=flag(row.get("PrintsLetters", True)),
            raw_answers_since=moment(row.get("RawAnswersSince")),
            raw=row,
        )


def _by_language(told: object) -> dict[str, str]:
    """Texts by the code of their language; an empty map comes as a list."""
    return {str(code): str(said) for code, said in told.items()} if isinstance(told, dict) else {}


def _decoded(said: str) -> bytes:
    """A picture; nothing where it is unsound, as only the preview lacks it then."""
    try:
        return b64decode(said, validate=True)
    except ValueError:
        return b""


@dataclass(frozen=True, kw_only=True)
class MailingRecord:
    """One mailing of an assessment (qxGetMailings)."""

    vendor_id: str
    kind: str
    message_id: str = ""
    subject_message_id: str = ""
    person_ids: tuple[str, ...] = ()  # empty: the whole audience
    standing: bool = False
    scheduled_at: datetime | None = None
    sent_at: datetime | None = None
    cancelled_at: datetime | None = None
    key: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)  # queued, sending, sent, failed, cancelled
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a mailing")
        return cls(
            vendor_id=needed(row, "MailingID"),
            kind=needed(row, "Kind"),
            message_id=text(row, "MessageID"),
            subject_message_id=text(row, "SubjectMessageID"),
            person_ids=tuple(words_of(one) for one in as_list(row.get("PersonIDs"))),
            standing=flag(row.get("Standing")),
            scheduled_at=moment(row.get("ScheduledAt")),
            sent_at=moment(row.get("SentAt")),
            cancelled_at=moment(row.get("CancelledAt")),
            key=text(row, "Key"),
            counts={str(state): count(number) for state, number in as_map(row.get("Counts") or {}, "counts").items()},
            raw=row,
        )


@dataclass(frozen=True, kw_only=True)
class MailRecord:
    """One mail to one person (qxGetMails)."""

    vendor_id: str
    mailing_id: str = ""
    person_id: str = ""
    kind: str = ""
    covers_all: bool = True  # whether the person was asked for nothing since the last invitation
    state: str = ""
    why: str = ""  # a code, see docs/engine-api.md
    address: str = ""
    reply: str = ""
    created_at: datetime | None = None
    not_before: datetime | None = None
    settled_at: datetime | None = None
    raw: Raw = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a mail")
        return cls(
            vendor_id=needed(row, "MailID"),
            mailing_id=text(row, "MailingID"),
            person_id=text(row, "PersonID"),
            kind=text(row, "Kind"),
            covers_all=flag(row.get("CoversAll", 1)),
            state=text(row, "State"),
            why=text(row, "Why"),
            address=text(row, "Address"),
            reply=text(row, "Reply"),
            created_at=moment(row.get("CreatedAt")),
            not_before=moment(row.get("NotBefore")),
            settled_at=moment(row.get("SettledAt")),
            raw=row,
        )
