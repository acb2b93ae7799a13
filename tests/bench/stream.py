"""A steady stream of saved answers, while reports are printed; `answering` has it as its second row."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from tests.answering.http_load import Load, Session
from tests.answering.probes import create_table
from tests.answering.raters import Rater
from tests.answering.rounds import Round, compare, make_round
from tests.answering.site import run_site
from tests.bench.env import Env
from tests.bench.printing import Printing
from tests.bench.result import Result
from tests.support.server_process import ServerProcess

MOST = 2_000  # people; more are not invited to one assessment's day
LEAST = 100  # with fewer people nothing is measured; it only shows that the bench runs
ANSWERED = 200  # people at most whose answers stand in the reports, where nothing but the stream is measured
STREAMING = 32  # people at least, so that each answer has the time that the rate leaves it
PDFS = 50
RATE, RATE_SAMPLE, PATIENCE_MS = 333, 40, 150
LEAST_SECONDS, LEAST_SECONDS_SAMPLE = 5, 1


def measure(env: Env) -> Iterator[Result]:
    """The one row, without the people who answer all at once before."""
    people = min(env.persons, MOST)
    create_table()
    made = make_round(min(people, ANSWERED), streaming(people))
    guests, spare = made.raters[: min(people, ANSWERED)], made.raters[min(people, ANSWERED) :]
    names = list(made.questions)
    database = os.environ["QXP_ENGINE_DATABASE_URL"]
    with run_site(env.var / "site.log", database, "--max-requests", "0") as site:
        load = Load(site.port)
        load.run(one.open() for one in made.raters)
        load.run(
            one.save([(name, 1 + (one.evaluation + place) % 5) for place, name in enumerate(names)]) for one in guests
        )
        load.run(one.submit() for one in guests)
        load.run(one.save([(names[0], 1)]) for one in spare)  # all of them have begun
        with Printing(env.var / "engine.log", database, made) as printing:
            yield while_printing(made, spare, people, site, printing)


def streaming(people: int) -> int:
    """How many answer in the stream, beside so many others."""
    return max(min(people, STREAMING), people // 5)


def while_printing(made: Round, spare: list[Rater], people: int, site: ServerProcess, printing: Printing) -> Result:
    """Save at the promised rate until the reports are printed."""
    names = list(made.questions)
    for one in spare:
        one.acknowledged.clear()  # a probe has written over it
    wanted = PDFS if people >= MOST else max(2, people // 40)
    rate, least = (RATE_SAMPLE, LEAST_SECONDS_SAMPLE) if people < LEAST else (RATE, LEAST_SECONDS)
    load = Load(site.port)
    with ThreadPoolExecutor(1) as aside:
        printed = aside.submit(printing.print, wanted)
        end = time.monotonic() + least

        def over() -> bool:
            return printed.done() and time.monotonic() > end

        found = load.run((_stream(one, names, over) for one in spare), rate=rate)
        seconds = printed.result()
    outcome = compare(spare, made.questions)
    p95 = found.percentile(0.95) * 1000
    held = found.rate >= 0.97 * rate
    return Result(
        work=f"answering: {rate} saves/s for {found.seconds:.0f} s while an engine process prints {wanted} PDFs",
        ours=f"{found.rate:.0f} saves/s, p50 {found.percentile(0.5) * 1000:.0f} ms, p95 {p95:.0f} ms, "
        f"at most {max(found.latencies) * 1000:.0f} ms; {wanted} PDFs in {seconds:.1f} s",
        limit=f"p95 {PATIENCE_MS} ms",
        reach=f"p95 {p95:.0f} ms (≤ {PATIENCE_MS}) at {found.rate:.0f} saves/s (≥ {0.97 * rate:.0f}); "
        f"{len(outcome.lost)} lost of {outcome.acknowledged:,}",
        met=p95 <= PATIENCE_MS and held and not outcome.lost,
    )


def _stream(one: Rater, names: list[str], over: Callable[[], bool]) -> Session:
    """Give and change answers, one after the other, until it is over."""
    for number in count():
        if over():
            return
        yield from one.save_one(names[number % len(names)], 1 + number // len(names) % 5)
