"""Ends a run if a service needed by all tests fails to start: one message instead of hundreds of failures."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BEGINNING = "Cannot go on: "


@contextmanager
def starting(what: str) -> Iterator[None]:
    """For a session fixture: if its start fails, the run ends with the reason."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as problem:
        raise pytest.fail.Exception(f"{BEGINNING}{what} did not start: {problem}", pytrace=False) from None


class Stop:
    """Ends the run, or this process's part of it; xdist then ends the others."""

    def __init__(self) -> None:
        self.session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember the session to stop."""
        self.session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Watch for the failure that ends the run."""
        words = report.longreprtext
        if self.session and report.failed and words.startswith(BEGINNING):
            self.session.shouldstop = words.removeprefix(BEGINNING).partition("\n")[0]


def pytest_configure(config: pytest.Config) -> None:
    """Register this plugin."""
    config.pluginmanager.register(Stop())
