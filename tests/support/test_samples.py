"""Which tests a run leaves to the thorough run."""

import pytest

from tests.support.samples import NAME, beyond, some

pytest_plugins = ["pytester"]

FILE = """
import pytest
from tests.support.samples import beyond, sample, some, thorough

@pytest.mark.parametrize("case", beyond([1, 2, 3], sampled=[2]))
def test_cases(case): pass

@pytest.mark.parametrize("case", sample([1, 2, 3, 4], every=2))
def test_sampled(case): pass

def test_some(): assert some([1, 2, 3], 2) == ([1, 2, 3] if thorough() else [2])
"""


@pytest.mark.parametrize(
    ("arguments", "passed", "left"),
    [(["test_it.py"], 4, 2), (["test_it.py", "--thorough"], 8, 0), (["test_it.py::test_cases"], 3, 0)],
    ids=["each run", "thorough run", "named test"],
)
def test_what_a_run_does(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: list[str], passed: int, left: int
) -> None:
    monkeypatch.setenv(NAME, "")  # what the run notes does not outlive the test
    monkeypatch.delenv(NAME)
    pytester.makeini("[pytest]\nmarkers = thorough: in a thorough run alone\n")
    pytester.makepyfile(test_it=FILE)

    outcome = pytester.runpytest_inprocess(
        "-p", "no:django", "-p", "no:randomly", "-p", "tests.support.samples", *arguments
    )

    outcome.assert_outcomes(passed=passed, deselected=left)


@pytest.mark.parametrize("sampled", [[3], [1, 3], []], ids=str)
def test_a_sample_holds_cases_that_there_are(sampled: list[int]) -> None:
    with pytest.raises(ValueError, match="No sample of"):
        beyond([1, 2], sampled=sampled)
    with pytest.raises(ValueError, match="No sample of"):
        some([1, 2], *sampled)
