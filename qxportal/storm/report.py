"""What a storm came to, as a table and as sentences about what must not be."""

from qxportal.storm.real import Outcome


def table(outcome: Outcome) -> str:
    """Tries, faults, kills, lost, doubled, wrongly removed, and the negative control beside them."""
    books, control = outcome.books, outcome.naive
    counts = sorted(outcome.counts.items())
    rows = [
        ("seed", outcome.seed),
        ("raged, drained (s)", f"{outcome.seconds:.0f}, {outcome.drained:.0f}"),
        *counts,
        ("changes", books.changes),
        ("  done, refused in words", f"{books.done}, {books.refused}"),
        ("  to a person (carried out)", f"{outcome.to_persons} ({outcome.of_them_done})"),
        ("  lost", len(books.lost)),
        ("  doubled", len(books.doubled)),
        ("  refused, yet carried out", len(books.untrue)),
        ("mirror: rows that differ at the end", len(outcome.differences)),
        ("mirror: wrongly gone for a while", outcome.wrongly_gone),
        ("naive sender: tasks, lost, doubled", f"{control.tasks}, {control.lost}, {control.doubled}"),
        ("naive mirror: readings, rows removed", f"{control.readings}, {control.removed}"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def failures(outcome: Outcome) -> list[str]:
    """What breaks a promise, and a control that shows nothing."""
    books = outcome.books
    found = [f"lost: {one}" for one in books.lost + outcome.before_persons.lost]
    found += [f"doubled: {one}" for one in books.doubled]
    found += [f"untrue: {one}" for one in books.untrue]
    found += [f"stuck: {one}" for one in outcome.stuck]
    found += [f"mirror: {one}" for one in outcome.differences]
    if not outcome.naive.doubled:
        found.append("control: the naive sender doubled nothing, so this storm was too weak to show anything")
    if not outcome.naive.removed:
        found.append("control: the naive mirror removed nothing, so this storm was too weak to show anything")
    return found
