"""Prints reports in a process of their own, so that pages of people who answer meanwhile do not wait for it.

python -m qxportal.engine.reports.printing < report > pdf
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore

from qxportal.engine.reports.types import ReportData

AT_ONCE = 2  # in one process of the site
WAITS, LASTS = 20, 60  # seconds: for a place, and for the printing itself
NICE = 10
CODE = Path(__file__).parents[3]

_places = BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """Too many reports are printed at the moment."""


def print_aside(report: ReportData) -> bytes:
    """The PDF of a report, the same bytes as `pdf.render` gives; raises BusyError where none gets ready in time."""
    if not _places.acquire(timeout=WAITS):
        raise BusyError
    try:
        done = subprocess.run(
            [sys.executable, "-m", "qxportal.engine.reports.printing"],
            input=pickle.dumps(report),
            stdout=subprocess.PIPE,
            cwd=CODE,
            timeout=LASTS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise BusyError from None
    finally:
        _places.release()
    return done.stdout


def main() -> None:
    """Print the report that comes in."""
    os.nice(NICE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qxportal.settings")
    import django

    django.setup()
    from qxportal.engine.reports import pdf

    report = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # from the process that started this one
    sys.stdout.buffer.write(pdf.render(report))


if __name__ == "__main__":
    main()
