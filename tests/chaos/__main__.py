"""`./portal storm`: raises storms over databases of its own and prints what they came to."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from random import SystemRandom

from qxportal.embedded import Embedded, EmbeddedError
from tests.chaos.sandbox import NoPlace, own_place
from tests.support.server_process import ServerNotStartedError, run_engine

KILLS, SCHEDULES, MIRRORS, OUTAGES, HISTORIES, PEOPLE = 150, 1_000, 100, 20, 50, 60
PER_KILL = 0.55  # seconds
SHORTEST = 20.0
PER_PERSON = 0.5  # seconds that people answer, and one process of the site is killed
CRASHES = 8  # people for each time that PostgreSQL is killed as a whole


def main(words: Sequence[str]) -> int:
    """Raise the storms that the words ask for; 1 when a promise was broken."""
    given = read_options(words)
    say(f"seed {given.seed}, {os.cpu_count()} processors, {platform.platform()}, Python {platform.python_version()}")
    if given.whole:
        return _whole(given)
    try:
        with own_place() as services:
            import django  # its settings read what the place has put into the environment

            django.setup()
            broken = _storms(given, services)
    except (EmbeddedError, NoPlace) as problem:
        broken = [str(problem)]
    except ServerNotStartedError as problem:
        broken = [f"The engine did not start: {problem}"]
    for one in broken:
        say(one)
    return 1 if broken else 0


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """What the words ask for."""
    parser = argparse.ArgumentParser("./portal storm", description="Lets everything go wrong and audits the outcome.")
    parser.add_argument("--seed", type=int, help="raises the same storm again; by chance without")
    parser.add_argument("--kills", type=_number, default=KILLS, help=f"processes that are killed; {KILLS} without")
    parser.add_argument("--seconds", type=float, help="how long that lasts; the kills decide without")
    parser.add_argument(
        "--schedules", type=_number, default=SCHEDULES, help=f"changes in virtual time; {SCHEDULES} without"
    )
    parser.add_argument("--mirrors", type=_number, default=MIRRORS, help=f"mirrors in virtual time; {MIRRORS} without")
    parser.add_argument(
        "--outages", type=_number, default=OUTAGES, help=f"organisations whose vendor is away; {OUTAGES} without"
    )
    parser.add_argument(
        "--histories", type=_number, default=HISTORIES, help=f"reports fetched again and again; {HISTORIES} without"
    )
    parser.add_argument(
        "--people", type=_number, default=PEOPLE, help=f"people who answer while the site is killed; {PEOPLE} without"
    )
    parser.add_argument(
        "--whole", type=_number, default=0, metavar="SUBJECTS", help="run a whole 360 of so many subjects, nothing else"
    )
    parser.add_argument(
        "--raters", type=_number, default=300, help="least number of people in a whole 360; 300 without"
    )
    given = parser.parse_args(words)
    if given.seed is None:
        given.seed = SystemRandom().randrange(1_000_000)
    given.seconds = given.seconds or max(SHORTEST, PER_KILL * given.kills)
    return given


def _whole(given: argparse.Namespace) -> int:
    from tests.chaos.whole.run import run

    try:
        found = run(given.whole, given.raters, seed=given.seed, say=say)
    except (AssertionError, EmbeddedError) as problem:
        say(f"The 360 ended: {problem}")
        return 1
    say(
        f"{found.subjects} subjects, {found.raters} raters of {found.people} people, {found.evaluations} evaluations, "
        f"{found.mails} mails, {found.reports} reports ({found.pdf_bytes / 1e6:.1f} MB)"
    )
    return 0


def _storms(given: argparse.Namespace, services: Embedded) -> list[str]:
    from tests.chaos import answering, report
    from tests.chaos.real import Options, run_storm
    from tests.chaos.virtual import run

    broken: list[str] = []
    if given.kills:
        begun = time.monotonic()
        with run_engine(services.var / "engine.log", os.environ["QXP_ENGINE_DATABASE_URL"]) as running:
            outcome = run_storm(
                Options(seed=given.seed, kills=given.kills, seconds=given.seconds), services.var, running.url
            )
        show(f"Real processes, in {time.monotonic() - begun:.0f} s", report.table(report.rows(outcome)))
        broken += report.failures(outcome)
    if given.people:
        people = given.people
        options = answering.Options(
            seed=given.seed,
            people=people,
            seconds=max(SHORTEST, PER_PERSON * people),
            kills=people,
            crashes=max(1, people // CRASHES),
        )
        found_answers = answering.run_storm(options, services.var, services.engine_database_url, crash(services))
        show(f"People who answer, in {found_answers.seconds:.0f} s", report.table(answering.rows(found_answers)))
        broken += answering.failures(found_answers)
    if given.schedules or given.mirrors or given.outages or given.histories:
        begun = time.monotonic()
        found = run.virtual(
            given.seed,
            schedules=given.schedules,
            mirrors=given.mirrors,
            outages=given.outages,
            histories=given.histories,
        )
        show(f"Virtual time, in {time.monotonic() - begun:.0f} s", report.table(run.rows(found)))
        broken += run.failures(found)
    return broken


def crash(services: Embedded) -> Callable[[], None]:
    """Kill PostgreSQL as a whole and start it again."""

    def kill() -> None:
        if services.postgres is not None:
            services.postgres.kill()
            services.postgres.wait()
        services.mend()

    return kill


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a number from 0 on is expected")
    return int(text)


def show(title: str, text: str) -> None:
    """Print a table."""
    print(f"{title}\n{text}\n", flush=True)  # noqa: T201


def say(words: str) -> None:
    """Tell how it goes."""
    print(f"storm: {words}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
