"""Which choices are points of a scale, by their recodes in the order in which they are shown."""

import pytest

from qxportal.engine.surveys.choices import Choice
from qxportal.engine.surveys.scales import Scale, scale


def found(recodes: list[str], ids: list[str] | None = None, aside: str = "") -> Scale:
    """The scale of choices with these recodes; their ids differ from these unless they are given."""
    named = ids or [f"c{number}" for number in range(1, len(recodes) + 1)]
    return scale([Choice(id, recode, recode, aside=recode == aside) for id, recode in zip(named, recodes, strict=True)])


def points(recodes: list[str], ids: list[str] | None = None) -> list[str]:
    return [one.recode for one in found(recodes, ids).points]


@pytest.mark.parametrize(
    ("shown", "beside"),
    [
        ("1 2 3 -1", "-1"),
        ("1 2 3 -1 -2", "-1 -2"),
        ("3 2 1 -1 -2", "-1 -2"),
        ("-1 1 2 3", "-1"),
        ("1 2 3 4 5 -9", "-9"),
        ("1 2 3 -1 -1", "-1 -1"),
        ("0 1 -1 -2", "-1 -2"),
        ("0 1 2 3 4 -1", "-1"),
        ("4 3 2 1 0 -1", "-1"),
        ("1 2 -1 -2", "-1 -2"),
        ("1 2 3 4 5 0", "0"),
        ("0 5 4 3 2 1", "0"),
        ("1 2 0", "0"),
        ("10 20 30 0", "0"),
        ("5 4 3 2 1 6", "6"),
        ("5 4 3 2 1 6 7", "6 7"),
        ("1 2 3 4 5 99", "99"),
        ("99 1 2 3 4 5", "99"),
        ("1 2 3 4 5 9", "9"),
        ("1 2 3 4 5 6 7 9", "9"),
        ("1 2 3 4 98 99", "98 99"),
        ("1 2 3 4 5 97 98 99", "97 98 99"),
        ("1 2 4 5 99", "99"),
        ("1 2 99", "99"),
        ("0 1 99", "99"),
        ("-2 -1 0 1 2 99", "99"),
        ("-2 -1 0 1 2 -99", "-99"),
        ("0 1 2 3 4 5 6 7 8 9 10 99", "99"),
        ("0.5 1 1.5 2 99", "99"),
        ("10 20 30 99", "99"),
        ("1 2 3 0 -1", "0 -1"),
        ("1 2 3 0 99", "0 99"),
        ("1 2 3 99 -1", "99 -1"),
    ],
)
def test_recodes_apart_from_the_run_stand_beside_the_scale(shown: str, beside: str):
    scale = found(shown.split())

    assert [other.choice.recode for other in scale.others] == beside.split()
    assert all(other.point is None for other in scale.others)
    run = [recode for recode in shown.split() if recode not in beside.split()]
    assert [one.recode for one in scale.points] == sorted(run, key=float)


@pytest.mark.parametrize(
    "shown",
    [
        "0 1 2 3 4",
        "4 3 2 1 0",
        "0 1 2 3 4 5 6 7 8 9 10",
        "10 9 8 7 6 5 4 3 2 1 0",
        "-2 -1 0 1 2",
        "2 1 0 -1 -2",
        "-2 -1 1 2",
        "2 1 -1 -2 0",
        "-1 0 1",
        "-3 -2 -1 0 1 2",
        "-3 -2 -1",
        "5 4 3 2 1",
        "10 20 30",
        "0 25 50 75 100",
        "0.5 1 1.5 2",
        "1,5 2,5 3,5",
        "1 2 4 8 16",
        "1 2 4 5",
        "1 3 5 7",
        "1 3 2",
        "1 2",
        "0 1",
        "-1 1",
        "3 1 4 2",
    ],
)
def test_a_run_of_recodes_is_a_scale(shown: str):
    scale = found(shown.split())

    assert list(scale.others) == []
    numbers = sorted(shown.split(), key=lambda recode: float(recode.replace(",", ".")))
    assert [one.recode for one in scale.points] == numbers


@pytest.mark.parametrize("ids", ["1 2 3 4 8", "1 2 3 4 5 9", "6 1 2 3 4 5", "3 2 1"])
def test_what_the_program_counts_itself_proves_nothing(ids: str):
    assert points(ids.split(), ids.split()) == sorted(ids.split(), key=int)


def test_two_choices_with_one_recode_are_one_point():
    scale = found(["3", "2", "2", "1", "-1"])

    assert [one.id for one in scale.points] == ["c4", "c2", "c1"]
    assert [(other.choice.id, other.point) for other in scale.others] == [("c3", 2), ("c5", None)]


def test_recodes_that_are_no_numbers_or_all_the_same_leave_the_order():
    assert points(["a", "b", "c"]) == ["a", "b", "c"]
    assert points(["1", "1", "1"]) == ["1", "1", "1"]


def test_what_is_excluded_from_analysis_is_no_point_whatever_its_recode():
    scale = found(["1", "2", "3", "4"], aside="4")

    assert [one.recode for one in scale.points] == ["1", "2", "3"]
    assert [other.choice.recode for other in scale.others] == ["4"]
