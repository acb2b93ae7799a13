"""A run in which something that all else needs does not start says why once."""

import os
import subprocess
import sys

import pytest

from tests.support.processes import ROOT

pytestmark = pytest.mark.processes

SUITE = """
import pytest
from tests.support.cannot_go_on import starting

@pytest.fixture(scope="session")
def server():
    with starting("The server"):
        raise OSError("the port is taken\\nand more about it")

@pytest.mark.parametrize("number", range(100))
def test_that_needs_it(server, number):
    pass
"""


@pytest.mark.parametrize("processes", [0, 2])
def test_a_fixture_that_fails_ends_the_run(tmp_path, processes):
    (tmp_path / "test_suite.py").write_text(SUITE)
    terse = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    options = ["-p", "tests.support.cannot_go_on", "-p", "no:django", "-p", "no:playwright", "-p", "no:cacheprovider"]

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "/dev/null", "-n", str(processes), tmp_path],
        cwd=ROOT,
        env=terse,  # on a build server pytest repeats each message in full at the end
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert ran.returncode == 2, ran.stdout
    assert "The server did not start: the port is taken !" in ran.stdout
    assert 1 <= ran.stdout.count("and more about it") <= max(processes, 1)
    assert "INTERNALERROR" not in ran.stdout + ran.stderr
