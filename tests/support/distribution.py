"""How a whole run is spread over the processes that run tests, one for each processor: which tests begin.

What starts much for a session, a demo, a browser or a fork server, begins, each kind in one process: it starts once,
and no long test is left for the end, when the other processes have nothing to do. With one process more than processors
a whole run took longer: each test took almost twice its time.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

import pytest

FIRST = (("tests/browser/",), ("tests/kills/", "tests/chaos/"), ("tests/bench/", "tests/qxportal/demo/", "tests/test_"))
T = TypeVar("T")


@pytest.hookimpl(trylast=True)  # after the order was left to chance
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what starts much where a process begins."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    kinds = [[item for item in items if item.nodeid.startswith(paths)] for paths in FIRST]
    rest = [item for item in items if not item.nodeid.startswith(sum(FIRST, ()))]
    items[:] = spread(kinds, rest, processes)


def spread(kinds: Sequence[Sequence[T]], rest: Sequence[T], processes: int) -> list[T]:
    """All of them, in as many parts of one length as there are processes, each kind at the beginning of a part."""
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
