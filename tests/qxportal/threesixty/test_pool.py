"""A pool asks several things at once, hears them in order, and stops when it must."""

import threading
from collections import deque
from typing import cast

import pytest

from qxportal.threesixty.calls.assessments import ActivateAssessment, GetAssessment
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.client.pool import CallBudget, ClientPool
from qxportal.threesixty.errors import BadCredential, OutcomeUnknown, Rejected, Throttled, TransientError
from qxportal.threesixty.records import AssessmentRecord
from qxportal.threesixty.secret import Secret
from tests.support.fake_server import FakeServer, Reply, failure, success


@pytest.fixture
def asked():
    """A pool of four before a fake server that answers with the assessment asked for, or as told by its id."""
    told: dict[str, list[Reply | None]] = {}
    times: dict[str, int] = {}

    def answer(parameters):
        name = parameters["ThreeSixtyID"]
        times[name] = times.get(name, 0) + 1
        script = told.get(name)
        reply = script[min(times[name], len(script)) - 1] if script else None
        return reply or success({"ThreeSixtyID": name})

    with (
        FakeServer(answer, delay=0.02) as vendor,
        ThreeSixty(vendor.url, "hr@acme.example#acme", Secret("kT7-canary"), allow_loopback=True) as client,
    ):
        yield Asked(vendor, client, told, times)


class Asked:
    def __init__(self, vendor, client, told, times):
        self.vendor, self.client, self.told, self.times = vendor, client, told, times

    def pool(self, **options):
        return ClientPool(
            self.client, size=4, budget=options.pop("budget", CallBudget(10_000)), first_wait=0.01, **options
        )


def reading_of(*names, **options):
    return Several([GetAssessment(assessment_id=name) for name in names], **options)


class Several:
    """Reads one call after the other, without waiting in between unless told to."""

    def __init__(self, calls, *, in_between=False, heard=None):
        self.calls, self.in_between = deque(calls), in_between
        self.wanted, self.heard, self.problems = len(self.calls), heard if heard is not None else [], []
        self.waiting = 0

    @property
    def done(self):
        return self.wanted == 0

    def next_call(self):
        if not self.calls or (self.in_between and self.waiting):
            return None
        self.waiting += 1
        return self.calls.popleft()

    def take(self, call, answer):
        self.waiting, self.wanted = self.waiting - 1, self.wanted - 1
        self.heard.append(answer.vendor_id)

    def fail(self, call, problem):
        self.waiting, self.wanted = self.waiting - 1, self.wanted - 1
        self.problems.append(problem)


def test_answers_come_in_order_and_never_more_than_the_pool_are_in_the_air(asked):
    heard: list[str] = []
    names = [f"TS_{number}" for number in range(60)]
    with asked.pool() as pool:
        pool.read(deque([reading_of(*names[:35], heard=heard), reading_of(*names[35:], heard=heard)]))

    assert heard == names
    assert asked.vendor.most == 4
    assert asked.vendor.calls == 60


def test_what_follows_is_asked_while_one_reading_waits_for_an_answer(asked):
    heard: list[str] = []
    slow = reading_of("TS_1", "TS_2", "TS_3", "TS_4", in_between=True, heard=heard)
    with asked.pool() as pool:
        pool.read(deque([slow, reading_of(*(f"TS_1{n}" for n in range(12)), heard=heard)]))

    assert heard[:4] == ["TS_1", "TS_2", "TS_3", "TS_4"]
    assert asked.vendor.most >= 3


def test_readings_may_come_to_light_while_one_is_read(asked):
    coming: deque[Several] = deque()

    class Listing(Several):
        def take(self, call, answer):
            super().take(call, answer)
            coming.append(follower)

    follower = reading_of("TS_2")
    coming.append(Listing([GetAssessment(assessment_id="TS_1")]))
    with asked.pool() as pool:
        pool.read(coming)

    assert follower.heard == ["TS_2"]


def test_answers_that_nobody_takes_yet_are_few(asked):
    """The pool waits for its owner, who is slow; memory stays bounded."""
    gate = threading.Event()

    class Slow(Several):
        def take(self, call, answer):
            gate.wait(0.3)
            waited.append(asked.vendor.calls)
            gate.set()
            super().take(call, answer)

    waited: list[int] = []
    with asked.pool() as pool:
        pool.read(deque([Slow([GetAssessment(assessment_id=f"TS_{n}") for n in range(50)])]))

    assert waited[0] <= 3 * 4


def test_more_is_asked_while_one_answer_is_long_in_coming():
    """The answer waited for comes only when many calls behind it were made."""
    made: list[str] = []
    many = threading.Event()

    class Slow:
        received = 10

        def call(self, call):
            made.append(call.assessment_id)
            if len(made) > 30:
                many.set()
            if call.assessment_id == "TS_2":
                assert many.wait(10)
            return AssessmentRecord(vendor_id=call.assessment_id)

        def clone(self):
            return self

        def close(self):
            pass

    first, second = reading_of("TS_1", "TS_2"), reading_of(*(f"TS_1{n}" for n in range(40)))
    with ClientPool(cast(ThreeSixty, Slow()), size=4, budget=CallBudget(100)) as pool:
        pool.read(deque([first, second]))

    assert first.heard == ["TS_1", "TS_2"]


