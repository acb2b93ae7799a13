"""Samples of test cases for every run; `./portal test --thorough` runs all of them; a plugin of pytest.

A sample is the same in each run and holds every case once: each step of a change is killed at, for one of the kinds.
Tests with the mark `thorough` are left to the thorough run as a whole, unless somebody names the test; pytest says at
the end how many were left out.
"""

import os
from collections.abc import Collection, Sequence
from typing import TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

T = TypeVar("T")
NAME = "QXP_TESTS_THOROUGH"  # that the processes of a parallel run find, too


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the thorough run."""
    parser.addoption("--thorough", action="store_true", help="everything of which other runs do a sample")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Note it before the first test module is read."""
    if config.getoption("--thorough"):
        os.environ[NAME] = "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of the thorough run, in other runs, that nobody named."""
    if thorough():
        return
    named = any("::" in argument for argument in config.args)
    left = [item for item in items if item.get_closest_marker("thorough") and not named]
    if left:
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]


def thorough() -> bool:
    """Whether this run does everything."""
    return NAME in os.environ


def some(cases: Collection[T], *sampled: T) -> list[T]:
    """The sampled cases; all of them in a thorough run."""
    _check(cases, sampled)
    return list(cases if thorough() else sampled)


def beyond(cases: Sequence[T], *, sampled: Collection[T]) -> list[T | ParameterSet]:
    """The cases as parameters of a test; those beyond the sample have the mark `thorough`."""
    _check(cases, sampled)
    return [case if case in sampled else pytest.param(case, marks=pytest.mark.thorough) for case in cases]


def sample(cases: Sequence[T], *, every: int, first: int = 0) -> list[T]:
    """Each `every`-th of the cases, from the `first` on; all of them in a thorough run."""
    return list(cases) if thorough() else list(cases[first % every :: every])


def _check(cases: Collection[T], sampled: Collection[T]) -> None:
    """Refuse a sample of cases that there are not: no run would notice that it does less."""
    unknown = [case for case in sampled if case not in cases]
    if unknown or not sampled:
        raise ValueError(f"No sample of {cases}: {unknown}")
