"""Mailings of an assessment and their mails: stored from the server's responses, read by the pages.

For a server without mailings nothing is stored. A reminded person had not answered, so members who are subjects of the
assessment see nothing of it, and the server reports nothing of it to them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assessments.fence import is_assessed_in
from assessments.models import Assessment, Evaluation, Mail, Mailings
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.core.searching import fitted, folded
from qxportal.core.stored_times import read_time, stored_time
from qxportal.threesixty.records.mailings import MailingRecord, MailRecord

INVITE, REMINDER, THANKS, REPORT = "Invite", "Reminder", "Thanks", "Report"
NOMINATE, APPROVE = "Nominate", "Approve"  # to people who choose or approve evaluators
REPORT_APPROVAL = "ReportApproval"  # to managers who approve a report before its subject opens it
REPORT_REMINDER = "ReportReminder"  # to readers who have not opened a report for a week
UNREACHABLE = (  # causes of failure that would also stop the next mail to the address
    "address",
    "refused",
    "no-such-address",
    "no-such-domain",
    "mailbox-disabled",
    "returned",
)
CAME_BACK = ("mailbox-full", "not-accepted", "expired")  # why a mail failed at an address that may be right
KEEP_ADDRESSES = timedelta(days=180)  # as the server does


@dataclass(frozen=True)
class MailingFacts:
    """One mailing as the server reports it."""

    key: str
    kind: str
    message_id: str
    persons: int  # number of selected people; None for the whole audience
    standing: bool
    scheduled_at: datetime | None
    sent_at: datetime | None
    cancelled_at: datetime | None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """Progress, as a state with a badge."""
        if self.cancelled_at:
            return "stopped"
        if self.waiting:
            return "sending"
        if not self.sent_at:
            return "planned"
        return "standing" if self.standing else "sent"

    def is_moving(self, now: datetime) -> bool:
        """Whether the mailing is due and not sent, or some of its mails have not left."""
        due = self.scheduled_at is not None and self.scheduled_at <= now
        return bool(self.waiting) or (due and not self.sent_at and not self.cancelled_at)

    @property
    def waiting(self) -> int:
        """Number of its unsent mails."""
        return self.counts.get("queued", 0) + self.counts.get("sending", 0)

    @property
    def sent(self) -> int:
        """Number of its sent mails."""
        return self.counts.get("sent", 0)

    @property
    def failed(self) -> int:
        """Number of its undeliverable mails."""
        return self.counts.get("failed", 0)

    @property
    def dropped(self) -> int:
        """Number of its mails no longer needed, or stopped."""
        return self.counts.get("cancelled", 0)

    @property
    def total(self) -> int:
        """Total number of its mails."""
        return sum(self.counts.values())

    @property
    def stoppable(self) -> bool:
        """Whether something of it may still leave."""
        return not self.cancelled_at and (not self.sent_at or self.standing or self.waiting > 0)


def mirror_mailings(
    assessment: Assessment, mailings: Iterable[MailingRecord], mails: Iterable[MailRecord], *, as_of: datetime
) -> None:
    """Store one assessment's mailings unless newer ones are stored."""
    facts = [_kept(record) for record in mailings]
    rows = _rows(assessment, mails, as_of)
    with transaction.atomic():
        kept, made = Mailings.objects.select_for_update().get_or_create(
            assessment=assessment, defaults={"org": assessment.org, "seen_at": as_of, "facts": facts}
        )
        if not made and kept.seen_at > as_of:
            return
        Mailings.objects.filter(pk=kept.pk).update(seen_at=as_of, facts=facts)
        Mail.objects.filter(assessment=assessment).delete()
        Mail.objects.bulk_create(rows, batch_size=1_000)


def forget_mailings(assessment: Assessment) -> None:
    """Delete stored mailings, as the server does not report them (any more), or not to this API user."""
    Mailings.objects.filter(assessment=assessment).delete()
    Mail.objects.filter(assessment=assessment).delete()


