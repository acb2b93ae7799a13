"""Prints reports in low-priority processes, so that pages of people who answer meanwhile do not wait.

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

AT_ONCE = 2  # printers per server process
WAITS, YIELDS, LASTS = 20, 20, 60  # seconds: for a free printer, for printing at low priority, and at normal priority
TRIES = 20  # attempts to set a session's nice value
MOST = 120  # reports per printer, which grows by 7 MB meanwhile
AUTOGROUP = Path("/proc/self/autogroup")
CODE = Path(__file__).parents[3]

_places = BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """Too many reports are printed at the moment."""


class _Ended(Exception):
    """The printer process has ended."""


class _Printer:
    """A process with loaded fonts that prints reports one by one; it ends with its parent."""

    def __init__(self, gives_way: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qxportal.engine.reports.printing", str(gives_way)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CODE,
        )

        self._reports, self._pdfs = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def print(self, report: ReportData, seconds: float) -> bytes:
        """The report's PDF; raises BusyError after `seconds`, _Ended if the process has ended."""
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
        """Kill the process."""
        self._process.kill()
        with suppress(OSError), self._process:  # closes its pipes and waits for it
            pass


_idle: defaultdict[int, deque[_Printer]] = defaultdict(deque)  # by nice value


def print_aside(report: ReportData) -> bytes:
    """The PDF of a report, with the same bytes as from `pdf.render`; raises BusyError if it is not ready in time.

    While the CPUs are busy all the time, a low-priority process gets next to no time. So a report that is not ready
    after a while is printed again at normal priority.
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
        except _Ended:  # idle for too long, or its last report printed
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
    """Lower this process's priority by a nice value.

    With Linux's `sched_autogroup`, a nice value counts only inside its session, and all sessions get equal shares, the
    printing as much as PostgreSQL. So the process gets a session of its own with a nice value.
    """
    if not far:
        return
    os.nice(far)
    with suppress(OSError):  # a session leader has a session of its own
        os.setsid()
    for _attempt in range(TRIES):
        try:
            AUTOGROUP.write_text(str(far))
        except BlockingIOError:  # another process set a value at the same time
            time.sleep(0.1)
        except OSError:  # no autogroups
            return
        else:
            return


def main(gives_way: int) -> None:
    """Print reports from standard input until it ends."""
    give_way(gives_way)  # includes loading the fonts
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")
    import django

    django.setup()

    from qxportal.engine.reports import pdf

    pdf.prepare()
    reports, pdfs = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # keep output of libraries out of the PDFs
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
