"""What every run of tests does, with Django or without."""

import gc
from typing import Any

import hypothesis
import pytest

from qxportal.core.failpoints import FAILPOINTS
from tests.support.samples import thorough

hypothesis.settings.register_profile("portal", deadline=None)  # other work on the machine is no failure
hypothesis.settings.load_profile("portal")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Spare the garbage collector what stays until the end, modules and nine thousand tests, and wake it less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much of the API was shown to conform, and where processes were killed."""
    noted = [each for report in terminalreporter.stats.get("passed", []) for each in report.user_properties]
    combinations = {words for how, words in noted if how == "accepted"}
    if combinations:
        requests = {case.partition("-")[0] for case in combinations}
        terminalreporter.write_line(
            f"Conformance: {len(requests)} requests, {len(combinations)} combinations of request, version and format, "
            "each accepted with what it needs and with all it takes"
        )
    kills = {words for how, words in noted if how == "killed"}
    if kills:
        steps = {words.partition(" · ")[0] for words in kills}
        others = {how: len({words for one, words in noted if one == how}) for how in ("stopped", "cut off")}
        terminalreporter.write_line(
            f"Failpoints: {len(steps)} of {len(FAILPOINTS)} killed at, {len(kills)} cases of step, kind and once or "
            f"persistently; {others['stopped']} stopped, {others['cut off']} cut off from the database"
            + ("" if thorough() else " (a sample: all of it with --thorough)")
        )
