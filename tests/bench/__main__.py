"""`./portal bench [SIZE…] [WORK…]`: measures our own work and prints one table."""

import argparse
import re
import sys
from collections.abc import Sequence

from qxportal.embedded import EmbeddedError
from tests.bench.result import Result, table
from tests.bench.runs import CALM, BenchError, Runs

WORKS = (
    "mirror",
    "fetch",
    "queue",
    "fairness",
    "engine",
    "lists",
    "plans",
    "answering",
    "reports",
)  # each a module here with `measure(env)`, which gives the rows of its work
PARTS = ("stream",)  # measured by name alone: one row of another work without its others
SIZES = (10_000, 100_000)
MOST = {"answering": 2_000, "stream": 2_000, "reports": 500}  # people or reports of works that do not read a directory
LEAST = {"answering": 100, "stream": 100, "reports": 50}  # from how many on such works measure something
UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def main(words: Sequence[str]) -> int:
    """Measure what was asked for and print the table; 1 when something could not be measured."""
    names, sizes = read_options(words)
    rows: list[Result] = []
    planned = plan(names, sizes)
    try:
        with Runs(durable=any(size >= LEAST.get(name, CALM) for name, size in planned)) as runs:
            for name, size in planned:
                for row in runs.rows(name, size):
                    rows.append(row)
                    _say(f"{row.work}: {row.ours}; {row.reach}")
    except (EmbeddedError, BenchError) as problem:
        _say(str(problem))
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if rows:
            print(table(rows))  # noqa: T201
    return 0


def plan(names: Sequence[str], sizes: Sequence[int]) -> list[tuple[str, int]]:
    """Each work with each size; a work with a largest size of its own is not measured twice with that."""
    pairs = [(name, min(size, MOST.get(name, size))) for size in sizes for name in names]
    return list(dict.fromkeys(pairs))


def read_options(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """The works and sizes that the words name; all works, at 10,000 and 100,000 persons, when they name none."""
    parser = argparse.ArgumentParser("./portal bench", description="Measures our own work beside what is possible.")
    parser.add_argument(
        "options",
        nargs="*",
        metavar="SIZE|WORK",
        help=f"a size like 100k or 1m, or {', '.join(WORKS)}; answering has 2,000 people at most, reports are 500; "
        f"stream: answering's saves beside printing alone",
    )
    parser.add_argument("--persons", type=_size, action="append", default=[], metavar="SIZE")
    given = parser.parse_args(words)
    names, sizes = [], list(given.persons)
    for option in given.options:
        if option in WORKS + PARTS:
            names.append(option)
            continue
        try:
            sizes.append(_size(option))
        except argparse.ArgumentTypeError:
            parser.error(f"{option} is neither a size like 100k nor one of {', '.join(WORKS)}")
    return names or list(WORKS), sizes or list(SIZES)


def _size(word: str) -> int:
    found = re.fullmatch(r"([1-9]\d{0,6})([km]?)", word)
    if not found:
        raise argparse.ArgumentTypeError(f"{word} is no number of persons such as 100k")
    return int(found[1]) * UNITS[found[2]]


def _say(words: str) -> None:
    print(f"bench: {words}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
