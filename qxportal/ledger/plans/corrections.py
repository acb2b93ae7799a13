"""Rows of a plan that cannot be done, corrected cell by cell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from qxportal.accounts.models import Member
from qxportal.ledger.models import Action, Plan
from qxportal.ledger.plans.cells import cell_of, value_of
from qxportal.ledger.plans.make import replace_rows
from qxportal.ledger.plans.registry import kind_of
from qxportal.ledger.plans.selectors import lines
from qxportal.ledger.plans.sources import Value, kept_rows
from qxportal.ui.stored_messages import Message

MOST = 200  # rows on one page


@dataclass(frozen=True)
class Cell:
    """One value of a row, and the field of the form that changes it."""

    name: str
    label: str
    input: str
    text: str


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be done, and why."""

    number: int
    label: str
    reason: Message
    cells: list[Cell] = field(default_factory=list)


def correctable(plan: Plan) -> bool:
    """Whether a plan was made from a table whose columns are known, and is still to be applied."""
    return plan.state in (Plan.State.DRAFT, Plan.State.READY) and bool(plan.source.get("columns"))


def columns_of(plan: Plan) -> list[tuple[str, str]]:
    """The fields that a plan's table has, with the names of their columns, in its order."""
    return [(name, title or kind_of(plan).field_words(name)) for name, title in plan.source.get("columns", [])]


def refused_rows(member: Member, plan: Plan) -> list[RefusedRow]:
    """The first rows that cannot be done; a row that became several lines cannot be corrected here."""
    refused = lines(member, plan).filter(action=Action.REFUSE, row__isnull=False).order_by("number")
    found = {line.row: line for line in refused[:MOST]}
    values: dict[int, Mapping[str, Value]] = {}
    times: Counter[int] = Counter()
    for row in kept_rows(plan) if found else ():
        if row.row is not None and row.row in found:
            times[row.row] += 1
            values[row.row] = row.values
    columns = columns_of(plan)
    return [
        RefusedRow(
            number,
            line.label,
            line.reason,
            [Cell(name, label, f"row-{number}-{name}", cell_of(values[number].get(name))) for name, label in columns],
        )
        for number, line in found.items()
        if number is not None and times[number] == 1
    ]


def correct_rows(member: Member, plan: Plan, cells: Mapping[str, str]) -> int:
    """Put what was typed into the rows, and check the plan again; gives how many rows were changed."""
    changed: dict[int, dict[str, Value]] = {}
    for row in refused_rows(member, plan):
        for cell in row.cells:
            typed = cells.get(cell.input)
            if typed is not None and typed.strip() != cell.text:
                changed.setdefault(row.number, {})[cell.name] = value_of(typed)
    if changed:
        replace_rows(plan, changed, by=member)
    return len(changed)
