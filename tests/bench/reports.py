"""Subject reports: what their charts cost, and many of them by one and by two processes that print.

The charts are compared with the same pages whose charts are empty, in turns, so that whatever else the machine does
slows both. `measure` counts reports, not persons: 500 at most.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from tests.bench.env import Env
from tests.bench.result import Result, at_least, at_most, memory_of

MOST, LEAST = 500, 50  # reports
TURNS = 9
CHARTS_COST = 1.15  # times the same pages without charts, at most
TWO_ARE = 1.75  # times as fast as one, at least
GROWS = 10  # MB per process, at most
RATERS, SEED = 17, 7
GROUPS = {"Self": 1, "Manager": 1, "Peer": 8, "DirectReport": 7}
NAMES = ("Direction", "Trust", "Decisions", "Coaching", "Listening", "Delivery", "Learning")
SAID = "Keeps calm when it gets difficult, and says early what will not be done."


def measure(env: Env) -> Iterator[Result]:
    """A row for what charts cost, one for many reports, and one for their ZIP file."""
    wanted = min(env.persons, MOST)
    report = ten_pages() if wanted >= LEAST else ten_pages(NAMES[:1])
    yield _charts(report, TURNS if wanted >= LEAST else 1)
    yield _many(report, wanted)
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


def _many(report: ReportData, wanted: int) -> Result:
    """As many as wanted by two processes, and a fifth of them by one; each process read its fonts before."""
    sample = max(1, wanted // 5)
    _print(report, 2, printing.AT_ONCE)
    one = sample / _print(report, sample, 1)
    before = _weights()
    seconds = _print(report, wanted - wanted // 2, printing.AT_ONCE)
    middle = _weights()
    seconds += _print(report, wanted // 2, printing.AT_ONCE) if wanted > 1 else 0
    grown = max((weight - middle[pid] for pid, weight in _weights().items() if pid in middle), default=0)
    reach, met = at_least((wanted / seconds) / one, TWO_ARE, "one process")
    return Result(
        work=f"reports: {wanted} by {printing.AT_ONCE} processes",
        ours=f"{seconds:.0f} s, {wanted / seconds * 60:.0f} a minute",
        limit=f"{one * 60:.0f} a minute by one process",
        reach=f"{reach}; in the second half {grown:+d} MB (≤ {GROWS})",
        met=(met and grown <= GROWS) or wanted < LEAST,
        memory=f"{max(before.values(), default=0)} MB each before",
    )


def _print(report: ReportData, wanted: int, at_once: int) -> float:
    """The seconds that so many reports take, each made anew."""
    begun = perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        made = list(pool.map(printing.print_aside, [report] * wanted))
    if not all(one.startswith(b"%PDF") for one in made):
        raise RuntimeError("A report was not printed.")
    return perf_counter() - begun


def _weights() -> dict[int, int]:
    """What each process that prints and has nothing to do weighs, in MB."""
    return {one._process.pid: memory_of(one._process.pid, "VmRSS") for idle in printing._idle.values() for one in idle}
