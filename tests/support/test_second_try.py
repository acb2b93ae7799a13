"""The few tests that failed are run once more; what fails twice, or with many others, fails."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.second_try import AGAIN, FEW, whole_run


class Runs:
    """A pytest that notes which tests failed, and ends with these statuses in turn."""

    def __init__(self, noted: Path, statuses: list[int], failed: list[str]) -> None:
        self.noted, self.statuses, self.failed = noted, statuses, failed
        self.arguments: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> int:
        self.arguments.append(list(arguments))
        if self.failed:
            self.noted.write_text(json.dumps(dict.fromkeys(self.failed, True)))
        return self.statuses[len(self.arguments) - 1]


@pytest.mark.parametrize(
    ("statuses", "failed", "status"),
    [
        ([0], 0, 0),
        ([1, 0], 1, 0),
        ([1, 1], 1, 1),
        ([1, 0], FEW, 0),
        ([1], FEW + 1, 1),
        ([2], 1, 2),  # interrupted
        ([1], 0, 1),  # failed elsewhere than in a test
    ],
)
def test_the_second_try_decides_for_a_few(tmp_path: Path, statuses: list[int], failed: int, status: int) -> None:
    noted = tmp_path / "lastfailed"
    runs = Runs(noted, statuses, [f"tests/test_people.py::test_{number}" for number in range(failed)])

    assert whole_run(["-n", "auto"], runs, noted) == status
    assert runs.arguments == [["-n", "auto"], list(AGAIN)][: len(statuses)]


def test_what_failed_long_ago_is_not_run_again(tmp_path: Path) -> None:
    noted = tmp_path / "lastfailed"
    noted.write_text('{"tests/test_removed.py::test_removed": true}')

    assert whole_run([], Runs(noted, [1], []), noted) == 1


def test_what_passes_only_alone_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noted = tmp_path / "lastfailed"

    whole_run([], Runs(noted, [1, 0], ["tests/test_people.py::test_names"]), noted)

    assert capfd.readouterr().out.splitlines()[-2:] == [
        "Passed alone and failed beside other tests, to be mended:",
        "  tests/test_people.py::test_names",
    ]
