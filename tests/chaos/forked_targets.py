"""What the forked processes of a storm do, until the storm kills them."""

import os
import signal

from qxportal.celery import app
from tests.chaos import baseline
from tests.support.worker_command import worker_options


def prepare() -> None:
    """Load all code once, and let the system bury the dead: the storm waits for none of them."""
    app.loader.import_default_modules()
    app.finalize()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def worker() -> None:
    """A Celery worker."""
    _stand_alone()
    app.worker_main(worker_options(threads=2, level="error"))


def naive() -> None:
    """The sender without an outbox, for comparison."""
    _stand_alone()
    baseline.work()


def _stand_alone() -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