def forget_old_addresses() -> int:
    """Remove addresses from mails settled long ago; returns the number of mails."""
    old = Mail.objects.filter(settled_at__lt=timezone.now() - KEEP_ADDRESSES).exclude(address="")
    return old.update(address="", reply="")


def read_at(assessment: Assessment) -> datetime | None:
    """Time of the stored mailings; None if there are none."""
    return Mailings.objects.filter(assessment=assessment).values_list("seen_at", flat=True).first()


def mailings_of(member: Member, assessment: Assessment) -> list[MailingFacts]:
    """The mailings of an assessment, the latest first."""
    row = Mailings.objects.filter(assessment=assessment).first()
    if row is None or is_assessed_in(member, assessment):
        return []
    found = [_facts(kept) for kept in row.facts]
    return sorted(found, key=lambda one: (one.scheduled_at is None, one.scheduled_at), reverse=True)


def mails_of(member: Member, assessment: Assessment) -> QuerySet[Mail]:
    """The mails about an assessment."""
    rows = Mail.objects.filter(assessment=assessment)
    return rows.none() if is_assessed_in(member, assessment) else rows


def _rows(assessment: Assessment, mails: Iterable[MailRecord], as_of: datetime) -> list[Mail]:
    mails = list(mails)
    names = _names(assessment, {mail.person_id for mail in mails})
    return [
        Mail(
            org=assessment.org,
            assessment=assessment,
            vendor_id=mail.vendor_id,
            mailing_key=mail.mailing_id,
            person_key=mail.person_id,
            person_name=names.get(mail.person_id, ""),
            kind=mail.kind,
            covers_all=mail.covers_all,
            state=mail.state,
            why=mail.why,
            address=mail.address,
            reply=mail.reply.replace("\x00", ""),
            created_at=mail.created_at or as_of,
            not_before=mail.not_before,
            settled_at=mail.settled_at,
            search=fitted(folded(f"{names.get(mail.person_id, '')} {mail.address}"), 700),
        )
        for mail in {mail.vendor_id: mail for mail in mails}.values()
    ]


def _names(assessment: Assessment, keys: set[str]) -> dict[str, str]:
    """Names of people: as evaluators of the assessment, else from the directory."""
    known = Person.objects.filter(org=assessment.org, vendor_id__in=keys)
    names = {person.vendor_id: str(person) for person in known}
    evaluations = Evaluation.objects.filter(assessment=assessment, evaluator_key__in=keys - names.keys())
    return names | {one.evaluator_key: one.evaluator_name for one in evaluations}


def _kept(record: MailingRecord) -> dict[str, Any]:
    return {
        "key": record.vendor_id,
        "kind": record.kind,
        "message_id": record.message_id,
        "persons": len(record.person_ids),
        "standing": record.standing,
        "scheduled_at": stored_time(record.scheduled_at),
        "sent_at": stored_time(record.sent_at),
        "cancelled_at": stored_time(record.cancelled_at),
        "counts": dict(record.counts),
    }


def _facts(kept: Mapping[str, Any]) -> MailingFacts:
    times = {name: read_time(kept[name]) for name in ("scheduled_at", "sent_at", "cancelled_at")}
    return MailingFacts(**{**kept, **times})


def failed_addresses(
    org_id: int, keys: Collection[str], *, without: Collection[str] = ()
) -> dict[tuple[str, str], str]:
    """Causes of failure of the latest mails, by person and address.

    `without`: assessments whose mails are ignored, as they are hidden from the viewing member.
    """
    mails = Mail.objects.filter(org=org_id, person_key__in=keys, settled_at__isnull=False)
    mails = mails.exclude(assessment__vendor_id__in=without) if without else mails
    latest = mails.order_by("person_key", "-settled_at", "-pk").distinct("person_key")
    return {
        (one.person_key, one.address): one.why for one in latest if one.state == "failed" and one.why in UNREACHABLE
    }
