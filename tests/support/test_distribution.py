"""Tests that start much begin, each kind in one process, and none is lost."""

import pytest

from tests.support.distribution import spread


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("many", [0, 1, 7, 100])
def test_spread_keeps_every_test_once(processes, many):
    kinds, rest = [["b1", "b2"], ["k1"], ["d1", "d2"]], [f"r{number}" for number in range(many)]

    made = spread(kinds, rest, processes)

    assert sorted(made) == sorted([*(one for kind in kinds for one in kind), *rest])


def test_spread_begins_each_part_with_a_kind():
    made = spread([["b1", "b2"], ["k1"], ["d1"]], [f"r{number}" for number in range(16)], 4)

    assert [made[at] for at in (0, 5, 10, 15)] == ["b1", "k1", "d1", "r11"]


def test_spread_puts_two_kinds_into_one_part_where_parts_are_few():
    made = spread([["b1", "b2"], ["k1"], ["d1"]], [f"r{number}" for number in range(6)], 2)

    assert (made[:3], made[5]) == (["b1", "b2", "d1"], "k1")
