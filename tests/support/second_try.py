"""A whole run of the tests, after which a few failures are retried alone, one by one.

What fails twice fails. What passes alone is named at the end: it depends on other tests, on their order or on how fast
the machine was just then, and is to be mended, but it does not hold up a change that has nothing to do with it.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

FEW = 3  # more failures than these are not retried
LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")
AGAIN = ("--last-failed", "--last-failed-no-failures", "none")
Run = Callable[[Sequence[str]], int]


def pytest_process(arguments: Sequence[str]) -> int:
    """The exit status of pytest."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def say(words: str, tests: Sequence[str]) -> None:
    """Print these tests, one per line."""
    sys.stdout.write("\n  ".join([words, *tests]) + "\n")
    sys.stdout.flush()


def whole_run(arguments: Sequence[str], run: Run = pytest_process, noted: Path = LAST_FAILED) -> int:
    """The exit status of a run with these arguments, or of the second try where a few tests failed in the first."""
    noted.unlink(missing_ok=True)
    status = run(arguments)
    if status != 1 or not noted.exists():
        return status
    failed = sorted(json.loads(noted.read_text(encoding="utf-8")))
    if len(failed) > FEW:
        return status
    say("Run once more, alone:", failed)
    status = run(AGAIN)
    if status == 0:
        say("Passed alone and failed beside other tests, to be mended:", failed)
    return status


if __name__ == "__main__":
    sys.exit(whole_run(sys.argv[1:]))
