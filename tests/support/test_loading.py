"""Which runs load Django."""

import subprocess
import sys

import pytest

from tests.support.loading import CLIENT, client_alone, is_of_the_client
from tests.support.processes import ROOT

HOSTS, CALLS = f"{CLIENT}/test_hosts.py", f"{CLIENT}/test_calls_on_the_wire.py"
RUN = "import pytest, sys; sys.exit(pytest.main(sys.argv[1:]) or 90 * ('django.db.models' in sys.modules))"


@pytest.mark.parametrize(
    ("arguments", "alone"),
    [
        ([HOSTS], True),
        ([f"{HOSTS}::test_a_name", CALLS, "-q", "-p", "no:randomly"], True),
        ([], False),
        (["-q"], False),
        ([HOSTS, __file__], False),
        ([HOSTS, "-n", "2"], False),
        ([HOSTS, "-k", "hosts"], False),
        ([f"{CLIENT}/test_every_call_round_trips.py"], False),
        ([str(CLIENT)], False),
        ([f"{CLIENT}/test_that_there_is_not.py"], False),
    ],
)
def test_django_is_loaded_unless_tests_of_the_client_alone_are_named(arguments: list[str], alone: bool) -> None:
    assert client_alone(arguments) is alone


@pytest.mark.processes
def test_the_client_s_tests_find_all_they_need_without_django() -> None:
    files = [str(file) for file in sorted(CLIENT.glob("test_*.py")) if is_of_the_client(file)]

    ran = subprocess.run(
        [sys.executable, "-c", RUN, *files, "--setup-plan", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(files) > 5
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
