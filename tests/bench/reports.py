"""Subject reports: what their charts cost, and many of them by processes that print, alone and beside a site at work.

The charts are compared with the same pages whose charts are empty, in turns, so that whatever else the machine does
slows both. `measure` counts reports, not persons: 500 at most.
"""

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from random import Random
from time import perf_counter, process_time
from unittest.mock import patch

from qxportal.engine.reports import aggregate, html, pdf, printing
from qxportal.engine.reports.ink import Drawing
from qxportal.engine.reports.results import ReportData
from qxportal.engine.reports.types import (
    Competency,
    Evaluation,
    Item,
    Kind,
    OpenQuestion,
    Relationship,
    ReportSource,
    Viewer,
)
from tests.bench import archives
from tests.bench.beside_site import RATE, beside_site
from tests.bench.env import Env
from tests.bench.result import Result, at_least, at_most, memory_of

MOST, LEAST = 500, 50  # reports
TURNS = 9
CHARTS_COST = 1.15  # times the same pages without charts, at most
TWO_ARE = 1.75  # times as fast as one, at least
A_MINUTE = 100  # reports, at least, beside a site at work
PATIENCE_MS = 150  # of its people, at the slowest twentieth of their requests
GROWS = 10  # MB per process, at most, from its 25th report on
SETTLED = 25
FIRST, SLOWEST = 120, 4  # seconds that the first and each report take at most, where much else is to be done
RATERS, SEED = 17, 7
GROUPS = {"Self": 1, "Manager": 1, "Peer": 8, "DirectReport": 7}
NAMES = ("Direction", "Trust", "Decisions", "Coaching", "Listening", "Delivery", "Learning")
SAID = "Keeps calm when it gets difficult, and says early what will not be done."


