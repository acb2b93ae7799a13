"""Distribution of a whole run over the test processes, one for each processor: which tests come first.

Tests with an expensive session service (a demo, a browser, a fork server) come first, each kind in one process: it
starts once, and no long test is left for the end, when others are idle. With one process more than processors
a whole run took longer: each test took almost twice its time.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

FIRST = (("tests/browser/",), ("tests/kills/", "tests/chaos/"), ("tests/bench/", "tests/qxportal/demo/", "tests/test_"))
T = TypeVar("T")


@pytest.hookimpl(trylast=True)  # after the random ordering
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests with expensive services at the start of a process."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    kinds = [[item for item in items if item.nodeid.startswith(paths)] for paths in FIRST]
    rest = [item for item in items if not item.nodeid.startswith(sum(FIRST, ()))]
    items[:] = spread(kinds, rest, processes)


def spread(kinds: Sequence[Sequence[T]], rest: Sequence[T], processes: int) -> list[T]:
    """All tests in equal parts, one for each process, each kind at the beginning of a part."""
    begins: list[list[T]] = [[] for _ in range(processes)]
    for number, kind in enumerate(kinds):
        begins[number % processes] += kind
    made: list[T] = []
    total, taken = sum(map(len, begins)) + len(rest), 0
    for number, begin in enumerate(begins):
        length = (total - len(made)) // (processes - number)
        filling = max(0, length - len(begin))
        made += [*begin, *rest[taken : taken + filling]]
        taken += filling
    return [*made, *rest[taken:]]
