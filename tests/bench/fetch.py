"""Fetching from a vendor 200 ms away: 800 small calls and a directory in pages, ten at once, alone and with the mirror.

The bound counts what has to be asked: the pages and the small calls. What our way asks beyond (the listing of
assessments, of surveys, the first page once more, a page behind the last) costs time, but does not move the bound.
"""

from collections import deque
from collections.abc import Iterator
from math import ceil
from typing import Any

from django.conf import settings

from assessments.sync import sync_organisation
from directory.job_kinds import SYNC
from qxportal.accounts.credentials import client_for, client_pool
from qxportal.ledger.jobs.run import run, start
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.assessments import (
    GetAssessment,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.persons import GetLazyPersons
from qxportal.threesixty.errors import ThreeSixtyError
from tests.bench.env import Env
from tests.bench.result import Result, Took, at_most, measured
from tests.bench.vendor import Calls, Vendor

PAGE = 1_000
SAMPLE = 20  # calls that are made one after the other


def measure(env: Env) -> Iterator[Result]:
    """Fetching alone, then whole syncs."""
    with Vendor(env.listing, assessments=env.assessments, delay=env.delay) as vendor:
        env.connect(vendor.url)
        yield _alone(env, vendor)
        yield _sync(env, vendor, "first sync")
        yield _sync(env, vendor, "sync, nothing changed")


def bound(env: Env) -> float:
    """Seconds that no way of asking can beat."""
    return ceil(len(_calls(env)) / settings.CALLS_AT_ONCE) * env.delay


def _alone(env: Env, vendor: Vendor) -> Result:
    with client_for(env.org) as client:
        singly = measured(lambda: [client.call(call) for call in _calls(env)[-SAMPLE:]])
    naive = singly.seconds / SAMPLE * len(_calls(env))
    vendor.calls()

    def fetch() -> None:
        with client_pool(env.org) as pool:
            pool.read(deque([Dropped(_calls(env))]))

    return _row(env, measured(fetch), vendor.calls(), f"fetch {what(env)}", 1.05, _naive(naive))


def _sync(env: Env, vendor: Vendor, which: str) -> Result:
    job = start(env.org, SYNC, by=None)
    took = measured(lambda: run(job.pk, sync_organisation))
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise RuntimeError(job.outcome)
    return _row(env, took, vendor.calls(), f"{which}: {what(env)}", 1.08, "")


def _row(env: Env, took: Took[None], calls: Calls, work: str, promised: float, naive: str) -> Result:
    least = bound(env)
    reach, met = at_most(took.seconds / least, promised, "the bound")
    return Result(
        work=work,
        ours=f"{took.seconds:.2f} s, {calls.all:,} calls, {calls.most} at once at most",
        limit=f"bound {least:.2f} s",
        naive=naive,
        reach=reach,
        met=met and calls.most <= settings.CALLS_AT_ONCE,
        memory=took.megabytes,
    )


def what(env: Env) -> str:
    """What is fetched, for the first column."""
    small = env.assessments * 4
    return f"{env.size} persons and {small} small calls, {env.delay * 1000:.0f} ms each, 10 at once"


def _naive(seconds: float) -> str:
    return f"one after the other {seconds:.0f} s (from {SAMPLE} calls)"


def _calls(env: Env) -> list[Call[Any]]:
    """What has to be asked: every page of the directory, and four things of each assessment."""
    calls: list[Call[Any]] = [
        GetLazyPersons(include_metadata=True, start_index=start, record_limit=PAGE)
        for start in range(0, env.persons, PAGE)
    ]
    for number in range(env.assessments):
        name = f"TS_{number:015d}"
        calls += [
            GetAssessment(assessment_id=name),
            GetCustomRelationships(assessment_id=name),
            GetSubjectStatus(assessment_id=name),
            GetEvaluationStatus(assessment_id=name, include_evaluation_responses=False),
        ]
    return calls


class Dropped:
    """A reading that asks for all of it and keeps nothing."""

    def __init__(self, calls: list[Call[Any]]) -> None:
        self._calls, self._left = deque(calls), len(calls)

    @property
    def done(self) -> bool:
        """Whether all was heard."""
        return not self._left

    def next_call(self) -> Call[Any] | None:
        """What was not asked yet."""
        return self._calls.popleft() if self._calls else None

    def take(self, call: Call[Any], answer: object) -> None:
        """Drop it."""
        self._left -= 1

    def fail(self, call: Call[Any], problem: ThreeSixtyError) -> None:
        """Nothing fails here."""
        raise problem
