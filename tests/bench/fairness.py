"""Turns: how long ten jobs of a small organisation wait while a large one has as many jobs as persons."""

from collections.abc import Iterator
from statistics import quantiles
from time import perf_counter

from qxportal.accounts.models import Organisation
from qxportal.ledger.job_kinds import TEST_CONNECTION
from qxportal.ledger.jobs.wakeup import notify_workers
from qxportal.ledger.models import Job
from tests.bench.env import Env
from tests.bench.queue import a_worker, wait_for
from tests.bench.result import Result, at_most
from tests.bench.vendor import Vendor

FEW = 10
PATIENCE = 30.0  # seconds, for 95 of 100


def measure(env: Env) -> Iterator[Result]:
    """Connection tests: three calls each of the large organisation; the small one has no credential, so none."""
    small = Organisation.objects.create(name="Tarn Ceramics", slug="tarn")
    with Vendor(env.listing, assessments=1, delay=env.delay) as vendor, a_worker(env.var / "turns.log"):
        env.connect(vendor.url)
        _many(env.org, env.persons)
        for _message in range(FEW):
            notify_workers()
        wait_for(lambda: Job.objects.filter(org=env.org, started_at__isnull=False).count() > FEW)
        began = perf_counter()
        _many(small, FEW)
        notify_workers()
        theirs = Job.objects.filter(org=small)
        wait_for(lambda: not theirs.filter(state__in=Job.LIVE).exists())
        took = perf_counter() - began
        done = Job.objects.filter(org=env.org, finished_at__isnull=False).count()
    waited = sorted((job.started_at - job.created_at).total_seconds() for job in theirs if job.started_at)
    p95 = quantiles(waited, n=20, method="inclusive")[-1]
    reach, met = at_most(p95 / PATIENCE, 1.0, f"{PATIENCE:.0f} s")
    naive = took / FEW * env.persons / 2  # in the order of arrival all others come first
    yield Result(
        work=f"turns: {FEW} jobs of one organisation beside {env.size} of another",
        ours=f"{p95:.2f} s waited at p95, {waited[-1]:.2f} s at most; all {FEW} done after {took:.1f} s",
        limit=f"half of the turns ({done} jobs of the other done by then)",
        naive=f"in the order of arrival about {naive:,.0f} s",
        reach=reach,
        met=met,
    )


def _many(org: Organisation, count: int) -> None:
    """Jobs that wait, however many an organisation may have."""
    Job.objects.bulk_create(
        (Job(org=org, kind=TEST_CONNECTION.name, target=str(number)) for number in range(count)),
        batch_size=5_000,
    )
