"""The brand's appearance, texts and mail settings: stored from the server's responses, and read by the pages.

For a server without brands nothing is stored, and the pages leave these parts out.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from assessments.models import BrandState
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Organisation
from qxportal.core.stored_times import read_time, stored_time
from qxportal.threesixty.calls.mailings import GetBrand
from qxportal.threesixty.records.mailings import BrandRecord, TestMailRecord
from qxportal.threesixty.relationships import MINIMUM, MINIMUM_FOR_SPREAD

MINIMUMS = ("min_group", "min_comments", "min_spread")  # see thresholds.py
KEPT = (
    "name",
    "title",
    "color",
    "logo_digest",
    "language",
    "time_zone",
    "from_name",
    "mail_from",
    "reply_to",
    "quiet_from",
    "quiet_until",
    *MINIMUMS,
    "mail",
    "test_address",
    "held",
    "redirected",
    "waiting",
    "unreached",
    "last_reply",
    "reports_problem",
    "prints_letters",
)
TIMES = ("waiting_since", "raw_answers_since", "reports_unread_since")
TEXTS = ("footer", "report_cover", "report_confidential")  # by language
SET = (  # settings that members change
    "title",
    "color",
    "language",
    "time_zone",
    "from_name",
    "reply_to",
    *TEXTS,
    "quiet_from",
    "quiet_until",
    *MINIMUMS,
    "mail",
)


@dataclass(frozen=True)
class MailTest:
    """A test mail and its result."""

    address: str
    state: str  # queued, sending, sent, failed, cancelled
    reply: str
    created_at: datetime | None


@dataclass(frozen=True)
class ReturnedFacts:
    """Mails of an assessment that were returned from addresses still in use at that time."""

    assessment_key: str
    people: int
    last_at: datetime | None


@dataclass(frozen=True)
class BrandFacts:
    """Stored facts of the brand."""

    seen_at: datetime
    name: str = ""
    title: str = ""
    color: str = ""
    logo_digest: str = ""  # of the file that the logo was made from
    language: str = ""
    time_zone: str = ""
    from_name: str = ""
    mail_from: str = ""
    reply_to: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    min_group: int = MINIMUM
    min_comments: int = MINIMUM
    min_spread: int = MINIMUM_FOR_SPREAD
    mail: str = "off"  # off, test (all to the test address), on
    test_address: str = ""
    held: bool = False  # the server's database is a copy and sends no mail
    redirected: bool = False  # the operator has all mail go to one address
    waiting: int = 0
    unreached: int = 0  # mails that wait because the mail server was not reached
    last_reply: str = ""
    reports_problem: str = ""  # why delivery reports cannot be read
    reports_unread_since: datetime | None = None
    returned: tuple[ReturnedFacts, ...] = ()  # the latest first
    prints_letters: bool = True  # whether the server prints letters for the user of the credential
    waiting_since: datetime | None = None
    raw_answers_since: datetime | None = None  # since when evaluators are informed that answers are exported with names
    footer: Mapping[str, str] = field(default_factory=dict)  # by language
    report_cover: Mapping[str, str] = field(default_factory=dict)
    report_confidential: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[MailTest, ...] = ()  # newest first

    @property
    def off(self) -> bool:
        """Whether mail is off."""
        return self.mail == "off"

    @property
    def shown_name(self) -> str:
        """The brand's name as shown to people."""
        return self.title or self.name


def mirror_brand(org: Organisation, record: BrandRecord, *, as_of: datetime) -> None:
    """Store the brand's facts unless newer ones are stored."""
    facts: dict[str, Any] = {name: getattr(record, name) for name in KEPT}
    facts |= {
        **{name: dict(getattr(record, name)) for name in TEXTS},
        "waiting_since": stored_time(record.waiting_since),
        "raw_answers_since": stored_time(record.raw_answers_since),
        "reports_unread_since": stored_time(record.reports_unread_since),
        "returned": [
            {"assessment_key": one.assessment_id, "people": one.people, "last_at": stored_time(one.last_at)}
            for one in record.returned
        ],
        "tests": [_kept_test(one) for one in record.tests],
    }
    with transaction.atomic():
        row, made = BrandState.objects.select_for_update().get_or_create(
            org=org, defaults={"seen_at": as_of, "facts": facts, "logo": record.logo}
        )
        if not made and row.seen_at <= as_of:
            BrandState.objects.filter(pk=row.pk).update(seen_at=as_of, facts=facts, logo=record.logo)


def forget_brand(org: Organisation) -> None:
    """Delete the brand's facts, as the server does not report them (any more)."""
    BrandState.objects.filter(org=org).delete()


def brand_of(org: Organisation) -> BrandFacts | None:
    """The stored facts of the brand; None if the server reports none."""
    row = BrandState.objects.filter(org=org).defer("logo").first()
    if row is None:
        return None
    facts = dict(row.facts)
    tests = tuple(MailTest(**{**one, "created_at": read_time(one["created_at"])}) for one in facts.pop("tests"))
    returned = tuple(
        ReturnedFacts(**{**one, "last_at": read_time(one["last_at"])}) for one in facts.pop("returned", ())
    )
    times = {name: read_time(facts.get(name)) for name in TIMES}
    return BrandFacts(row.seen_at, **{**facts, **times}, tests=tests, returned=returned)


def logo_of(org: Organisation) -> bytes:
    """The brand's logo as a PNG for pages and mails; empty if there is none."""
    return bytes(BrandState.objects.filter(org=org).values_list("logo", flat=True).first() or b"")


def logo_address(org: Organisation) -> str:
    """The logo as a data URL for pages; empty if there is none."""
    logo = logo_of(org)
    return f"data:image/png;base64,{b64encode(logo).decode()}" if logo else ""


def knows_brand(org: Organisation) -> bool:
    """Whether the server reports a brand, and so sends mail."""
    return BrandState.objects.filter(org=org).exists()


def server_mails(org: Organisation) -> bool:
    """Whether the server may support brands and mail: it has not refused them lately."""
    return may_ask(org, GetBrand)


def set_values(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that a member can set, to be compared with later ones."""
    usual: dict[str, Any] = {name: {} for name in TEXTS}
    usual |= {"min_group": MINIMUM, "min_comments": MINIMUM, "min_spread": MINIMUM_FOR_SPREAD}
    return {name: facts.get(name, usual.get(name)) for name in SET}


def _kept_test(test: TestMailRecord) -> dict[str, str | None]:
    return {
        "address": test.address,
        "state": test.state,
        "reply": test.reply,
        "created_at": stored_time(test.created_at),
    }
