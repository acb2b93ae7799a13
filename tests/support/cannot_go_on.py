"""Ends a run in which something that all else needs did not start: it says why once, where hundreds of tests would."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BEGINNING = "Cannot go on: "


@contextmanager
def starting(what: str) -> Iterator[None]:
    """For a fixture of the session: where its start fails the run ends, and says why."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as problem:
        raise pytest.fail.Exception(f"{BEGINNING}{what} did not start: {problem}", pytrace=False) from None


class Stop:
    """Ends the run, or the part of it that this process has been given; xdist then ends the others."""

    def __init__(self) -> None:
        self.session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember what is to be stopped."""
        self.session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look for the failure that ends everything."""
        words = report.longreprtext
        if self.session and report.failed and words.startswith(BEGINNING):
            self.session.shouldstop = words.removeprefix(BEGINNING).partition("\n")[0]


def pytest_configure(config: pytest.Config) -> None:
    """Listen."""
    config.pluginmanager.register(Stop())
