"""`./portal storm`: raises a storm over databases of its own and prints what it came to."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from random import SystemRandom

from qxportal.storm.place import engine, own_place

SECONDS, KILLS = 120.0, 150


def main(words: Sequence[str]) -> int:
    """Raise the storms that the words ask for; 1 when something was lost, doubled or wrongly removed."""
    parser = argparse.ArgumentParser("./portal storm", description="Lets everything go wrong and compares the books.")
    parser.add_argument("--seed", type=int, default=None, help="raises the same storm again; by chance without")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"processes that are killed; {KILLS} without")
    parser.add_argument("--seconds", type=float, default=None, help="how long it rages; kills decide without")
    given = parser.parse_args(words)
    seed = SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    seconds = given.seconds or max(20.0, SECONDS * given.kills / KILLS * (0.7 if given.kills > KILLS else 1))
    say(f"seed {seed}, {os.cpu_count()} processors, {platform.platform()}, Python {platform.python_version()}")
    with own_place() as var:
        import django  # its settings read what the place has put into the environment

        django.setup()
        from qxportal.demo.prepare import migrate
        from qxportal.storm.real import Wishes, rage
        from qxportal.storm.report import failures, table

        for alias in ("default", "engine"):
            migrate(alias)
        begun = time.monotonic()
        with engine(var, os.environ["ENGINE_DATABASE_URL"]) as url:
            outcome = rage(Wishes(seed=seed, kills=given.kills, seconds=seconds), var, url, say)
        print(table(outcome))  # noqa: T201
        for words_ in failures(outcome):
            say(words_)
        say(f"{time.monotonic() - begun:.0f} s")
    return 1 if failures(outcome) else 0


def say(words: str) -> None:
    """Tell how it goes."""
    print(f"storm: {words}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
