"""Runs many virtual schedules in a few processes and adds up what they came to."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any

from django.db import connections

from tests.chaos.editions import run as editions
from tests.chaos.virtual import outage, writes
from tests.chaos.virtual.mirrors import Tally as MirrorTally
from tests.chaos.virtual.mirrors import mirror

Work = Callable[[], list[tuple[str, Any]]]
CONTROLS = 4  # of many batches every fourth also meets our own sender without its quiet time
MANY = 20
PRINTED = 10  # of so many histories one also makes PDFs, which are made from the compared figures alone


@dataclass
class Virtual:
    """What all of it came to."""

    seed: int
    ours: writes.Tally = field(default_factory=writes.Tally)
    blind: writes.Tally = field(default_factory=writes.Tally)
    looking: writes.Tally = field(default_factory=writes.Tally)
    hasty: writes.Tally = field(default_factory=writes.Tally)
    mirrors: MirrorTally = field(default_factory=MirrorTally)
    outages: outage.Tally = field(default_factory=outage.Tally)
    careless: outage.Tally = field(default_factory=outage.Tally)
    reports: editions.Tally = field(default_factory=editions.Tally)


def virtual(
    seed: int, *, schedules: int = 0, mirrors: int = 0, outages: int = 0, histories: int = 0, processes: int = 0
) -> Virtual:
    """Send schedules, keep mirrors, have outages, tell histories of reports; the n-th has the seed `seed + n`."""
    found = Virtual(seed)
    batches = -(-schedules // writes.BATCH)
    work: list[Work] = [
        partial(_batch, seed + number, batches < MANY or not number % CONTROLS) for number in range(batches)
    ]
    work += [partial(_mirror, seed + number) for number in range(mirrors)]
    work += [partial(_outage, seed + number, outages < MANY or not number % CONTROLS) for number in range(outages)]
    work += [partial(_history, seed + number) for number in range(histories)]
    for name, tally in _spread(work, processes or os.cpu_count() or 1):
        getattr(found, name).add(tally)
    return found


def _batch(seed: int, hasty: bool) -> list[tuple[str, Any]]:
    told = [
        ("ours", writes.portal(seed)),
        ("blind", writes.naive(seed, looks=False)),
        ("looking", writes.naive(seed, looks=True)),
    ]
    return [*told, ("hasty", writes.portal(seed, hasty=True))] if hasty else told


def _mirror(seed: int) -> list[tuple[str, Any]]:
    return [("mirrors", mirror(seed))]


def _outage(seed: int, careless: bool) -> list[tuple[str, Any]]:
    told = [("outages", outage.outage(seed))]
    return [*told, ("careless", outage.outage(seed, careless=True))] if careless else told


def _history(seed: int) -> list[tuple[str, Any]]:
    return [("reports", editions.history(seed, printed=not seed % PRINTED))]


def _spread(work: list[Work], processes: int) -> Iterator[tuple[str, Any]]:
    if processes == 1:
        for one in work:
            yield from one()
        return
    connections.close_all()  # no child may speak through a connection of ours
    with get_context("fork").Pool(processes) as pool:
        for told in pool.imap_unordered(_call, work):
            yield from told


def _call(work: Work) -> list[tuple[str, Any]]:
    return work()


def failures(found: Virtual) -> Iterable[str]:
    """What breaks a promise, and controls that show nothing."""
    yield from (f"lost: {one}" for one in found.ours.lost)
    yield from (f"doubled: {one}" for one in found.ours.doubled)
    yield from (f"wrongly removed: {one}" for one in found.mirrors.hard)
    if found.mirrors.wrong != found.mirrors.revived:
        yield f"of {found.mirrors.wrong} rows taken away wrongly only {found.mirrors.revived} came back"
    for name in ("blind", "looking", "hasty"):
        if found.ours.schedules and not getattr(found, name).doubled:
            yield f"control: the {name} sender doubled nothing, so these schedules are too weak to show anything"
    if found.mirrors.syncs and not (found.mirrors.replaced and found.mirrors.threshold):
        yield "control: the simple mirrors lost nothing, so these lists are too good to show anything"
    yield from outage.failures(found.outages, found.careless)
    yield from editions.failures(found.reports)


def rows(found: Virtual) -> list[tuple[str, object]]:
    """The table."""
    ours, kept = found.ours, found.mirrors
    told: list[tuple[str, object]] = [("seeds from", found.seed)]
    if ours.schedules:
        told += [
            ("schedules (by policy)", f"{ours.schedules:,} ({_counted(ours.by_policy)})"),
            ("  calls", f"{ours.calls:,}"),
            *((f"  {kind}", times) for kind, times in sorted(ours.faults.items())),
            ("  lost, doubled", f"{len(ours.lost)}, {len(ours.doubled)}"),
            ("  to a person (by policy)", f"{sum(ours.to_person.values())} ({_counted(ours.to_person)})"),
            ("control: blind retry, doubled", _share(found.blind)),
            ("control: look once, then retry, doubled", _share(found.looking)),
            ("control: ours without quiet time, doubled", _share(found.hasty)),
        ]
    if kept.syncs:
        told += [
            ("mirrors, syncs", f"{kept.mirrors:,}, {kept.syncs:,}"),
            ("  faulty", f"{kept.faulty:,} ({kept.faulty / kept.syncs:.1%})"),
            ("  hard losses", len(kept.hard)),
            ("  taken away wrongly, of them revived", f"{kept.wrong}, {kept.revived}"),
            ("  who left waited for syncs: p50, p99", f"{kept.percentile(0.5)}, {kept.percentile(0.99)}"),
            ("  many missing at once: asked, rows confirmed", f"{kept.held}, {kept.by_person}"),
            ("  who came and left unseen, or not gone yet", kept.unseen),
            ("control: replace all, rows lost", f"{kept.replaced:,}"),
            ("control: 20 % alone, rows lost", f"{kept.threshold:,}"),
        ]
    return told + outage.rows(found.outages, found.careless) + editions.rows(found.reports)


def _counted(counts: Any) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts))


def _share(tally: writes.Tally) -> str:
    return f"{len(tally.doubled):,} of {tally.schedules:,}"
