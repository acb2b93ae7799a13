"""Reads the mailbox of delivery reports in batches; each report is committed before its message is deleted."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from qxportal.core.failpoints import failpoint
from qxportal.engine.mail.reported import take_report
from qxportal.engine.models import ReportReading
from qxportal.mail.delivery_reports import LONGEST
from qxportal.mail.mailboxes import Mailbox, MailboxError, Waiting
from qxportal.mail.report_mailbox import open_mailbox

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
AT_ONCE = 200  # messages per pass, so that mail is sent in between
ENOUGH = 30.0  # seconds of reading per pass, for the same reason
LEASE = timedelta(minutes=10)  # time after which a pass counts as abandoned
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30))  # wait after each further failure


@dataclass(frozen=True)
class Look:
    """Result of one pass over the mailbox."""

    handled: int = 0  # reports about our mails
    others: int = 0
    more: bool = False  # messages are left for the next pass


def read_due(now: datetime) -> Look:
    """Read the mailbox if a pass is due; after failures the next one waits longer each time."""
    if settings.MAIL_BOUNCES_MAILBOX is None or not _claim(now):
        return Look()
    try:
        with open_mailbox(settings.MAIL_BOUNCES_MAILBOX) as mailbox:
            return _look(mailbox)
    except MailboxError as problem:
        _note_failure(str(problem), now)
        return Look()


def reading() -> ReportReading | None:
    """The state of mailbox reading; None if none is configured or no pass has run."""
    return ReportReading.objects.first() if settings.MAIL_BOUNCES_MAILBOX else None


def _claim(now: datetime) -> bool:
    """Whether this process got the lease for the next pass."""
    ReportReading.objects.get_or_create(id=1, defaults={"next_at": now})
    return bool(ReportReading.objects.filter(next_at__lte=now).update(next_at=now + LEASE))


def _look(mailbox: Mailbox) -> Look:
    known = ReportReading.objects.get()
    read_up_to = known.read_up_to if known.mailbox == mailbox.name else 0
    waiting = mailbox.waiting(read_up_to, most=AT_ONCE)
    handled, others, read = _record(mailbox, waiting)
    failpoint("reports.recorded")
    mailbox.settle(handled=handled, others=others)
    failpoint("reports.deleted")
    more = len(waiting) == AT_ONCE or len(read) < len(waiting)
    now = timezone.now()
    ReportReading.objects.update(
        mailbox=mailbox.name,
        read_up_to=max([read_up_to, *(one.number for one in read)]),
        left=mailbox.count(),
        next_at=now if more else now + EVERY,
        read_at=now,
        failures=0,
        failing_since=None,
        problem="",
    )
    return Look(len(handled), len(others), more)


def _record(mailbox: Mailbox, waiting: Sequence[Waiting]) -> tuple[list[Waiting], list[Waiting], Sequence[Waiting]]:
    """Record the reports in the messages; returns messages about our mails, the others, and all that were read."""
    handled: list[Waiting] = []
    others: list[Waiting] = []
    until = time.monotonic() + ENOUGH
    for message, content in mailbox.read(waiting, longest=LONGEST):
        (handled if take_report(content) else others).append(message)
        if time.monotonic() > until:
            return handled, others, waiting[: waiting.index(message) + 1]
    return handled, others, waiting


def _note_failure(words: str, now: datetime) -> None:
    known = ReportReading.objects.get()
    pause = PAUSES[min(known.failures, len(PAUSES) - 1)]
    log.warning("The mailbox with delivery reports cannot be read: %s", words)
    ReportReading.objects.update(
        failures=min(known.failures + 1, 30_000),
        failing_since=known.failing_since or now,
        problem=words,
        next_at=timezone.now() + pause,
    )
