"""The storm while people answer: processes of the site and of PostgreSQL killed, connections cut, requests repeated."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random

import psycopg
from django.db import connections
from psycopg import sql

from tests.answering.http_load import Load, Session, Timings
from tests.answering.probes import WRITE_EVERY, create_table, drop_table
from tests.answering.raters import Asked, Rater
from tests.answering.rounds import Comparison, Round, compare, lost_by_naive, make_round
from tests.answering.site import NAME, run_site, workers
from tests.chaos.report import Rows
from tests.chaos.sandbox import check_place

CUT = 0.04  # of all requests: the connection ends before the answer is read
REPEATED, OVERTAKEN = 0.2, 0.2  # of the answers
PATIENCE = 300.0  # for the control to lose something
LATE = 60_000  # milliseconds ago: what another device has kept and sends after a newer answer
Crash = Callable[[], None]  # kills PostgreSQL as a whole, and starts it again


@dataclass(frozen=True)
class Options:
    """How long and how hard."""

    seed: int
    people: int
    seconds: float
    kills: int  # of processes of the site; as many connections of PostgreSQL are ended
    crashes: int = 0


@dataclass
class Outcome:
    """What happened, and what it came to."""

    seed: int
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    comparison: Comparison = field(default_factory=lambda: Comparison(0, [], [], []))
    replaced: list[str] = field(default_factory=list)  # newer answers, by an older one that came late
    submitted: int = 0
    naive: int = 0
    naive_lost: int = 0


def run_storm(options: Options, folder: Path, database_url: str, crash: Crash | None = None) -> Outcome:
    """Raise a storm over people who answer and give what it came to; only where everything is thrown away."""
    check_place()
    create_table()
    try:
        return _Storm(options, folder, database_url, crash).run()
    finally:
        drop_table()


class _Storm:
    def __init__(self, options: Options, folder: Path, database_url: str, crash: Crash | None) -> None:
        self.options, self.folder, self.url, self.crash = options, folder, database_url, crash
        self.chance = Random(options.seed)
        self.outcome = Outcome(options.seed)
        self.counts = self.outcome.counts
        self.naive: dict[tuple[int, int], int] = {}
        self.over = False
        self.master = self.site_port = 0

    def run(self) -> Outcome:
        """People answer while things are killed; then compare."""
        if self.crash:
            self._commit_before_answering()
        made = make_round(self.options.people)
        cuts = Random(self.options.seed + 1)
        with run_site(self.folder / "site.log", self.url) as site:
            self.master, self.site_port = site.process.pid, site.port
            given = len(made.raters) * len(made.questions)
            load = Load(site.port, connections=16, cut=lambda: not self.over and cuts.random() < CUT)
            with ThreadPoolExecutor(1, "people") as aside:
                answering = aside.submit(load.run, [self._answer(one, made) for one in made.raters])
                try:
                    self._rage(answering, given)  # here, for PostgreSQL ends with the thread that started it
                finally:
                    self.over = True
                timings = answering.result()
            self._let_the_control_show(made)
            time.sleep(3 * WRITE_EVERY)  # what the naive saver still holds
        self.outcome.seconds = timings.seconds
        self.counts |= Counter(
            {
                "requests answered": len(timings.latencies),
                "connections cut": load.cuts,
                "others that broke": load.failed,
            }
        )
        if self.crash:
            connections["engine"].close()
        self.outcome.comparison = compare(made.raters, made.questions)
        self.outcome.submitted = sum(one.submitted for one in made.raters)
        self.outcome.naive, self.outcome.naive_lost = len(self.naive), lost_by_naive(self.naive)
        return self.outcome

    def _let_the_control_show(self, made: Round) -> None:
        """Kill after one answer more of the naive saver's at a time, until it has lost one, however slow it all was."""
        one, names = made.raters[0], cycle(made.questions)
        end = time.monotonic() + PATIENCE
        if self.crash:
            connections["engine"].close()
        time.sleep(3 * WRITE_EVERY)
        while not lost_by_naive(self.naive) and time.monotonic() < end:
            name = next(names)
            key = (one.evaluation, made.questions[name])
            value = 1 + self.naive[key] % 5
            Load(self.site_port).run([_only(one.probe_one(f"/probe/naive/{key[0]}/{key[1]}/{name}/", name, value))])
            for process in workers(self.master):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.naive[key] = value
            time.sleep(3 * WRITE_EVERY)

    # -- the people

    def _answer(self, phone: Rater, made: Round) -> Session:
        """One person with two devices: answers everything, now and then twice or in the wrong order, and submits."""
        chance = Random(self.options.seed + phone.evaluation)
        laptop = phone.other_device()
        yield chance.uniform(0, 0.2) * self.options.seconds
        yield from phone.open()
        yield from laptop.open()
        names = list(made.questions)
        chance.shuffle(names)
        for name in names:
            value = chance.randint(1, 5)
            yield from phone.save_one(name, value)
            key = (phone.evaluation, made.questions[name])
            yield from phone.probe_one(f"/probe/naive/{key[0]}/{key[1]}/{name}/", name, value)
            self.naive[key] = value
            drawn = chance.random()
            if drawn < REPEATED:
                self.counts["requests repeated"] += 1
                yield from phone.save_one(name, value)
            elif drawn < REPEATED + OVERTAKEN:
                self.counts["answers that came after a newer one"] += 1
                newer = 1 + value % 5
                yield from laptop.save_one(name, newer)
                late = yield from phone.save_one(name, value, age=LATE, kept=False)
                if json.loads(late.body)["kept"]:
                    self.outcome.replaced.append(f"{key}: {newer} by {value}")
                phone.acknowledged[name] = newer
            yield chance.uniform(0.5, 1.5) * 0.7 * self.options.seconds / len(names)
        yield from phone.submit()

    # -- the weather

    def _rage(self, answering: Future[Timings], given: int) -> None:
        """Do everything planned in the midst of the answers, however long those take."""
        options = self.options
        often = [(options.kills, self._kill), (options.kills, self._end_connections)]
        if self.crash:
            often.append((options.crashes, self._crash))
        planned = [(self.chance.uniform(0.05, 0.95), deed) for times, deed in often for _ in range(times)]
        for share, deed in sorted(planned, key=lambda one: one[0]):
            while not answering.done() and len(self.naive) < share * given:
                time.sleep(0.01)
            if answering.done():
                return
            deed()

    def _kill(self) -> None:
        if found := workers(self.master):
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(found), signal.SIGKILL)
                self.counts["processes of the site killed"] += 1

    def _end_connections(self) -> None:
        """Those that work just now, and one that may be idle."""
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT pid, state FROM pg_stat_activity "
                "WHERE application_name = %s AND datname = current_database() ORDER BY pid",
                [NAME],
            ).fetchall()
            chosen = {pid for pid, state in found if state == "active"}
            chosen |= {self.chance.choice(found)[0]} if found else set()
            for pid in chosen:
                connection.execute("SELECT pg_terminate_backend(%s)", [pid])
                self.counts["connections of PostgreSQL ended"] += 1

    def _crash(self) -> None:
        assert self.crash
        self.crash()
        self.counts["PostgreSQL killed as a whole"] += 1

    def _commit_before_answering(self) -> None:
        """As in production: databases of tests may forget what was committed last when they are killed."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(name))


def _only(asked: Asked) -> Session:
    """A session of one request."""
    yield from asked


def rows(outcome: Outcome) -> Rows:
    """What was done to the site, and what became of the answers."""
    found = outcome.comparison
    return [
        ("seed", outcome.seed),
        ("lasted (s)", f"{outcome.seconds:.0f}"),
        *sorted(outcome.counts.items()),
        ("answers acknowledged", found.acknowledged),
        ("  lost or not the newest, doubled", f"{len(found.lost)}, {len(found.doubled)}"),
        ("  newer ones replaced by an older", len(outcome.replaced)),
        ("evaluations submitted", outcome.submitted),
        ("  of them not completed", len(found.not_completed)),
        ("control: naive saver: acknowledged, lost", f"{outcome.naive}, {outcome.naive_lost}"),
    ]


def failures(outcome: Outcome) -> Iterable[str]:
    """What breaks a promise, and a control that shows nothing."""
    for name, found in (
        ("lost", outcome.comparison.lost),
        ("doubled", outcome.comparison.doubled),
        ("replaced", outcome.replaced),
        ("not completed", outcome.comparison.not_completed),
    ):
        yield from (f"answering: {name}: {one}" for one in found)
    if not outcome.naive_lost:
        yield "control: the naive saver lost nothing, so this storm was too weak to show anything"
