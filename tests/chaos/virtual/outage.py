"""A vendor that is away for half an hour: what is asked meanwhile, and how soon everything is fresh again afterwards.

Each organisation lives through it alone, with the portal's own timetable, jobs, pool and pace; only the clock and the
vendor are ours. What they ask in each minute is added up afterwards, since they share beat, sweeper and the moment of
the outage; no worker is ever busy with another one, so a herd is shown at its worst.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import redis
from django.conf import settings
from django.db.models import Min
from django.test.utils import override_settings

from assessments.sync import start_due_syncs, sync_organisation
from qxportal.accounts.models import Credential, Organisation
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job
from qxportal.security.key_ring import add_key, keys
from tests.bench.listing import ListingFile
from tests.bench.vendor import Answers
from tests.chaos.virtual.clock import Clock
from tests.chaos.virtual.waits import waiting_by
from tests.chaos.virtual.writes import organisation
from tests.support.fake_server import FakeServer, Reply, failure

MINUTE = 60.0
BEGINS, ENDS, OVER = 30 * MINUTE, 60 * MINUTE, 120 * MINUTE  # seconds
BEAT, SWEEP = MINUTE, 15.0  # seconds between two looks for due syncs, and for due jobs
PEOPLE = 20
ASSESSMENTS = (8, 16)
BUSY = "429 Too Many Requests"
KINDS = ("sensible", "negative", "huge", "date", "text", "none", "500")
FRESH_WITHIN = 10 * MINUTE
ASKED_MOST = 0.1  # of the calls of normal life
CARELESS = {"BREAKER_AFTER": 10**9}


@dataclass
class Tally:
    """What some organisations came to."""

    organisations: int = 0
    normal: int = 0  # calls in the half hour before
    outage: int = 0
    answers: Counter[str] = field(default_factory=Counter)  # what the vendor said while it was away
    minutes: Counter[int] = field(default_factory=Counter)  # calls in each minute of all organisations together
    open: int = 0  # breakers at the end of the outage
    fresh: list[float] = field(default_factory=list)  # seconds from the end until a sync begun after it was done
    stale: list[str] = field(default_factory=list)  # who was not fresh in time
    stuck: list[str] = field(default_factory=list)  # breakers that did not close

    def add(self, other: "Tally") -> None:
        """Count others too."""
        for name in ("organisations", "normal", "outage", "open"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.answers.update(other.answers)
        self.minutes.update(other.minutes)
        self.fresh = sorted(self.fresh + other.fresh)
        self.stale += other.stale
        self.stuck += other.stuck

    @property
    def share(self) -> float:
        """The calls while the vendor was away, beside those of the half hour before."""
        return self.outage / max(1, self.normal)

    def peak(self, begin: float, end: float) -> int:
        """The most calls of one minute in that time."""
        return max((self.minutes[minute] for minute in range(int(begin // MINUTE), int(end // MINUTE))), default=0)


class Vendor:
    """Answers by the time that it is, and remembers when it was asked."""

    def __init__(self, clock: Clock, chance: Random, answers: Answers, habits: tuple[str, ...]) -> None:
        self.clock, self.chance, self.answers, self.habits = clock, chance, answers, habits
        self.begun = clock.time
        self.asked: list[float] = []
        self.said: Counter[str] = Counter()

    @property
    def age(self) -> float:
        """Seconds since the beginning."""
        return (self.clock.time - self.begun).total_seconds()

    def __call__(self, asked: Mapping[str, str]) -> Reply:
        """Answer one call."""
        self.clock.move(self.chance.uniform(0.05, 0.4))
        self.asked.append(self.age)
        return self._away() if BEGINS <= self.age < ENDS else self.answers(asked)

    def calls(self, begin: float, end: float) -> int:
        """How often it was asked in that time."""
        return sum(begin <= moment < end for moment in self.asked)

    def _away(self) -> Reply:
        kind = self.chance.choice(self.habits)
        self.said[kind] += 1
        match kind:
            case "sensible":
                return failure(BUSY, Retry_After=str(self.chance.randint(1, 120)))
            case "negative":
                return failure(BUSY, Retry_After="-30")
            case "huge":
                return failure(BUSY, Retry_After="1000000000")
            case "date":
                years = self.chance.choice((-30, 0, 0, 70))  # 0: everybody is told the moment when it will be back
                moment = self.begun + timedelta(days=365 * years, seconds=ENDS)
                return failure(BUSY, Retry_After=format_datetime(moment))
            case "text":
                return failure(BUSY, Retry_After="soon")
            case "none":
                return failure(BUSY)
        return failure("500 Internal Server Error", "An unknown error occurred.")


def outage(seed: int, *, careless: bool = False) -> Tally:
    """One organisation before, in and after an outage; a `careless` portal has no breaker."""
    with _organisation(seed) as (org, vendor), override_settings(**(CARELESS if careless else {})):
        life = Life(org, vendor)
        life.go_on(ENDS)
        found = Tally(1, open=life.breaker_is_open())
        if not careless:
            life.go_on(OVER)
    found.normal, found.outage = vendor.calls(0, BEGINS), vendor.calls(BEGINS, ENDS)
    found.answers = vendor.said
    found.minutes = Counter(int(moment // MINUTE) for moment in vendor.asked)
    found.fresh = [life.fresh] if life.fresh is not None else []
    if life.fresh is None or life.fresh > FRESH_WITHIN:
        found.stale = [f"seed {seed}: {'never' if life.fresh is None else f'after {life.fresh:.0f} s'}"]
    if life.breaker_is_open():
        found.stuck = [f"seed {seed}"]
    return found


class Life:
    """An organisation's life by the ticks of beat and sweeper."""

    def __init__(self, org: Organisation, vendor: Vendor) -> None:
        self.mine, self.vendor, self.clock = Organisation.objects.filter(pk=org.pk), vendor, vendor.clock
        self.jobs = Job.objects.filter(org=org, state=Job.State.WAITING)
        self.credential = Credential.objects.get(org=org)
        self.fresh: float | None = None

    def go_on(self, end: float) -> None:
        """Live until then."""
        while (due := self._next()) < end:
            self.clock.reach(self.vendor.begun + timedelta(seconds=due))
            start_due_syncs(self.mine)
            for job in self.jobs.filter(not_before__lte=self.clock.time):
                self._do(job)
        self.clock.reach(self.vendor.begun + timedelta(seconds=end))

    def breaker_is_open(self) -> bool:
        """Whether calls are held back, or would be after one more failure."""
        name = f"{self.credential.pk}:{self.credential.token_set_at:%Y%m%dT%H%M%S.%f}"
        client = redis.Redis.from_url(settings.BROKER_ADDRESS)
        until, breaks = client.hmget(f"rate-limit:{{{name}}}:state", ["open_until", "breaks"])
        return float(until or 0) > self.clock.time.timestamp() or int(breaks or 0) > 0

    def _next(self) -> float:
        """When something is due, by the tick that notices it."""
        sync = self.mine.values_list("next_sync_at", flat=True).get()
        job = self.jobs.aggregate(first=Min("not_before"))["first"]
        return min(self._tick(sync, BEAT), self._tick(job, SWEEP) if job else OVER)

    def _tick(self, due: datetime, every: float) -> float:
        age = max(0.0, (max(due, self.clock.time) - self.vendor.begun).total_seconds())
        return -(-age // every) * every

    def _do(self, job: Job) -> None:
        begun = self.vendor.age
        run(job.pk, sync_organisation)
        job.refresh_from_db()
        if self.fresh is None and begun >= ENDS and job.state == Job.State.DONE:
            self.fresh = self.vendor.age - ENDS


@contextmanager
def _organisation(seed: int) -> Iterator[tuple[Organisation, Vendor]]:
    if not keys():
        add_key()
    clock = Clock()
    clock.time = clock.time.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)  # never behind the real one
    chance = Random(f"outage:{seed}")
    random.seed(chance.getrandbits(64))  # the portal's own jitter
    number = seed % (len(KINDS) + 1)
    habits = KINDS[number : number + 1] or KINDS
    with TemporaryDirectory(prefix="qx-outage-") as folder:
        listing = ListingFile.write(Path(folder) / "people", PEOPLE)
        vendor = Vendor(clock, chance, Answers(listing, chance.randint(*ASSESSMENTS)), habits)
        with waiting_by(clock), FakeServer(vendor) as server:
            org, _admin = organisation(server.url)
            first = clock.time + settings.SYNC_EVERY * chance.random()
            Organisation.objects.filter(pk=org.pk).update(next_sync_at=first)
            yield org, vendor


