"""What a measurement gives: one line of the table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
HEADINGS = ("work", "here", "what is possible", "the naive way", "reach", "memory")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One work: how long it took here, what bounds it, the naive way, and how near we come; in words for the reader."""

    work: str
    ours: str
    limit: str = ""
    naive: str = ""
    reach: str = ""  # the ratio, and in brackets what is promised
    met: bool = True
    memory: str = ""  # at most, and before it began


@dataclass(frozen=True)
class Took(Generic[T_co]):
    """How long something took, the most memory meanwhile, and what it gave."""

    seconds: float
    result: T_co
    memory: int = 0  # MB, at most
    before: int = 0
    processor: float = 0.0  # seconds of our own processor time

    @property
    def megabytes(self) -> str:
        """For the column `memory`."""
        return f"{self.memory} MB, {self.before} before"


def measured(work: Callable[[], T]) -> Took[T]:
    """Do it once, with a clock and an eye on the memory."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is that of what follows
    before = memory_of("self", "VmRSS")
    began, used = perf_counter(), process_time()
    result = work()
    seconds, processor = perf_counter() - began, process_time() - used
    return Took(seconds, result, memory_of("self", "VmHWM"), before, processor)


def best(took: Iterable[Took[T]]) -> Took[T]:
    """The fastest of several tries: whatever else the machine does only makes things slower."""
    return min(took, key=lambda one: one.seconds)


def memory_of(number: int | str, what: str) -> int:
    """`VmRSS` (now) or `VmHWM` (at most) of a running program, in MB."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{what}:"))


def per_second(count: float, seconds: float) -> str:
    """A rate that is easy to read."""
    rate = count / seconds
    return f"{rate / 1000:.0f}k rows/s" if rate >= 10_000 else f"{rate:,.0f} rows/s"


def at_least(ratio: float, promised: float, of: str) -> tuple[str, bool]:
    """How a ratio that should be high is told, and whether it is kept."""
    return f"{ratio:.2f}x {of} (≥ {promised})", ratio >= promised


def at_most(ratio: float, promised: float, of: str) -> tuple[str, bool]:
    """How a ratio that should be low is told, and whether it is kept."""
    return f"{ratio:.3f}x {of} (≤ {promised})", ratio <= promised


def table(rows: Iterable[Result]) -> str:
    """The rows as a table in Markdown; what is not kept is marked."""
    lines = [HEADINGS, ("---",) * len(HEADINGS)]
    for row in rows:
        reach = row.reach if row.met else f"**missed:** {row.reach}"
        lines.append((row.work, row.ours, row.limit, row.naive, reach, row.memory))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
