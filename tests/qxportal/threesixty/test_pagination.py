"""A directory is walked in pages that may be asked for at once; what does not fit together is noticed."""

from collections import deque

import pytest

from qxportal.threesixty.client.pagination import PageRequest, Paginator


def everybody(count):
    return [f"P_{number:015d}" for number in range(count)]


def walk(listing, *, size=11, expected=0, at_once=4):
    """Paginator over what `listing(start, limit, call number)` gives; the walk, what was fresh, and the calls."""
    steps, fresh, calls = Paginator(size, expected=expected), [], []
    awaited: deque[tuple[PageRequest, list[str]]] = deque()
    while not steps.done:
        while len(awaited) < at_once and (page := steps.next_request()):
            calls.append((page.start, page.limit))
            awaited.append((page, listing(page.start, page.limit, len(calls))))
        page, keys = awaited.popleft()
        taken = steps.take(page, keys, len(keys))
        if taken.since is not None:
            fresh += keys[taken.since :]
        assert len(calls) < 1000
    return steps, fresh, calls


def serving(people, own_limit=10**9):
    return lambda start, limit, number: people[start : start + min(limit, own_limit)]


@pytest.mark.parametrize("count", [0, 1, 2, 10, 11, 12, 20, 21, 22, 100, 101, 111, 112])
@pytest.mark.parametrize("expected", [0, 5, 50, 500])
@pytest.mark.parametrize("at_once", [1, 4, 30])
@pytest.mark.parametrize("own_limit", [10**9, 5, 3])
def test_everybody_is_read_once_whatever_the_length(count, expected, at_once, own_limit):
    people = everybody(count)

    steps, fresh, _calls = walk(serving(people, own_limit), expected=expected, at_once=at_once)

    assert fresh == people
    assert steps.consistent


def test_it_takes_a_call_per_page_one_for_the_end_and_one_for_the_first_page_again():
    _steps, _fresh, calls = walk(serving(everybody(100)), expected=100, at_once=10)

    assert calls == [*((start, 11) for start in range(0, 100, 10)), (99, 11), (0, 11)]


def test_a_short_directory_takes_two_calls():
    _steps, _fresh, calls = walk(serving(everybody(7)), at_once=10)

    assert calls == [(0, 11), (6, 11)]


def test_an_unknown_length_costs_few_calls_in_vain():
    _steps, _fresh, calls = walk(serving(everybody(300)), at_once=10)

    assert len(calls) <= 30 + 2 + 10


def test_a_removal_while_it_is_read_is_noticed():
    people = everybody(100)

    def listing(start, limit, number):
        if number == 6:
            del people[3]
        return people[start : start + limit]

    assert not walk(listing, at_once=1)[0].consistent


def test_an_insertion_at_the_front_is_noticed():
    people = everybody(100)

    def listing(start, limit, number):
        if number == 6:
            people.insert(0, "P_new")
        return people[start : start + limit]

    assert not walk(listing, at_once=1)[0].consistent


def test_another_first_page_in_the_end_is_noticed():
    people = everybody(60)

    def listing(start, limit, number):
        if start == 0 and number > 1:
            return ["P_other", *people[1:limit]]
        return people[start : start + limit]

    assert not walk(listing, expected=60)[0].consistent


def test_a_page_that_names_somebody_twice_is_noticed():
    people = everybody(60)
    people[25] = people[23]

    assert not walk(serving(people))[0].consistent


@pytest.mark.parametrize("rows", [0, 1, 4])
def test_a_page_cut_short_in_the_middle_loses_nobody_unnoticed(rows):
    people = everybody(60)

    def listing(start, limit, number):
        return people[start : start + (rows if number == 3 else limit)]

    steps, fresh, _calls = walk(listing, expected=60)

    assert (fresh == people) or not steps.consistent


def test_a_server_that_ignores_where_to_begin_is_left():
    people = everybody(30)

    steps, _fresh, calls = walk(lambda start, limit, number: people[:limit])

    assert not steps.consistent
    assert len(calls) < 20


def test_people_who_join_at_the_end_meanwhile_are_read_too():
    people = everybody(40)

    def listing(start, limit, number):
        if number == 5:
            people.extend(f"P_late{n}" for n in range(25))
        return people[start : start + limit]

    steps, fresh, _calls = walk(listing, expected=40)

    assert fresh == people
    assert steps.consistent
