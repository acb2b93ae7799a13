"""All workers together keep to one pace with a credential."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings as portal

from qxportal.accounts.rate_limit import RateLimiter
from qxportal.threesixty.errors import BadCredential, MalformedResponse, Rejected, Throttled, TransientError


@pytest.fixture
def name(running_services):
    """A credential of its own for each test."""
    return uuid4().hex


class Vendor:
    """Counts the calls in the air."""

    def __init__(self):
        self.lock, self.flying, self.most, self.calls, self.order = threading.Lock(), 0, 0, 0, []

    def call(self, limiter, *, seconds=0.02, problem=None, label=""):
        with limiter.acquire():
            with self.lock:
                self.flying, self.calls = self.flying + 1, self.calls + 1
                self.most = max(self.most, self.flying)
                self.order.append(label)
            time.sleep(seconds)
            with self.lock:
                self.flying -= 1
            if problem:
                raise problem


@pytest.fixture
def vendor():
    return Vendor()


def at_once(count, function):
    with ThreadPoolExecutor(count) as pool:
        return [future.exception() for future in [pool.submit(function, number) for number in range(count)]]


def fail(vendor, name, times, problem=None):
    for _ in range(times):
        with pytest.raises(TransientError):
            vendor.call(RateLimiter(name), seconds=0, problem=problem or TransientError("no answer"))


def let_the_pause_end(name):
    """As if the breaker's time were over: nobody waits for it, and no slow machine sees it end too early."""
    with redis.Redis.from_url(portal.BROKER_ADDRESS) as client:
        assert client.hset(f"rate-limit:{{{name}}}:state", "open_until", 1) == 0


def test_never_more_calls_are_in_the_air_than_allowed(name, vendor, settings):
    settings.CALLS_AT_ONCE = 3
    vendor.call(RateLimiter(name))

    at_once(20, lambda number: vendor.call(RateLimiter(name, many=number % 2 == 0)))

    assert (vendor.most, vendor.calls) == (3, 21)


def test_a_wrong_token_costs_one_call_of_eight_workers(name, vendor):
    problems = at_once(8, lambda number: vendor.call(RateLimiter(name), problem=BadCredential("wrong", status=401)))

    assert vendor.calls == 1
    assert {type(problem) for problem in problems} == {BadCredential}


def test_what_was_refused_is_not_asked_again_until_it_is_tested(name, vendor):
    with pytest.raises(BadCredential):
        vendor.call(RateLimiter(name), problem=BadCredential("wrong", status=401))
    with pytest.raises(BadCredential):
        vendor.call(RateLimiter(name))

    vendor.call(RateLimiter(name, force=True))
    vendor.call(RateLimiter(name))

    assert vendor.calls == 3


def test_another_token_has_a_pace_of_its_own(name, vendor):
    with pytest.raises(BadCredential):
        vendor.call(RateLimiter(name), problem=BadCredential("wrong", status=401))

    vendor.call(RateLimiter(f"{name}-new"))


def test_after_five_failures_in_a_row_nothing_is_asked_then_one_call_alone(name, vendor, settings):
    settings.BREAKER_SECONDS = 60
    fail(vendor, name, 5)
    with pytest.raises(Throttled) as open_now:
        vendor.call(RateLimiter(name))
    assert vendor.calls == 5
    assert 0 < (open_now.value.retry_after or 0) <= 60

    let_the_pause_end(name)
    at_once(6, lambda number: vendor.call(RateLimiter(name), seconds=0.3))

    assert vendor.calls == 11
    assert vendor.order and vendor.most > 1  # alone first, together once it was answered


def test_a_call_that_fails_again_doubles_the_pause(name, vendor, settings):
    settings.BREAKER_SECONDS = 60
    fail(vendor, name, 5)
    let_the_pause_end(name)

    problems = at_once(
        6, lambda number: vendor.call(RateLimiter(name), seconds=0.1, problem=MalformedResponse("a page"))
    )

    assert vendor.calls == 6
    assert sorted(type(problem).__name__ for problem in problems) == ["MalformedResponse"] + ["Throttled"] * 5
    with pytest.raises(Throttled) as still:
        vendor.call(RateLimiter(name))
    assert 60 < (still.value.retry_after or 0) <= 120


