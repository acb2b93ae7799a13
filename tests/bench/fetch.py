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
from tests.bench.env import Ground
from tests.bench.result import Row, Took, at_most, measured
from tests.bench.vendor import Calls, Vendor

PAGE = 1_000
SAMPLE = 20  # calls that are made one after the other


def measure(ground: Ground) -> Iterator[Row]:
    """Fetching alone, then whole syncs."""
    with Vendor(ground.listing, assessments=ground.assessments, delay=ground.delay) as vendor:
        ground.connect(vendor.url)
        yield _alone(ground, vendor)
        yield _sync(ground, vendor, "first sync")
        yield _sync(ground, vendor, "sync, nothing changed")


def bound(ground: Ground) -> float:
    """Seconds that no way of asking can beat."""
    return ceil(len(_calls(ground)) / settings.CALLS_AT_ONCE) * ground.delay


def _alone(ground: Ground, vendor: Vendor) -> Row:
    with client_for(ground.org) as client:
        singly = measured(lambda: [client.call(call) for call in _calls(ground)[-SAMPLE:]])
    naive = singly.seconds / SAMPLE * len(_calls(ground))
    vendor.calls()

    def fetch() -> None:
        with client_pool(ground.org) as pool:
            pool.read(deque([Dropped(_calls(ground))]))

    return _row(ground, measured(fetch), vendor.calls(), f"fetch {what(ground)}", 1.05, _naive(naive))


def _sync(ground: Ground, vendor: Vendor, which: str) -> Row:
    job = start(ground.org, SYNC, by=None)
    took = measured(lambda: run(job.pk, sync_organisation))
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise RuntimeError(job.outcome)
    return _row(ground, took, vendor.calls(), f"{which}: {what(ground)}", 1.08, "")


def _row(ground: Ground, took: Took[None], calls: Calls, work: str, promised: float, naive: str) -> Row:
    least = bound(ground)
    reach, met = at_most(took.seconds / least, promised, "the bound")
    return Row(
        work=work,
        ours=f"{took.seconds:.2f} s, {calls.all:,} calls, {calls.most} at once at most",
        limit=f"bound {least:.2f} s",
        naive=naive,
        reach=reach,
        met=met and calls.most <= settings.CALLS_AT_ONCE,
        memory=took.megabytes,
    )


def what(ground: Ground) -> str:
    """What is fetched, for the first column."""
    small = ground.assessments * 4
    return f"{ground.size} persons and {small} small calls, {ground.delay * 1000:.0f} ms each, 10 at once"


def _naive(seconds: float) -> str:
    return f"one after the other {seconds:.0f} s (from {SAMPLE} calls)"


def _calls(ground: Ground) -> list[Call[Any]]:
    """What has to be asked: every page of the directory, and four things of each assessment."""
    calls: list[Call[Any]] = [
        GetLazyPersons(include_metadata=True, start_index=start, record_limit=PAGE)
        for start in range(0, ground.persons, PAGE)
    ]
    for number in range(ground.assessments):
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
