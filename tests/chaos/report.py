"""What storms came to, as tables and as sentences about what must not be."""

from collections.abc import Iterable
from math import ceil

from tests.chaos.real import Outcome

Rows = list[tuple[str, object]]


def table(rows: Rows) -> str:
    """Rows of two columns."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def rows(outcome: Outcome) -> Rows:
    """Tries, faults, kills, lost, doubled, wrongly removed, and the negative control beside them."""
    audit, control = outcome.audit, outcome.naive
    return [
        ("seed", outcome.seed),
        ("raged, drained (s)", f"{outcome.seconds:.0f}, {outcome.drained:.0f}"),
        *sorted(outcome.counts.items()),
        ("jobs claimed once, swept each second", len(outcome.waits)),
        ("  due until claimed (s): p50, p99", f"{_share(outcome.waits, 0.5)}, {_share(outcome.waits, 0.99)}"),
        ("changes", audit.changes),
        ("  done, refused in words", f"{audit.done}, {audit.refused}"),
        ("  to a person (of them carried out)", f"{outcome.to_persons} ({outcome.of_them_done})"),
        ("  lost, doubled", f"{len(audit.lost)}, {len(audit.doubled)}"),
        ("  refused, yet carried out", len(audit.untrue)),
        ("mirror: rows that differ at the end", len(outcome.differences)),
        ("mirror: wrongly gone for a while", outcome.wrongly_gone),
        ("control: naive sender: tasks, lost, doubled", f"{control.tasks}, {control.lost}, {control.doubled}"),
        ("control: naive mirror: readings, rows removed", f"{control.readings}, {control.removed}"),
    ]


def _share(waits: list[float], share: float) -> str:
    return f"{waits[ceil(share * len(waits)) - 1]:.1f}" if waits else "-"


def failures(outcome: Outcome) -> Iterable[str]:
    """What breaks a promise, and a control that shows nothing."""
    audit = outcome.audit
    for name, found in (
        ("lost", outcome.before_persons.lost + audit.lost),
        ("doubled", audit.doubled),
        ("untrue", audit.untrue),
        ("stuck", outcome.stuck),
        ("mirror", outcome.differences),
    ):
        yield from (f"{name}: {one}" for one in found)
    if not outcome.naive.doubled:
        yield "control: the naive sender doubled nothing, so this storm was too weak to show anything"
    if not outcome.naive.removed:
        yield "control: the naive mirror removed nothing, so this storm was too weak to show anything"
