"""The background process: schedules, mail, delivery reports and cleaning up, until SIGTERM or SIGINT."""

import logging
import signal
import threading
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from qxportal.engine.http import idempotency
from qxportal.engine.mail import fence, mailings, report_reading, sending
from qxportal.engine.people import stored_reports
from qxportal.engine.schedules import timetable

log = logging.getLogger(__name__)

PAUSE = 2.0  # seconds between two passes over the queue
TIDY_EVERY = timedelta(hours=1)
AGAIN_EVERY = timedelta(minutes=1)  # for new people in standing mailings
SAY_HELD_EVERY = timedelta(minutes=10)


class Post:
    """One background worker; several may run concurrently."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._tidied: datetime | None = None
        self._again: datetime | None = None
        self._said_held: datetime | None = None

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; a mail being sent is finished first."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self.stop.set())
        while not self.stop.is_set():
            busy = 0
            try:
                busy = self.look()
            except DatabaseError as problem:
                log.error("The database refused: %s", type(problem).__name__)
            finally:
                close_old_connections()
            if not busy:
                self.stop.wait(PAUSE)

    def look(self) -> int:
        """One pass: schedules, queue, send, read reports, clean up; returns a number above 0 if there is more to do."""
        now = timezone.now()
        if not fence.may_send():
            self._say_held(now)
            return 0
        timetable.run_due(now)
        again = self._again is None or now - self._again > AGAIN_EVERY
        mailings.queue_due(now=now, again=again)
        self._again = now if again else self._again
        taken = sending.send_due(most=100)
        taken += report_reading.read_due(now).more
        if self._tidied is None or now - self._tidied > TIDY_EVERY:
            sending.forget_old_addresses(now=now)
            idempotency.forget(before=now - idempotency.KEEP)
            stored_reports.purge(now)
            self._tidied = now
        return taken

    def _say_held(self, now: datetime) -> None:
        if self._said_held is None or now - self._said_held > SAY_HELD_EVERY:
            self._said_held = now
            log.error("This database is a copy: it mails nobody until `manage.py engine resume` was run.")
