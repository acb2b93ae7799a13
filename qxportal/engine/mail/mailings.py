"""Due mailings: one queued mail for each person of their audience."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from qxportal.engine.mail import audience
from qxportal.engine.models import Assessment, Brand, Mail, Mailing, ReportAccess, Why
from qxportal.mail.queue import cancel_all

Kind = Mailing.Kind
STATES = {  # states of the assessment in which a mailing may be sent, and in which it still waits
    Kind.INVITE: ((Assessment.Status.ACTIVE,), (Assessment.Status.DRAFT,)),
    Kind.REMINDER: ((Assessment.Status.ACTIVE,), ()),
    Kind.THANKS: ((Assessment.Status.ACTIVE, Assessment.Status.CLOSED), (Assessment.Status.DRAFT,)),
    Kind.NOMINATE: ((Assessment.Status.ACTIVE,), (Assessment.Status.DRAFT,)),
    Kind.APPROVE: ((Assessment.Status.ACTIVE,), ()),
    Kind.REPORT: ((Assessment.Status.ACTIVE, Assessment.Status.CLOSED), (Assessment.Status.DRAFT,)),
    Kind.REPORT_APPROVAL: ((Assessment.Status.ACTIVE, Assessment.Status.CLOSED), (Assessment.Status.DRAFT,)),
    Kind.REPORT_REMINDER: ((Assessment.Status.ACTIVE, Assessment.Status.CLOSED), ()),
}
NEW_INVITATIONS = "AutoInvite"  # the workflow option that makes invitations standing mailings


def queue_due(*, now: datetime, again: bool = True) -> int:
    """Queue the mails of all due mailings; returns the number of mails.

    With `again`, standing mailings are queued for new people, too.
    """
    found = Mailing.objects.filter(_due(now)) if again else Mailing.objects.filter(_due(now), sent_at=None)
    due = found.order_by("pk")
    return sum(_queue(pk, now) for pk in list(due.values_list("pk", flat=True)))


def ask_for_approvals(assessment: Assessment, *, now: datetime) -> None:
    """Start a standing mailing to managers about reports to approve, unless the assessment has had one.

    One planned by the assessment's administrator has chosen texts; a stopped one is a decision, too. Does nothing while
    the brand's mail is off.
    """
    planned = assessment.mailings.filter(kind=Kind.REPORT_APPROVAL, standing=True)
    if assessment.brand.mail != Brand.MailMode.OFF and not planned.exists():
        Mailing.objects.create(assessment=assessment, kind=Kind.REPORT_APPROVAL, standing=True, scheduled_at=now)


def tell_readers(assessment: Assessment, *, now: datetime) -> None:
    """Start a standing mailing to readers about reports that they can open, unless the brand's mail is off."""
    planned = assessment.mailings.filter(kind=Kind.REPORT, standing=True, cancelled_at=None)
    if assessment.brand.mail != Brand.MailMode.OFF and not planned.exists():
        Mailing.objects.create(assessment=assessment, kind=Kind.REPORT, standing=True, scheduled_at=now)


def tell_of_withdrawal(access: ReportAccess, *, now: datetime) -> None:
    """Queue a notification for a reader whose access to a report was withdrawn."""
    if access.brand.mail == Brand.MailMode.OFF or access.person.removed_at is not None:
        return
    mail = Mail(
        brand=access.brand,
        assessment=access.assessment,
        person=access.person,
        kind=Mail.Kind.REPORT_WITHDRAWN,
        key=f"withdrawn:{access.public_id}:{now.isoformat()}",
        not_before=now,
    )
    Mail.objects.bulk_create([mail], ignore_conflicts=True)


def cancel(mailing: Mailing, *, now: datetime, why: str) -> int:
    """Stop a mailing and cancel its unsent mails; returns their number."""
    Mailing.objects.filter(pk=mailing.pk, cancelled_at=None).update(cancelled_at=now)
    return cancel_all(mailing.mails.all(), why=why)


def cancel_all_of(assessment: Assessment, *, now: datetime) -> None:
    """Stop all mailings of an assessment and cancel its unsent mails."""
    assessment.mailings.filter(Q(sent_at=None) | Q(standing=True), cancelled_at=None).update(cancelled_at=now)
    cancel_all(assessment.mails.all(), why=Why.WITHDRAWN)


def was_about_one(mail: Mail) -> bool:
    """Whether a mail was queued about one evaluation: separate mails of a mailing, and reminders by subjects."""
    return (mail.key or "").count(":") == 2 or (mail.kind == Mail.Kind.REMINDER and mail.mailing_id is None)


def _due(now: datetime) -> Q:
    """Filter for mailings due now, for the first time or for new people."""
    return going_on() & Q(scheduled_at__lte=now)


def going_on() -> Q:
    """Filter for mailings that have not queued their mails yet, or queue further ones for new people."""
    wants_new = Q(assessment__options__contains={NEW_INVITATIONS: True})
    auto = wants_new & Q(kind=Kind.INVITE, persons__isnull=True, sent_at__isnull=False)
    return (Q(sent_at=None) | Q(standing=True) | auto) & Q(cancelled_at=None)


def _queue(pk: int, now: datetime) -> int:
    with transaction.atomic(using="engine"):
        # stopping mailings locks the assessment first; a locked one is left to the next round
        mailing = (
            Mailing.objects.select_for_update(of=("self", "assessment"), skip_locked=True)
            .select_related("assessment__brand")
            .filter(_due(now), pk=pk)
            .first()
        )
        if mailing is None:  # or queued by another process meanwhile
            return 0
        may_go, waits = STATES[Kind(mailing.kind)]
        if mailing.assessment.status in waits:
            return 0
        if mailing.assessment.status not in may_go or mailing.assessment.brand.mail == Brand.MailMode.OFF:
            if mailing.sent_at is None:  # missed mailings are not sent later
                Mailing.objects.filter(pk=pk).update(cancelled_at=now)
            return 0
        mails = Mail.objects.bulk_create(_mails(mailing, now), ignore_conflicts=True)
        if mailing.sent_at is None:
            Mailing.objects.filter(pk=pk).update(sent_at=now)
        return len(mails)


def _mails(mailing: Mailing, now: datetime) -> list[Mail]:
    assessment = mailing.assessment
    common = {
        "brand": assessment.brand,
        "assessment": assessment,
        "mailing": mailing,
        "kind": mailing.kind,
        "message_id": mailing.message_id,
        "not_before": now,
    }
    persons = list(audience.persons(mailing))
    if mailing.kind in (Kind.INVITE, Kind.REMINDER) and not assessment.options.get("MergeMessages", True):
        theirs = audience.by_person(audience.evaluations(mailing).filter(evaluator__in=[one.pk for one in persons]))
        return [
            Mail(person=person, evaluation=one, key=_key(mailing, person.pk, one.pk), **common)
            for person in persons
            for one in theirs.get(person.pk, [])
        ]
    # later invitations, reports and requests for approval: one for each time that there is something new
    goes_on = mailing.kind == Kind.INVITE or (mailing.standing and mailing.kind in audience.AGAIN)
    once = not (mailing.sent_at and goes_on)
    return [Mail(person=person, key=_key(mailing, person.pk) if once else None, **common) for person in persons]


def _key(mailing: Mailing, person: int, evaluation: int | None = None) -> str:
    return f"{mailing.public_id}:{person}" + (f":{evaluation}" if evaluation else "")
