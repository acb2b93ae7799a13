"""The queue: a real worker carries out a sync that it was rung for; the messages are counted."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

from django.conf import settings

from directory.job_kinds import SYNC
from qxportal.embedded import die_with_parent
from qxportal.ledger.jobs.run import start
from qxportal.ledger.jobs.wakeup import WORK_TASK, notify_workers
from qxportal.ledger.models import Job
from tests.bench.env import Env
from tests.bench.fetch import PAGE, bound, what
from tests.bench.result import Result, at_most, measured, memory_of
from tests.bench.vendor import Vendor
from tests.support.worker_command import worker_options

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE, SAMPLE_TINY = 500, 20  # messages of which each would be about one person; there is nothing to do
PATIENCE = 3_600


def measure(env: Env) -> Iterator[Result]:
    """One sync that finds nothing new, once the mirror is full."""
    log = env.var / "worker.log"
    with Vendor(env.listing, assessments=env.assessments, delay=env.delay) as vendor, a_worker(log) as worker:
        env.connect(vendor.url)
        _sync(env)
        vendor.calls()
        before = _received(log)
        took = measured(lambda: _sync(env))
        messages, calls = _received(log) - before, vendor.calls()
        peak = memory_of(worker.pid, "VmHWM")
        sample = SAMPLE_TINY if env.tiny else SAMPLE
        naive = measured(lambda: _one_each(log, sample))
    least = bound(env)
    reach, met = at_most(took.seconds / least, 1.03, "the bound")
    most = -(-env.persons // PAGE) + 4 * env.assessments
    yield Result(
        work=f"queue: sync by a worker, {what(env)}",
        ours=f"{took.seconds:.2f} s, {messages} messages, {calls.most} calls at once at most",
        limit=f"bound {least:.2f} s; {most} pages and resources",
        naive=f"one message per person {naive.seconds / sample * env.persons:.0f} s (from {sample})",
        reach=f"{reach}; {messages} messages (≤ {most})",
        met=met and messages <= most and calls.most <= settings.CALLS_AT_ONCE,
        memory=f"{peak} MB in the worker, from its start",
    )


def _sync(env: Env) -> None:
    """Ring for a sync and wait for its end."""
    job = start(env.org, SYNC, by=None)
    wait_for(lambda: not Job.objects.filter(pk=job.pk, state__in=Job.LIVE).exists())
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise RuntimeError(f"{job.get_state_display()}: {job.outcome}")


def _one_each(log: Path, sample: int) -> None:
    """A message for each of some persons, about whom there is nothing to do but to look."""
    before = _received(log, "succeeded")
    for _ in range(sample):
        notify_workers()
    wait_for(lambda: _received(log, "succeeded") - before >= sample)


def _received(log: Path, word: str = "received") -> int:
    """How many messages the worker has received, or done with."""
    return sum(f"{WORK_TASK}[" in line and word in line for line in log.read_text().splitlines())


def wait_for(until: Callable[[], bool]) -> None:
    """Wait until it holds."""
    end = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)


@contextmanager
def a_worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as in production."""
    with log.open("wb") as out:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "qxportal", *worker_options(threads=4, level="info")],
            cwd=ROOT,
            env={**os.environ, "QXP_LOG_LEVEL": "INFO"},
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent(SIGKILL),
        )
    try:
        wait_for(lambda: "ready." in log.read_text() or worker.poll() is not None)
        yield worker
    finally:
        worker.terminate()
        worker.wait(30)
