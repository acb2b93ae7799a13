"""Fixtures that every test may use."""

from typing import Any

from tests.cast import key_ring, member, org, rival_org
from tests.engine_fixture import engine, engine_log, engine_server, engine_thread
from tests.portal_fixture import connected

__all__ = [
    "connected",
    "engine",
    "engine_log",
    "engine_server",
    "engine_thread",
    "key_ring",
    "member",
    "org",
    "rival_org",
]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much of the API was shown to conform."""
    name = "test_accepted_with_what_it_needs_and_with_all_it_takes["
    passed = [report.nodeid.partition(name)[2] for report in terminalreporter.stats.get("passed", [])]
    combinations = [case for case in passed if case]
    if combinations:
        requests = {case.partition("-")[0] for case in combinations}
        terminalreporter.write_line(
            f"Conformance: {len(requests)} requests, {len(combinations)} combinations of request, version and format, "
            "each accepted with what it needs and with all it takes"
        )
