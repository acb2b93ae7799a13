"""Each failpoint stands in the code once it is registered, and a test kills somebody there."""

import ast
from pathlib import Path

import pytest

from qxportal.core.failpoints import FAILPOINTS, FailpointError, failpoint, hits
from tests.support.processes import ROOT


def strings_of(path: Path, *, called: str = "") -> set[str]:
    """The strings in a module; only those that the function `called` gets, where it is named."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    within = [node for node in calls if getattr(node.func, "id", "") == called] if called else [tree]
    constants = (node for each in within for node in ast.walk(each) if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str)}


def test_every_failpoint_stands_in_the_code():
    folders = ("qxportal", "directory", "surveys", "assessments")
    used = [strings_of(path, called="failpoint") for folder in folders for path in (ROOT / folder).rglob("*.py")]

    assert set().union(*used) == set(FAILPOINTS)


def test_every_failpoint_kills_in_a_test():
    here = Path(__file__)
    others = [strings_of(path) for path in here.parent.glob("test_*.py") if path != here]

    assert set(FAILPOINTS) - set().union(*others) == set()


def test_an_unknown_failpoint_is_refused():
    with pytest.raises(KeyError):
        failpoint("change.whatever")


@pytest.mark.parametrize(
    ("wish", "raising"), [("raise", [1]), ("raise@2", [2]), ("raise@2+", [2, 3, 4]), ("raise@5", [])]
)
def test_a_failpoint_acts_when_it_is_told(monkeypatch, wish, raising):
    monkeypatch.setenv("QXP_FAILPOINT", f"job.claimed:{wish}")
    hits.clear()
    raised = []
    for turn in range(1, 5):
        failpoint("job.finished")
        try:
            failpoint("job.claimed")
        except FailpointError:
            raised.append(turn)

    assert raised == raising


def test_outside_of_tests_a_failpoint_does_nothing(monkeypatch):
    monkeypatch.setenv("QXP_FAILPOINT", "job.claimed:raise")
    monkeypatch.delenv("QXP_TESTS")

    failpoint("job.claimed")