def failures(ours: Tally, careless: Tally) -> Iterable[str]:
    """What breaks a promise, and a control that shows nothing."""
    if not ours.organisations:
        return
    if ours.share > ASKED_MOST:
        yield f"asked while the vendor was away: {ours.share:.1%} of the calls before"
    yield from (f"stale after the outage: {one}" for one in ours.stale)
    yield from (f"breaker stuck: {one}" for one in ours.stuck)
    if careless.share <= ASKED_MOST or not ours.open:
        yield "control: without a breaker no more was asked, so this outage was too weak to show anything"


def rows(ours: Tally, careless: Tally) -> list[tuple[str, object]]:
    """The table."""
    if not ours.organisations:
        return []
    said = ", ".join(f"{kind} {ours.answers[kind]}" for kind in KINDS)
    last = f"{ours.fresh[-1] / MINUTE:.1f}" if ours.fresh else "-"
    middle = f"{ours.fresh[len(ours.fresh) // 2] / MINUTE:.1f}" if ours.fresh else "-"
    return [
        ("outage of 30 minutes, organisations", ours.organisations),
        ("  calls in the half hour before, in it", f"{ours.normal:,}, {ours.outage:,} ({ours.share:.1%})"),
        ("  said by the vendor", said),
        ("  breakers open at its end, stuck an hour later", f"{ours.open}, {len(ours.stuck)}"),
        ("  fresh after its end (min): p50, last", f"{middle}, {last}"),
        ("  not fresh within 10 minutes", len(ours.stale)),
        ("  calls of one minute at most: before, after", f"{ours.peak(0, BEGINS):,}, {ours.peak(ENDS, OVER):,}"),
        ("control: without breaker, calls in it", f"{careless.outage:,} ({careless.share:.1%})"),
    ]
