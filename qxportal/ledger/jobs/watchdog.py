"""Ends work that hangs, so that neither its lock nor its thread is lost.

Running work is registered here, and every progress report is a sign of life. Work without one for its limit, or over
its total time limit, is overdue. Then two steps follow:

1. Its thread is interrupted; if that is not enough, its statement in the database is cancelled: the usual case, in
   which it ends by itself.
2. If it is still there after a grace period, nothing but the end of the process ends it (a call into C that never
   returns, a lock of a thread). Its job is failed with the reason, the others of this process are tried again without
   that attempt being counted, and the process is killed. Its locks go with its connections, and it is started again by
   its supervisor.
"""

import ctypes
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F
from django.utils import timezone

from qxportal.ledger.models import Job
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored

log = structlog.get_logger(__name__)
TICK = 1.0


class Overdue(BaseException):
    """Raised in a thread whose work hangs; a BaseException, so that no `except Exception` in that work catches it."""


@dataclass
class Watch:
    """One piece of running work in this process."""

    name: str
    job: int | None
    quiet: float  # seconds without a sign of life
    longest: float
    backend: int  # process id of its connection in the database
    words: Message = ""  # the reason for the interruption
    thread: int = field(default_factory=threading.get_ident)
    began: float = field(default_factory=time.monotonic)
    alive_at: float = field(default_factory=time.monotonic)
    interrupted_at: float | None = None
    cancelled: bool = False

    def overdue(self, now: float) -> Message:
        """Why the work has to end; empty while it may continue."""
        if now - self.began > self.longest:
            return _too_long(self.longest)
        if now - self.alive_at > self.quiet:
            return _too_quiet(self.quiet)
        return ""


class Watchdog:
    """The running work of this process, and a thread that watches it."""

    def __init__(self, end_process: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGKILL)) -> None:
        self._watches: dict[int, Watch] = {}  # by thread
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._end_process = end_process

    @contextmanager
    def watching(self, name: str, *, job: Job | None = None) -> Iterator[Watch]:
        """Watch this thread's work during the block; raises Overdue in it when it hangs."""
        quiet, longest = limits(job)
        connection.ensure_connection()
        watch = Watch(name, job.pk if job else None, quiet, longest, connection.connection.info.backend_pid)
        with self._lock:
            self._watches[watch.thread] = watch
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
        try:
            yield watch
        except Overdue:
            raise Overdue(watch.words) from None
        finally:
            try:
                self._forget(watch)
            except Overdue:  # raised once, and it arrived at this very moment
                self._forget(watch)
                raise

    def alive(self) -> None:
        """Record a sign of life of this thread's work."""
        watch = self._watches.get(threading.get_ident())
        if watch is not None:
            watch.alive_at = time.monotonic()

    def _forget(self, watch: Watch) -> None:
        """Stop watching, so that the thread is no longer interrupted."""
        with self._lock:
            self._watches.pop(watch.thread, None)
            if watch.interrupted_at is not None:
                _interrupt(watch.thread, None)  # the work ended at the same moment
        if watch.cancelled:
            _take_the_cancelling()

    def scan(self) -> None:
        """Check all watched work once."""
        now = time.monotonic()
        for watch in list(self._watches.values()):
            words = watch.overdue(now)
            if not words:
                continue
            if watch.interrupted_at is None:
                watch.interrupted_at, watch.words = now, words
                self._interrupt(watch)
            elif now - watch.interrupted_at > settings.JOB_GRACE.total_seconds():
                self._give_up(watch)
            elif not watch.cancelled:
                self._cancel(watch)

    def _run(self) -> None:
        while True:
            time.sleep(min(TICK, settings.JOB_QUIET.total_seconds() / 4))
            try:
                self.scan()
            except Exception:
                log.exception("watchdog_failed")

    def _interrupt(self, watch: Watch) -> None:
        log.error("work_overdue", work=watch.name, job=watch.job, words=str(watch.words))
        with self._lock:
            if self._watches.get(watch.thread) is watch:
                _interrupt(watch.thread, Overdue)

    def _cancel(self, watch: Watch) -> None:
        """Cancel the work's database statement; the lock keeps it in its block, so that no later statement is hit."""
        with _hurried(), connection.cursor() as cursor, self._lock:
            if self._watches.get(watch.thread) is watch:
                watch.cancelled = True
                cursor.execute("SELECT pg_cancel_backend(%s)", [watch.backend])

    def _give_up(self, watch: Watch) -> None:
        """Settle the jobs of this process as far as possible, and end the process."""
        log.error("worker_ends_itself", work=watch.name, job=watch.job, words=str(watch.words))
        others = [each.job for each in self._watches.values() if each.job not in (None, watch.job)]
        with _hurried(), transaction.atomic():
            if watch.job is not None:
                fail_overdue(watch.job, watch.words)
            Job.objects.filter(pk__in=others, state=Job.State.RUNNING, attempts__gt=0).update(
                attempts=F("attempts") - 1
            )
        self._end_process()


def limits(job: Job | None) -> tuple[float, float]:
    """Seconds that a job may go without progress and may run in total; None stands for one step of a change."""
    quiet, longest = settings.JOB_QUIET, settings.JOB_LONGEST
    if job is None or job.purpose.quick:
        longest = min(longest, 2 * quiet)
    return quiet.total_seconds(), longest.total_seconds()


def reconnect() -> None:
    """Reconnect this thread, as an interruption may have left its connection half-way out of a block."""
    with suppress(DatabaseError, InterfaceError):
        connection.close()
        connection.connect()


def fail_overdue(job_id: int, words: Message) -> None:
    """Fail a job that hangs, with a reason; it can be started again."""
    Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.FAILED,
        step="",
        finished_at=timezone.now(),
        outcome=join_stored(
            " ", [gettext_stored("Stopped because it was stuck."), words, gettext_stored("You can start it again.")]
        ),
    )


def _interrupt(thread: int, problem: type[BaseException] | None) -> None:
    """Raise an exception in a thread before its next Python step; None withdraws one not raised yet."""
    what = None if problem is None else ctypes.py_object(problem)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


def _take_the_cancelling() -> None:
    """Absorb a cancellation that arrived just after its intended statement had ended."""
    with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.1)")


@contextmanager
def _hurried() -> Iterator[None]:
    """Run the watchdog's own statements with short timeouts; an unavailable database is ignored."""
    with suppress(DatabaseError, InterfaceError):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute("SET lock_timeout = '5s'")
            yield
        finally:
            connection.close()


def _too_long(seconds: float) -> Message:
    if seconds < 60:
        return ngettext_stored("It took longer than %(n)s second.", "It took longer than %(n)s seconds.", int(seconds))
    return ngettext_stored(
        "It took longer than %(n)s minute.", "It took longer than %(n)s minutes.", int(seconds // 60)
    )


def _too_quiet(seconds: float) -> Message:
    if seconds < 60:
        return ngettext_stored(
            "It made no progress for %(n)s second.", "It made no progress for %(n)s seconds.", int(seconds)
        )
    return ngettext_stored(
        "It made no progress for %(n)s minute.", "It made no progress for %(n)s minutes.", int(seconds // 60)
    )


WATCHDOG = Watchdog()
os.register_at_fork(after_in_child=WATCHDOG.__init__)  # type: ignore[misc]  # threads stay with the parent
