"""Whether a queued mail should still be sent, decided just before sending."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from qxportal.engine.editions import report_access
from qxportal.engine.mail import audience
from qxportal.engine.mail.came_back import undelivered
from qxportal.engine.mail.mailings import was_about_one
from qxportal.engine.models import RETURNED_FROM, Assessment, Brand, Evaluation, Mail, ReminderOptOut, Why
from qxportal.engine.nominations import rules
from qxportal.mail.queue import State

Kind = Mail.Kind
WAIT_WHILE_OFF = timedelta(minutes=5)
WAIT_FOR_ANOTHER = timedelta(seconds=10)  # being sent to the same person
WAIT_FOR_ADDRESS = timedelta(minutes=15)  # before the address is checked again
REMINDERS = (Kind.REMINDER, Kind.REPORT_REMINDER)
ASKED_FOR = (Kind.LINK, Kind.TEST)  # by the recipient: exempt from quiet hours


@dataclass(frozen=True)
class Verdict:
    """The decision on a mail: send, cancel, or retry later; `cancel` and `wait` are codes of `Why`."""

    cancel: str = ""
    wait: str = ""
    until: datetime | None = None


SEND = Verdict()


def verdict(mail: Mail, *, now: datetime) -> Verdict:
    """The decision on a queued mail now."""
    brand = mail.brand
    if mail.kind == Kind.TEST:
        return SEND
    if brand.mail == Brand.MailMode.OFF:
        return Verdict(wait=Why.OFF, until=now + WAIT_WHILE_OFF)
    if mail.kind == Kind.REMINDER and (until := _until_another_is_sent(mail, now)):  # before sent mails are checked
        return Verdict(until=until)
    if why := _why_not(mail, now):
        return Verdict(cancel=why)
    if mail.kind in REMINDERS and _came_back(mail):
        return Verdict(wait=Why.CAME_BACK, until=now + WAIT_FOR_ADDRESS)
    if mail.kind not in ASKED_FOR and (until := quiet_until(brand, now)):
        return Verdict(wait=Why.QUIET, until=until)
    return SEND


def _why_not(mail: Mail, now: datetime) -> str:
    person = mail.person
    if person is None or person.removed_at is not None:
        return Why.LEFT
    match mail.kind:
        case Kind.INVITE | Kind.REMINDER:
            if mail.assessment is None or mail.assessment.status != Assessment.Status.ACTIVE:
                return Why.CLOSED
            if mail.evaluation_id is None and was_about_one(mail):  # which was removed since
                return Why.NOTHING_OPEN
            mine = audience.open_of(person).filter(assessment=mail.assessment)
            if mail.evaluation_id:
                mine = mine.filter(pk=mail.evaluation_id)
            if not mine.exists():
                return Why.NOTHING_OPEN
            return _why_no_reminder(mail, now) if mail.kind == Kind.REMINDER else ""
        case Kind.THANKS:
            theirs = Evaluation.objects.filter(evaluator=person, assessment=mail.assessment)
            finished = theirs.filter(status=Evaluation.Status.COMPLETED).exists()
            is_open = theirs.filter(status__in=(Evaluation.Status.NOT_STARTED, Evaluation.Status.IN_PROGRESS)).exists()
            return "" if finished and not is_open else Why.NOT_FINISHED
        case Kind.NOMINATE | Kind.APPROVE:
            if mail.assessment is None or mail.assessment.status != Assessment.Status.ACTIVE:
                return Why.CLOSED
            waiting = rules.waiting(mail.assessment, approval=mail.kind == Kind.APPROVE, person=person)
            return "" if person.pk in waiting else Why.NOTHING_OPEN
        case Kind.REPORT_APPROVAL:
            waits = mail.assessment and report_access.waiting_now(mail.assessment, approver_id=person.pk)
            return "" if waits else Why.NOTHING_OPEN
        case Kind.REPORT:
            opens = mail.assessment and audience.open_reports(mail.assessment).filter(person=person).exists()
            return "" if opens else Why.NO_REPORT
        case Kind.REPORT_REMINDER:
            unopened = mail.assessment and audience.unopened_by(mail.assessment, person)
            return "" if unopened else Why.NO_REPORT
    return ""


def _why_no_reminder(mail: Mail, now: datetime) -> str:
    """The code if the person turned reminders off or got one today in the brand's zone, in any assessment."""
    if ReminderOptOut.objects.filter(person=mail.person).exists():
        return Why.NO_REMINDERS
    today = now.astimezone(mail.brand.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    had = Mail.objects.filter(person=mail.person, kind=Kind.REMINDER, state=State.SENT, settled_at__gte=today)
    if mail.evaluation_id and mail.mailing_id:  # separate mails of one mailing count as one reminder
        had = had.exclude(mailing=mail.mailing_id)
    return Why.REMINDED if had.exists() else ""


def _came_back(mail: Mail) -> bool:
    """Whether the last mail to the person's present address was returned because the address is wrong."""
    return undelivered(mail.brand, why=RETURNED_FROM).filter(person=mail.person).exists()


def _until_another_is_sent(mail: Mail, now: datetime) -> datetime | None:
    """The time to retry if another process is sending this person a reminder; the earlier reminder goes first.

    Each process sees the other's mail, because both mails are claimed before this check.
    """
    others = Mail.objects.filter(person=mail.person, kind=Kind.REMINDER, state=State.SENDING).exclude(pk=mail.pk)
    if mail.evaluation_id and mail.mailing_id:
        others = others.exclude(mailing=mail.mailing_id)
    another = others.order_by("pk").values_list("pk", flat=True).first()
    if another is None:
        return None
    return now + (WAIT_FOR_ANOTHER if another < mail.pk else WAIT_FOR_ANOTHER / 10)


def quiet_until(brand: Brand, now: datetime) -> datetime | None:
    """The end of the current quiet hours; None outside quiet hours."""
    begin, end = brand.quiet_from, brand.quiet_until
    here = now.astimezone(brand.zone)
    at = here.time().replace(tzinfo=None)
    if begin == end or not _within(at, begin, end):
        return None
    day = here.date() if at < end else here.date() + timedelta(days=1)
    ends = datetime.combine(day, end, tzinfo=brand.zone)
    return ends if ends > now else ends.replace(fold=1)  # the repeated hour when daylight saving time ends


def _within(at: time, begin: time, end: time) -> bool:
    return begin <= at < end if begin < end else at >= begin or at < end
