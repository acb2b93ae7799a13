"""A site at work, as in production, beside something else: people come, answer and submit at a steady rate."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from tests.answering.http_load import Load, Session, Timings
from tests.answering.raters import Rater
from tests.answering.rounds import Comparison, compare, make_round
from tests.answering.site import run_site
from tests.bench.env import Env

RATE = 20  # requests a second: 1,500 evaluations an hour are filled in
AT_ONCE = 8  # people
WARM = 4  # people who answered before
REQUESTS = 47  # of a person: five until the questions are there, forty answers, two to submit


@dataclass(frozen=True)
class Answered:
    """What became of the requests, and what the database holds of the answers."""

    timings: Timings
    outcome: Comparison

    @property
    def p95(self) -> float:
        """In milliseconds."""
        return self.timings.percentile(0.95) * 1000

    @property
    def words(self) -> str:
        """For a table."""
        return (
            f"{self.timings.rate:.0f} requests/s, p50 {self.timings.percentile(0.5) * 1000:.0f} ms, "
            f"p95 {self.p95:.0f} ms, at most {max(self.timings.latencies) * 1000:.0f} ms"
        )

    @property
    def kept(self) -> bool:
        """Whether the requests came at their rate and nothing of them was lost."""
        lost = self.outcome.lost or self.outcome.doubled or self.outcome.not_completed
        return self.timings.rate >= 0.97 * RATE and not lost


def beside_site(env: Env, work: Callable[[], float], *, seconds: int) -> tuple[float, Answered]:
    """Do the work while a site answers: what the work gives, and how the site did; `seconds`: at most."""
    made = make_round(WARM + AT_ONCE + seconds * RATE // REQUESTS)
    names = list(made.questions)
    coming = iter(made.raters)
    with run_site(env.var / "site.log", os.environ["QXP_ENGINE_DATABASE_URL"]) as site, ThreadPoolExecutor(1) as aside:
        load = Load(site.port)
        load.run([_people(islice(coming, 1), names, names, lambda: False) for _person in range(WARM)])
        working = aside.submit(work)
        first = [names[: len(names) * (number + 1) // AT_ONCE] for number in range(AT_ONCE)]
        timings = load.run([_people(coming, names, some, working.done) for some in first], rate=RATE)
        if not working.done():
            raise RuntimeError(f"The work took more than {seconds} s.")
        return working.result(), Answered(timings, compare(made.raters, made.questions))


def _people(coming: Iterator[Rater], names: list[str], first: list[str], over: Callable[[], bool]) -> Session:
    """People one after the other; the first one gives some answers only, so that not all do the same at once."""
    some = first
    for person in coming:
        yield from person.open()
        for number, name in enumerate(some):
            if over():
                return
            yield from person.save_one(name, 1 + (person.evaluation + number) % 5)
        if some == names:
            yield from person.submit()
        some = names
