"""People who answer all at once: their saves beside what the same processes and PostgreSQL could do at most."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice

from tests.answering.http_load import Load, Session, Timings
from tests.answering.probes import create_table
from tests.answering.raters import Rater
from tests.answering.rounds import Comparison, Round, compare, make_round
from tests.answering.site import run_site, workers
from tests.bench.env import Env
from tests.bench.pgbench import PgBench
from tests.bench.printing import Printing
from tests.bench.result import Result, at_least, memory_of
from tests.bench.stream import LEAST, MOST, streaming, while_printing
from tests.support.server_process import ServerProcess

PARTS = 4  # of each half's saves; what they are held against is measured between them
PROBING = 4  # people out of so many, in a part, send each kind of probe as often as a part has saves
OF_EMPTY, OF_UPSERT = 0.2, 0.5
GROWS = 20  # MB
PROBES = ("empty", "upsert", "orm")


@dataclass
class Measured:
    """What the processes did, by kind, and what they weighed."""

    save: Timings = field(default_factory=Timings)
    coming: Timings = field(default_factory=Timings)
    submit: Timings = field(default_factory=Timings)
    probes: dict[str, Timings] = field(default_factory=lambda: {name: Timings() for name in PROBES})
    memory: list[dict[int, int]] = field(default_factory=list)  # after each half: MB by process


def measure(env: Env) -> Iterator[Result]:
    """A row for all at once, and one for a steady stream of saves while reports are printed."""
    people = min(env.persons, MOST)
    create_table()
    sample = people < LEAST
    made = make_round(people, streaming(people))  # these others are there for probes and for the steady stream
    database = os.environ["QXP_ENGINE_DATABASE_URL"]
    with run_site(env.var / "site.log", database, "--max-requests", "0") as site:
        yield _all_at_once(made, people, site, PgBench(database, tiny=env.tiny, sample=sample))
        with Printing(env.var / "engine.log", database, made) as printing:
            yield while_printing(made, made.raters[people:], people, site, printing)


def _all_at_once(made: Round, people: int, site: ServerProcess, pgbench: PgBench) -> Result:
    load, found = Load(site.port), Measured()
    names = list(made.questions)
    guests, spare = made.raters[:people], made.raters[people:]
    found.coming = load.run(one.open() for one in made.raters)  # from now on all of them have the page open
    load.run(one.save([(names[0], 1)]) for one in spare)
    half = -(-people // 2)
    for group in (guests[:half], guests[half:]):
        if not group:
            continue
        for part in range(PARTS):
            mine = names[part::PARTS]
            found.save.add(load.run(_saves(one, mine) for one in group))
            for name, timings in found.probes.items():
                timings.add(load.run(_probes(name, made, spare, len(group) // PROBING or 1, mine)))
            pgbench.run()
        found.submit.add(load.run(one.submit() for one in group))
        found.memory.append({pid: memory_of(pid, "VmRSS") for pid in workers(site.process.pid)})
    return _row(people, found, pgbench, compare(guests, made.questions))


def _saves(one: Rater, names: list[str]) -> Session:
    return one.save([(name, 1 + (one.evaluation + int(name[3:])) % 5) for name in names])


def _probes(kind: str, made: Round, spare: list[Rater], sessions: int, names: list[str]) -> Iterator[Session]:
    """So many sessions that send to a probe what others send to be saved; to no row that a save writes."""
    for number, one in enumerate(islice(cycle(spare), sessions)):
        name = names[number // len(spare) % len(names)]
        where = f"{one.evaluation}/{made.questions[name]}/{name}/" if kind != "empty" else ""
        yield one.probe(f"/probe/{kind}/{where}", len(names), name)


def _row(people: int, found: Measured, pgbench: PgBench, outcome: Comparison) -> Result:
    empty, upsert, orm = (found.probes[name].rate for name in PROBES)
    of_empty, empty_met = at_least(found.save.rate / empty, OF_EMPTY, "the empty view")
    of_upsert, upsert_met = at_least(found.save.rate / upsert, OF_UPSERT, "one bare upsert")
    before, after = found.memory[0], found.memory[-1]
    growth = max((after[pid] - before[pid] for pid in after if pid in before), default=0)
    kept = not (outcome.lost or outcome.doubled or outcome.not_completed)
    return Result(
        work=f"answering: {people:,} people at once, {outcome.acknowledged // people} saves each, by "
        f"{len(after)} processes of the site",
        ours=f"{found.save.rate:,.0f} saves/s (p95 {found.save.percentile(0.95) * 1000:.0f} ms); opening "
        f"{found.coming.rate:,.0f} pages/s, submitting {found.submit.rate:,.0f} pages/s",
        limit=f"empty view {empty:,.0f}/s, one bare upsert {upsert:,.0f}/s, {pgbench.words}",
        naive=f"update_or_create {orm:,.0f}/s, which asks nothing",
        reach=f"{of_empty}, {of_upsert}; {outcome.words} of {outcome.acknowledged:,}, "
        f"{len(outcome.not_completed)} submitted and not completed; memory +{growth} MB (≤ {GROWS})",
        met=empty_met and upsert_met and kept and growth <= GROWS,
        memory=f"{max(after.values())} MB in a process after the last half of the people, "
        f"{max(before.values())} after the first",
    )
