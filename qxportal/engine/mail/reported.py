"""Applies delivery reports to the mail that they are about, which only its mark identifies."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from qxportal.engine.mail.marks import mail_of
from qxportal.engine.models import Mail, Why
from qxportal.mail.delivery_reports import Outcome, Report, read_report
from qxportal.mail.queue import OPEN, State
from qxportal.mail.return_paths import marks_in
from qxportal.mail.statuses import cause_of

DELIVERED = ("delivered", "relayed")


def take_report(content: bytes) -> bool:
    """Record the report in a message; returns whether it was about one of our mails. Idempotent."""
    report = read_report(content)
    mail = _mail_of(report) if report else None
    if report is None or mail is None:
        return False
    outcome = report.about(mail.address)
    if outcome is not None:
        _record(mail, outcome)
    return True


def _mail_of(report: Report) -> Mail | None:
    """The only mail whose mark is in the report's recipient address, else in the returned envelope or message ids."""
    returned = [one.strip("<>").rpartition("@")[0] for one in report.message_ids]
    for marks in (marks_in(settings.MAIL_BOUNCES, report.addressed_to), [*report.envelope_ids, *returned]):
        found = {mail.pk: mail for mark in marks[:20] if (mail := mail_of(mark.lower())) is not None}
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
    return None


def _record(known: Mail, outcome: Outcome) -> None:
    with transaction.atomic(using="engine"):
        locked = Mail.objects.select_for_update(of=("self",))
        mail = locked.filter(pk=known.pk, address=known.address).first()  # not if erased or sent elsewhere meanwhile
        if mail is None or mail.state not in (*OPEN, State.SENT):
            return
        if outcome.action == "failed":
            # an open mail was accepted in an attempt that was never settled: do not send it again
            cause = cause_of(outcome.status)
            mail.state, mail.why = State.FAILED, Why(cause.value)
            mail.reply = f"{outcome.status} {outcome.said}".strip()
            mail.settled_at, mail.claimed_at = timezone.now(), None
        elif mail.state == State.SENT:
            mail.why = Why.DELAYED if outcome.action == "delayed" else "" if outcome.action in DELIVERED else mail.why
        mail.save(update_fields=["state", "why", "reply", "settled_at", "claimed_at"])
