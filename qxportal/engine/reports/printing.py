"""Prints reports in processes of their own, which give way, so that pages of people who answer meanwhile do not wait.

python -m qxportal.engine.reports.printing < reports > PDFs
"""

import os
import pickle
import select
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore, Event, Timer
from typing import IO, cast

from qxportal.engine.reports.types import ReportData

AT_ONCE = 2  # in one process of a server
WAITS, LASTS = 20, 60  # seconds: for a place, and for the printing itself
IDLE = 60  # seconds: a printer without work ends
MOST = 200  # reports of one printer, which grows a little with each
CODE = Path(__file__).parents[3]

_places = BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """Too many reports are printed at the moment."""


class _Ended(Exception):
    """The printer is there no more."""


class _Printer:
    """A process that has read its fonts and prints one report after the other; it ends with whoever started it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qxportal.engine.reports.printing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=CODE,
        )

        self._reports, self._pdfs = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def print(self, report: ReportData) -> bytes:
        """The PDF; raises BusyError where it takes too long, _Ended where the process ended before or meanwhile."""
        late = Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        timer = Timer(LASTS, give_up)
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


_idle: deque[_Printer] = deque()


def print_aside(report: ReportData) -> bytes:
    """The PDF of a report, the same bytes as `pdf.render` gives; raises BusyError where none gets ready in time."""
    if not _places.acquire(timeout=WAITS):
        raise BusyError
    try:
        return _print(report)
    finally:
        _places.release()


def _print(report: ReportData) -> bytes:
    while _idle:
        printer = _idle.pop()
        try:
            made = printer.print(report)
        except _Ended:  # it had no work for a while, or printed its last one
            continue
        _idle.append(printer)
        return made
    printer = _Printer()
    try:
        made = printer.print(report)
    except _Ended:
        raise RuntimeError("The process that prints reports ended; its log says why.") from None
    _idle.append(printer)
    return made


def main() -> None:
    """Print the reports that come in, until there are no more."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")
    import django

    django.setup()
    from django.conf import settings

    from qxportal.engine.reports import pdf

    pdf.prepare()
    os.nice(settings.ENGINE_PRINTING_NICE)
    reports, pdfs = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library says is no PDF
    for _report in range(MOST):
        if not select.select([reports], [], [], IDLE)[0]:
            return
        try:
            report = pickle.load(reports)  # noqa: S301  # from the process that started this one
        except EOFError:
            return
        pickle.dump(pdf.render(report), pdfs)
        pdfs.flush()


if __name__ == "__main__":
    main()