@pytest.mark.parametrize(("size", "least", "most"), [(10, 20, 60), (1_000_000, 0, 12 + 12)])
def test_many_small_answers_may_wait_but_few_large_ones(asked, size, least, most):
    """While one reading goes on call by call, the pool asks for what follows it."""
    for number in range(60):
        asked.told[f"TS_1{number}"] = [success({"ThreeSixtyID": f"TS_1{number}", "Name": "x" * size})]
    waiting: list[int] = []

    class InBetween(Several):
        def take(self, call, answer):
            super().take(call, answer)
            waiting.append(asked.vendor.calls - len(self.heard))

    first = InBetween([GetAssessment(assessment_id=f"TS_2{n}") for n in range(16)], in_between=True)
    with asked.pool() as pool:
        pool.read(deque([first, reading_of(*(f"TS_1{n}" for n in range(60)))]))

    assert least <= waiting[-1] <= most


def test_a_wrong_token_costs_one_call(asked):
    asked.told["TS_1"] = [failure("401 Unauthorized", "No such token")]
    with pytest.raises(BadCredential), asked.pool() as pool:
        pool.read(deque([reading_of("TS_1", *(f"TS_{n}" for n in range(2, 40)))]))

    assert asked.vendor.calls == 1


def test_a_token_refused_in_the_middle_ends_it_at_once(asked):
    asked.told["TS_9"] = [failure("401 Unauthorized", "No such token")]
    with pytest.raises(BadCredential), asked.pool() as pool:
        pool.read(deque([reading_of(*(f"TS_{n}" for n in range(200)))]))

    assert asked.vendor.calls <= 20


def test_what_failed_for_a_moment_is_asked_again(asked):
    asked.told["TS_3"] = [failure("500 Error"), failure("503 Busy"), None]
    reading = reading_of(*(f"TS_{n}" for n in range(6)))
    with asked.pool() as pool:
        pool.read(deque([reading]))

    assert asked.times["TS_3"] == 3
    assert len(reading.heard) == 6


def test_what_keeps_failing_is_given_up_after_four_tries(asked):
    asked.told["TS_3"] = [failure("500 Error")]
    reading = reading_of(*(f"TS_{n}" for n in range(6)))
    with asked.pool() as pool:
        pool.read(deque([reading]))

    assert asked.times["TS_3"] == 4
    assert [type(problem) for problem in reading.problems] == [TransientError]


@pytest.mark.parametrize("seconds", ["61", "360", "99999999"])
def test_a_long_wait_is_left_to_the_job(asked, seconds):
    asked.told["TS_3"] = [failure("429 Too Many Requests", Retry_After=seconds)]
    reading = reading_of("TS_3")
    with asked.pool() as pool:
        pool.read(deque([reading]))

    assert asked.times["TS_3"] == 1
    assert reading.problems[0].retry_after == min(360, int(seconds))


def test_retries_stay_within_a_tenth_of_the_calls(asked):
    for number in range(100):
        asked.told[f"TS_{number}"] = [failure("500 Error")]
    reading = reading_of(*(f"TS_{n}" for n in range(100)))
    with asked.pool() as pool:
        pool.read(deque([reading]))

    assert len(reading.problems) == 100
    assert asked.vendor.calls <= 100 + 3 + 0.12 * 100


def test_a_refusal_is_no_reason_to_ask_again(asked):
    asked.told["TS_3"] = [failure("400 Bad Request", "Invalid parameter")]
    reading = reading_of("TS_3", "TS_4")
    with asked.pool() as pool:
        pool.read(deque([reading]))

    assert asked.times["TS_3"] == 1
    assert [type(problem) for problem in reading.problems] == [Rejected]


def test_a_change_is_never_made_again(asked):
    asked.told["TS_3"] = [failure("500 Error")]
    with pytest.raises(OutcomeUnknown), asked.pool() as pool:
        pool.call(ActivateAssessment(assessment_id="TS_3"))

    assert asked.times["TS_3"] == 1


def test_a_run_ends_when_its_calls_are_used_up(asked):
    reading = reading_of(*(f"TS_{n}" for n in range(30)))
    with asked.pool(budget=CallBudget(10)) as pool:
        pool.read(deque([reading]))

    assert asked.vendor.calls == 10
    assert {type(problem) for problem in reading.problems} == {Throttled}


def test_what_a_reading_raises_ends_the_run(asked):
    class Broken(Several):
        def take(self, call, answer):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), asked.pool() as pool:
        pool.read(deque([Broken([GetAssessment(assessment_id=f"TS_{n}") for n in range(100)])]))

    assert asked.vendor.calls <= 2 * 4


def test_a_single_call_and_several_are_asked_by_the_pool_too(asked):
    with asked.pool() as pool:
        assert pool.call(GetAssessment(assessment_id="TS_1")).vendor_id == "TS_1"
        several = pool.calls(GetAssessment(assessment_id=f"TS_{n}") for n in range(20))
        assert [record.vendor_id for record in several] == [f"TS_{n}" for n in range(20)]

    assert asked.vendor.most == 4