def measure(env: Env) -> Iterator[Result]:
    """A row for what charts cost, two for many reports, without and with a site beside them, and one for a ZIP file."""
    wanted = min(env.persons, MOST)
    report = ten_pages() if wanted >= LEAST else ten_pages(NAMES[:1])
    yield _charts(report, TURNS if wanted >= LEAST else 1)
    one, row = _by_two(report, max(1, wanted // 5))
    yield row
    yield _beside_a_site(env, report, wanted, one)
    yield archives.measure(env, pdf.render(report), wanted)


def ten_pages(names: Sequence[str] = NAMES) -> ReportData:
    """A report on an invented person: 17 raters, seven competencies with five statements, and two open questions."""
    random = Random(SEED)  # no secret
    competencies = tuple(
        Competency(
            id=f"C{number}",
            name=name,
            description="What others can rely on when plans change.",
            items=tuple(
                Item(id=f"{number}.{item}", text=f"{name}, also when time is short ({item})") for item in range(5)
            ),
        )
        for number, name in enumerate(names)
    )
    items = [item.id for competency in competencies for item in competency.items]
    raters = [name for name, number in GROUPS.items() for _rater in range(number)]
    evaluations = tuple(
        Evaluation(
            relationship=name,
            answers={item: min(5, max(1, round(random.gauss(3.6, 0.9)))) for item in items},
            comments={} if name == "Self" else {"Q1": SAID, "Q2": " ".join([SAID] * random.randint(2, 5))},
        )
        for name in raters
    )
    source = ReportSource(
        assessment_id="TS_bench",
        assessment_name="Leadership 360",
        brand_name="Marlstone Instruments",
        subject_id="P_bench",
        subject_name="Ingrid Sørensen",
        scale=("Almost never", "Seldom", "Sometimes", "Often", "Almost always"),
        competencies=competencies,
        open_questions=(OpenQuestion(id="Q1", text="Keep doing?"), OpenQuestion(id="Q2", text="Do differently?")),
        relationships=tuple(
            Relationship(name=name, label=name, kind=Kind(name), invited=number) for name, number in GROUPS.items()
        ),
        evaluations=evaluations,
        data_date=date(2026, 11, 30),
    )
    return aggregate.report(source, Viewer())


def _charts(report: ReportData, turns: int) -> Result:
    pdf.prepare()
    pages = len(pdf.laid_out(report).pages)
    full, empty = [_processor(report)], [0.0]
    with _without_charts():
        empty[0] = _processor(report)
    for _turn in range(turns - 1):
        full.append(_processor(report))
        with _without_charts():
            empty.append(_processor(report))
    reach, met = at_most(min(full) / min(empty), CHARTS_COST, "the pages without charts")
    return Result(
        work=f"reports: one of {pages} pages, {RATERS} raters",
        ours=f"{min(full) * 1000:.0f} ms of processor time",
        limit=f"{min(empty) * 1000:.0f} ms without charts",
        reach=reach,
        met=met or turns < TURNS,
    )


def _processor(report: ReportData) -> float:
    gc.collect()
    begun = process_time()
    pdf.render(report)
    return process_time() - begun


@contextmanager
def _without_charts() -> Iterator[None]:
    """The same pages: each chart has its place and draws nothing."""
    whole = html.document

    def blank(report: ReportData) -> tuple[str, Mapping[str, Drawing]]:
        document, drawings = whole(report)
        return document, {address: replace(drawing, operators="") for address, drawing in drawings.items()}

    with patch.object(html, "document", blank):
        yield


def _by_two(report: ReportData, wanted: int) -> tuple[float, Result]:
    """How many a second one process prints, and a row for two; each process read its fonts before."""
    _print(report, 2, printing.AT_ONCE)
    one = wanted / _print(report, wanted, 1)
    seconds = _print(report, wanted, printing.AT_ONCE)
    reach, met = at_least((wanted / seconds) / one, TWO_ARE, "one process")
    return one, Result(
        work=f"reports: {wanted} by {printing.AT_ONCE} processes",
        ours=f"{seconds:.0f} s, {wanted / seconds * 60:.0f} a minute",
        limit=f"{one * 60:.0f} a minute by one process",
        reach=reach,
        met=met or wanted * 5 < LEAST,
    )


def _beside_a_site(env: Env, report: ReportData, wanted: int, one: float) -> Result:
    weights = _Weights()

    def work() -> float:
        return _print(report, wanted, printing.AT_ONCE, weights)

    seconds, answered = beside_site(env, work, seconds=FIRST + wanted * SLOWEST)
    a_minute = wanted / seconds * 60
    reach, met = at_least((wanted / seconds) / one, TWO_ARE, "one process without a site")
    fast = a_minute >= A_MINUTE and answered.p95 <= PATIENCE_MS
    return Result(
        work=f"reports: {wanted} by {printing.AT_ONCE} processes beside a site that answers {RATE} requests/s",
        ours=f"{seconds:.0f} s, {a_minute:.0f} a minute; {answered.words}",
        limit=f"{A_MINUTE} a minute, p95 {PATIENCE_MS} ms",
        reach=f"{a_minute:.0f} a minute (≥ {A_MINUTE}), {reach}; p95 {answered.p95:.0f} ms (≤ {PATIENCE_MS}), "
        f"{answered.outcome.words} of {answered.outcome.acknowledged:,}; "
        f"a process grew {weights.growth:+d} MB (≤ {GROWS})",
        met=(met and fast and answered.kept and weights.growth <= GROWS) or wanted < LEAST,
        memory=f"at most {weights.most} MB in a process that prints",
    )


class _Weights:
    """What the processes that print weigh, in MB, after each of their reports."""

    def __init__(self) -> None:
        self._of: defaultdict[int, list[int]] = defaultdict(list)

    def note(self) -> None:
        """Weigh each that has nothing to do."""
        for idle in printing._idle.values():
            for one in list(idle):
                with suppress(OSError, StopIteration):  # it ended meanwhile
                    self._of[one._process.pid].append(memory_of(one._process.pid, "VmRSS"))

    @property
    def growth(self) -> int:
        """Of the process that grew most since it had settled."""
        return max((noted[-1] - noted[min(SETTLED, len(noted)) - 1] for noted in self._of.values()), default=0)

    @property
    def most(self) -> int:
        """Of the heaviest process."""
        return max((max(noted) for noted in self._of.values()), default=0)


def _print(report: ReportData, wanted: int, at_once: int, weights: _Weights | None = None) -> float:
    """The seconds that so many reports take, each made anew."""

    def one(_number: int) -> bool:
        made = printing.print_aside(report).startswith(b"%PDF")
        if weights:
            weights.note()
        return made

    begun = perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        made = list(pool.map(one, range(wanted)))
    if not all(made):
        raise RuntimeError("A report was not printed.")
    return perf_counter() - begun
