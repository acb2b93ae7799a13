"""The real storm: real workers killed and stopped, the broker emptied, backends ended, the engine's faults on."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import redis
from celery import current_app
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from django.db.models import QuerySet
from django.utils import timezone

from directory.job_kinds import SYNC
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.run import start
from qxportal.ledger.jobs.wakeup import notify_workers
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.ordering import earlier_ones
from qxportal.ledger.outbox.review import Decision, resolve
from tests.chaos import baseline, faults
from tests.chaos.audit import Audit, Executed, compare, differences, happened, wrongly_removed
from tests.chaos.baseline import Naive
from tests.chaos.clients import LoadClients
from tests.chaos.fixture import tenants
from tests.chaos.sandbox import PACE, check_place
from tests.chaos.workers import Workers

WORKERS = 3
TICK = 0.05
DECISIONS: tuple[Decision, ...] = ("look", "again", "again")  # the last for what waited behind another one
PATIENCE = 600.0  # for everything to come to its end once the storm is over


@dataclass(frozen=True)
class Options:
    """How long and how hard."""

    seed: int
    kills: int
    seconds: float
    organisations: int = 2
    people: int = 60
    assessments: int = 4
    subjects: int = 12
    changes_per_second: float = 1.5


@dataclass
class Outcome:
    """What happened, and what it came to."""

    seed: int
    seconds: float = 0.0
    drained: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)  # seconds from when a job was due until it was first claimed
    to_persons: int = 0
    of_them_done: int = 0
    before_persons: Audit = field(default_factory=Audit)
    audit: Audit = field(default_factory=Audit)
    differences: list[str] = field(default_factory=list)
    wrongly_gone: int = 0
    stuck: list[str] = field(default_factory=list)
    naive: Naive = field(default_factory=lambda: Naive(0, 0, 0, 0, 0))


def run_storm(options: Options, folder: Path, engine_url: str) -> Outcome:
    """Raise a storm and give what it came to; only where everything is thrown away."""
    check_place()
    storm = Storm(options, folder, engine_url)
    try:
        return storm.run()
    finally:
        storm.close()


class Storm:
    """One storm."""

    def __init__(self, options: Options, folder: Path, engine_url: str) -> None:
        self.options = options
        self.chance = Random(options.seed)
        self.outcome = Outcome(options.seed)
        self.counts = self.outcome.counts
        self.tenants = tenants(
            options.organisations,
            engine_url,
            people=options.people,
            assessments=options.assessments,
            subjects=options.subjects,
        )
        self.orgs = [tenant.org for tenant in self.tenants]
        self.members = [LoadClients(tenant, options.seed) for tenant in self.tenants]
        self.executed = Executed()
        self.broker = redis.Redis.from_url(settings.BROKER_URL.replace("redis+socket://", "unix://"))
        self.stopped: dict[int, float] = {}  # since when, until when
        self.workers = Workers(folder / "workers.log", _environment())

    def close(self) -> None:
        """End what is left."""
        self.workers.close()
        self.broker.close()

    def run(self) -> Outcome:
        """Inject faults, let it drain, let a person decide, and audit."""
        baseline.prepare(self.tenants, max(100, self.options.kills))
        for tenant in self.tenants:
            faults.apply_faults(tenant.account, self.options.seed)
        begun, since = time.monotonic(), timezone.now()
        self._inject(begun + self.options.seconds)
        self._let_the_control_show()
        self.outcome.seconds = time.monotonic() - begun
        self._clear_faults()
        self._drain()
        self.outcome.drained = time.monotonic() - begun - self.outcome.seconds
        self.outcome.naive = baseline.outcome()
        accepted = {form for members in self.members for form in members.accepted}
        self.outcome.before_persons = compare(self.tenants, self.executed, accepted)
        self._decide()
        self._drain()
        self.outcome.audit = compare(self.tenants, self.executed, accepted)
        self._look_at_the_mirror()
        self.counts["calls"] = self.executed.received
        for state in Job.objects.filter(org__in=self.orgs).values_list("state", flat=True):
            self.counts[f"jobs {state}"] += 1
        self.outcome.waits = self._waits(since)
        self.counts["pages that failed"] = sum(members.failed_pages for members in self.members)
        return self.outcome

    # -- the storm

    def _inject(self, end: float) -> None:
        begun = time.monotonic()
        length = end - begun
        schedule = self._schedule(length)
        self._fill()
        for due, deed in schedule:
            while (now := time.monotonic()) < begun + due:
                self._wake(now)
                time.sleep(min(TICK, begun + due - now))
            with _trouble_is_expected():
                deed()
            self._fill()

    def _let_the_control_show(self) -> None:
        """Let the faults last until they have harmed the naive sender, however slow the machine is."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._wake(time.monotonic())
            self._fill()
            with _trouble_is_expected():
                if baseline.outcome().harm:
                    return
            time.sleep(TICK)

    def _schedule(self, length: float) -> list[tuple[float, Callable[[], None]]]:
        """All that will be done, and when; from the seed alone."""
        kills = self.options.kills
        often: list[tuple[int, Callable[[], None]]] = [
            (kills, self._kill),
            (max(1, kills // 4), self._stop),
            (max(2, kills // 8), self._flush),
            (max(2, kills // 4), self._terminate),
            (max(2, kills // 2), self._double),
            (int(length * self.options.changes_per_second) * len(self.members), self._act),
            (int(length), self._sweep),
            (max(2, int(length / 4)), self._sync),
            (max(2, int(length / 2)), self.executed.read),
        ]
        planned = [(self.chance.uniform(0, length), deed) for times, deed in often for _ in range(times)]
        return sorted(planned, key=lambda one: one[0])

    def _fill(self) -> None:
        roles = list(self.workers.living.values())
        for role, wanted in (("worker", WORKERS), ("naive", 1)):
            for _ in range(wanted - roles.count(role)):
                self.workers.start(role)
                self.counts["processes"] += 1

    def _kill(self) -> None:
        number = self.workers.any_of(self.chance)
        self.counts["kills of " + ("the naive sender" if self.workers.living[number] == "naive" else "workers")] += 1
        self.stopped.pop(number, None)
        self.workers.signal(number, signal.SIGKILL)

    def _stop(self) -> None:
        number = self.workers.any_of(self.chance)
        self.counts["stops"] += 1
        self.stopped[number] = time.monotonic() + self.chance.uniform(0.2, 3)
        self.workers.signal(number, signal.SIGSTOP)

    def _wake(self, now: float) -> None:
        for number in [number for number, until in self.stopped.items() if until <= now]:
            del self.stopped[number]
            self.workers.signal(number, signal.SIGCONT)

    def _flush(self) -> None:
        self.counts["broker emptied"] += 1
        self.broker.flushall()

    def _terminate(self) -> None:
        self.counts["backends ended"] += 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = %s "
                "ORDER BY pid",
                ["client backend"],
            )
            pids = [pid for (pid,) in cursor.fetchall()]
            cursor.execute("SELECT pg_terminate_backend(%s)", [self.chance.choice(pids)])

    def _double(self) -> None:
        self.counts["messages doubled"] += 1
        notify_workers()
        notify_workers()

    def _act(self) -> None:
        self.chance.choice(self.members).act()

    def _sweep(self) -> None:
        current_app.send_task("qxportal.ledger.tasks.sweep", retry=False)

    def _sync(self) -> None:
        for tenant in self.tenants:
            start(tenant.org, SYNC, by=None)
        self.counts["syncs asked for"] += 1

    # -- afterwards

    def _clear_faults(self) -> None:
        self.counts += Counter({f"faults: {kind}": shown for kind, shown in faults.clear_faults().items()})
        for number in self.stopped:
            self.workers.signal(number, signal.SIGCONT)
        for number, role in list(self.workers.living.items()):
            if role == "naive":
                self.workers.signal(number, signal.SIGKILL)
        self.broker.flushall()  # what the breaker and the pause remember belongs to the storm

    def _drain(self) -> None:
        """Until nothing moves any more; waits for the vendor are cut short, as if time passed."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.executed.read()
            now = timezone.now()
            self._changes(Change.State.PENDING).filter(not_before__gt=now).update(not_before=now)
            Job.objects.filter(org__in=self.orgs, state=Job.State.WAITING, not_before__gt=now).update(not_before=now)
            if not self._moving():
                break
            self._sweep()
            time.sleep(0.3)
        self.outcome.stuck = [f"{one!r} {one.state}: {one.status_message}" for one in self._moving()]
        self.executed.read()

    def _moving(self) -> list[Change]:
        """What can still move by itself: not what waits behind a change that a person must decide about."""
        return [change for change in self._changes(*Change.MOVING) if not _behind_a_person(change)]

    def _changes(self, *states: Change.State) -> QuerySet[Change]:
        return Change.objects.filter(org__in=self.orgs, state__in=states).order_by("number")

    def _decide(self) -> None:
        """Be the person: look once more, send again what is not there."""
        waiting = list(self._changes(Change.State.PERSON))
        self.outcome.to_persons = len(waiting)
        self.outcome.of_them_done = sum(happened(change, self.executed) for change in waiting)
        admins = {tenant.org.pk: tenant.admin for tenant in self.tenants}
        for decision in DECISIONS:
            for change in self._changes(Change.State.PERSON):
                resolve(change, by=admins[change.org_id], decision=decision)
            self._drain()

    def _waits(self, since: datetime) -> list[float]:
        """Of jobs that were claimed once; one that was put off, or whose worker ended, waited for other reasons too."""
        once = Job.objects.filter(org__in=self.orgs, attempts=1, created_at__gte=since).exclude(kind=APPLY.name)
        times = once.values_list("not_before", "started_at")
        return sorted((claimed - due).total_seconds() for due, claimed in times if claimed)

    def _look_at_the_mirror(self) -> None:
        for tenant in self.tenants:
            for _ in range(3):
                tenant.sync()
            self.outcome.differences += [f"{tenant.org}: {words}" for words in differences(tenant)]
            self.outcome.wrongly_gone += wrongly_removed(tenant)


def _behind_a_person(change: Change) -> bool:
    return any(one.state == Change.State.PERSON or _behind_a_person(one) for one in earlier_ones(change))


@contextmanager
def _trouble_is_expected() -> Iterator[None]:
    """The storm ends its own connections too."""
    try:
        yield
    except (OperationalError, InterfaceError):
        connection.close()
    except redis.RedisError:
        pass


def _environment() -> dict[str, str]:
    """What a worker needs to work on the databases that this process works on."""
    urls = {name: os.environ[name].rsplit("/", 1)[0] for name in ("QXP_DATABASE_URL", "QXP_ENGINE_DATABASE_URL")}
    return {
        **os.environ,
        "QXP_DATABASE_URL": f"{urls['QXP_DATABASE_URL']}/{connections['default'].settings_dict['NAME']}",
        "QXP_ENGINE_DATABASE_URL": f"{urls['QXP_ENGINE_DATABASE_URL']}/{connections['engine'].settings_dict['NAME']}",
        "QXP_BROKER_URL": settings.BROKER_URL,
        "QXP_KEYS": str(settings.KEYS),
        "QXP_REPORTS": str(settings.REPORTS_ROOT),
        **PACE,
    }
