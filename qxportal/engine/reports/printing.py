"""Prints reports in processes of their own, which give way, so that pages of people who answer meanwhile do not wait.

python -m qxportal.engine.reports.printing NICE < reports > PDFs
"""

import os
import pickle
import select
import subprocess
import sys
import time
from collections import defaultdict, deque
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Event, Timer
from typing import IO, cast

from django.conf import settings

from qxportal.engine.reports.results import ReportData

AT_ONCE = 2  # in one process of a server
WAITS, YIELDS, LASTS = 20, 20, 60  # seconds: for a place, for printing that gives way, and for printing that does not
TRIES = 20  # to set the value of a session
MOST = 120  # reports of one printer, which grows by 7 MB meanwhile
AUTOGROUP = Path("/proc/self/autogroup")
CODE = Path(__file__).parents[3]

_places = BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """Too many reports are printed at the moment."""


class _Ended(Exception):
    """The printer is there no more."""


class _Printer:
    """A process that has read its fonts and prints one report after the other; it ends with whoever started it."""

    def __init__(self, gives_way: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qxportal.engine.reports.printing", str(gives_way)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CODE,
        )

        self._reports, self._pdfs = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def print(self, report: ReportData, seconds: float) -> bytes:
        """The PDF; raises BusyError where it takes too long, _Ended where the process ended before or meanwhile."""
        late = Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        timer = Timer(seconds, give_up)
        timer.daemon = True  # a server that ends does not wait for it
        timer.start()
        try:
            pickle.dump(report, self._reports)
            self._reports.flush()
            made: bytes = pickle.load(self._pdfs)  # noqa: S301  # from the process that we started
        except (EOFError, OSError, pickle.UnpicklingError):
            self.end()
            raise (BusyError if late.is_set() else _Ended) from None
        except BaseException:  # half a report was written, perhaps
            self.end()
            raise
        finally:
            timer.cancel()
        return made

    def end(self) -> None:
        """Stop the process, whatever it does."""
        self._process.kill()
        with suppress(OSError), self._process:  # closes its pipes, whatever is left in them, and waits for it
            pass


_idle: defaultdict[int, deque[_Printer]] = defaultdict(deque)  # by how far they give way


def print_aside(report: ReportData) -> bytes:
    """The PDF of a report, the same bytes as `pdf.render` gives; raises BusyError where none gets ready in time.

    Where others keep the processors busy all the time, what gives way to them gets next to nothing. So a report that is
    not ready after a while is printed by a process that takes its share.
    """
    if not _places.acquire(timeout=WAITS):
        raise BusyError
    try:
        if settings.ENGINE_PRINTING_NICE:
            with suppress(BusyError):
                return _print(report, settings.ENGINE_PRINTING_NICE, YIELDS)
        return _print(report, 0, LASTS)
    finally:
        _places.release()


def _print(report: ReportData, gives_way: int, seconds: float) -> bytes:
    idle = _idle[gives_way]
    while True:
        try:
            printer = idle.pop()
        except IndexError:  # none, or another thread was faster
            break
        try:
            made = printer.print(report, seconds)
        except _Ended:  # it had no work for a while, or printed its last one
            continue
        idle.append(printer)
        return made
    printer = _Printer(gives_way)
    try:
        made = printer.print(report, seconds)
    except _Ended:
        raise RuntimeError("The process that prints reports ended; its log says why.") from None
    idle.append(printer)
    return made


def give_way(far: int) -> None:
    """Let others go first from now on, as far as `nice` counts.

    Where Linux groups processes by session (`sched_autogroup`), a nice value counts inside the session alone, and all
    sessions get the same share: the printing as much as PostgreSQL. So the process gets a session, and that its value.
    """
    if not far:
        return
    os.nice(far)
    with suppress(OSError):  # the first process of a session has one of its own
        os.setsid()
    for _attempt in range(TRIES):
        try:
            AUTOGROUP.write_text(str(far))
        except BlockingIOError:  # somebody else has set such a value in this moment
            time.sleep(0.1)
        except OSError:  # there are no such groups
            return
        else:
            return


def main(gives_way: int) -> None:
    """Print the reports that come in, until there are no more."""
    give_way(gives_way)  # reading the fonts, too
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")
    import django

    django.setup()

    from qxportal.engine.reports import pdf

    pdf.prepare()
    reports, pdfs = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library says is no PDF
    for _report in range(MOST):
        if not select.select([reports], [], [], settings.ENGINE_PRINTING_IDLE)[0]:
            return
        try:
            report = pickle.load(reports)  # noqa: S301  # from the process that started this one
        except EOFError:
            return
        pickle.dump(pdf.render(report), pdfs)
        pdfs.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