def test_the_pause_never_exceeds_six_minutes(name, vendor, settings):
    settings.BREAKER_SECONDS = 10_000
    fail(vendor, name, 5)

    with pytest.raises(Throttled) as still:
        vendor.call(RateLimiter(name))

    assert 350 < (still.value.retry_after or 0) <= 360


def test_an_answer_in_between_starts_the_count_anew(name, vendor):
    for _ in range(3):
        fail(vendor, name, 4)
        vendor.call(RateLimiter(name), seconds=0)

    assert vendor.calls == 15


def test_a_refusal_by_the_vendor_is_an_answer(name, vendor):
    for _ in range(3):
        fail(vendor, name, 4)
        with pytest.raises(Rejected):
            vendor.call(RateLimiter(name), seconds=0, problem=Rejected("no such assessment", status=400))

    assert vendor.calls == 15


def test_everybody_waits_for_as_long_as_the_vendor_said(name, vendor):
    fail(vendor, name, 1, TransientError("busy", retry_after=300))

    with pytest.raises(Throttled) as wait:
        vendor.call(RateLimiter(name, many=True))

    assert 240 < (wait.value.retry_after or 0) <= 300


def test_a_short_pause_is_waited_for(name, vendor):
    begun = time.monotonic()
    fail(vendor, name, 1, TransientError("busy", retry_after=0.2))

    vendor.call(RateLimiter(name))

    assert time.monotonic() - begun > 0.15


def test_calls_of_a_minute_are_counted(running_services, vendor, settings):
    settings.CALLS_PER_MINUTE = 5
    begun = 0.0
    while begun != time.time() // 60:  # all of it has to fall into one minute
        begun, name = time.time() // 60, uuid4().hex
        for _ in range(5):
            vendor.call(RateLimiter(name), seconds=0)
        client = redis.Redis.from_url(portal.BROKER_ADDRESS)
        counted = client.hget(f"rate-limit:{{{name}}}:state", "begun")
        word, seconds = RateLimiter(name)._enter("another")

    assert counted == b"5"
    assert word == "minute" and 0 < seconds <= 60


def test_a_single_call_goes_before_those_of_a_sync(name, vendor, settings):
    settings.CALLS_AT_ONCE = 1
    vendor.call(RateLimiter(name), seconds=0)
    before = []  # the calls made when the single one asked for its turn

    class Noting(RateLimiter):
        def _enter(self, slot):
            found = super()._enter(slot)
            before.append(len(vendor.order))
            return found

    def sync(number):
        while "change" not in vendor.order:
            vendor.call(RateLimiter(name, many=True), seconds=0.05, label="sync")

    def change(number):
        while len(vendor.order) < 3:
            time.sleep(0.01)
        vendor.call(Noting(name), seconds=0, label="change")

    at_once(4, lambda number: sync(number) if number else change(number))

    assert vendor.order.index("change") <= before[0] + 1  # one may be under way


def test_a_slot_whose_holder_died_comes_free_by_itself(name, settings):
    settings.CALLS_AT_ONCE = 1
    RateLimiter(name)._enter("somebody who dies")
    client = redis.Redis.from_url(portal.BROKER_ADDRESS)
    found: Any = client.zrange(f"rate-limit:{{{name}}}:flying", 0, -1, withscores=True)
    [(_slot, until)] = found

    assert 170 < until - time.time() < 190


def test_calls_go_on_without_valkey(name, vendor, settings, monkeypatch):
    from qxportal.accounts import rate_limit

    settings.BROKER_ADDRESS = "unix:///nowhere/valkey.sock"
    rate_limit._script.cache_clear()
    try:
        vendor.call(RateLimiter(name))
    finally:
        rate_limit._script.cache_clear()

    assert vendor.calls == 1
