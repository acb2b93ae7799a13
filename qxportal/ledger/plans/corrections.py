"""Cell-by-cell correction of a plan's refused rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.accounts.models import Member
from qxportal.ledger.models import Action, Plan
from qxportal.ledger.plans.cells import cell_of, value_of
from qxportal.ledger.plans.make import RowKey, replace_rows
from qxportal.ledger.plans.registry import kind_of
from qxportal.ledger.plans.selectors import lines
from qxportal.ledger.plans.sources import FIELD, PART, SAME, Value, kept_rows
from qxportal.ui.stored_messages import Message

MOST = 200  # rows on one page
NAMES = ("email", "unique_id")  # fields that identify people


@dataclass(frozen=True)
class Cell:
    """One value of a row, with its form input; no input for cells of the other rows from the same file row."""

    name: str
    label: str
    input: str
    text: str
    own: bool = False  # identifies the person of this row among several from one file row


@dataclass(frozen=True)
class SamePerson:
    """A person whose identifier differs from the row's only in spelling, and the checkbox to confirm the match."""

    name: str
    identifier: str
    field: str  # field of the row
    input: str
    given: str  # value in the row


@dataclass(frozen=True)
class RefusedRow:
    """A refused row and the reason."""

    number: int
    label: str
    reason: Message
    cells: list[Cell] = field(default_factory=list)
    part: str = ""  # its number among several rows from one file row
    same: list[SamePerson] = field(default_factory=list)


def correctable(plan: Plan) -> bool:
    """Whether the plan came from a table with known columns and was not applied."""
    return plan.state in (Plan.State.DRAFT, Plan.State.READY) and bool(plan.source.get("columns"))


def columns_of(plan: Plan) -> list[tuple[str, str]]:
    """Fields of a plan's table with their column names, in table order."""
    return [(name, title or kind_of(plan).field_words(name)) for name, title in plan.source.get("columns", [])]


def refused_rows(member: Member, plan: Plan) -> list[RefusedRow]:
    """The first refused rows; of several from one file row, each refused one."""
    refused = lines(member, plan).filter(action=Action.REFUSE, row__isnull=False).order_by("number")
    found = {(line.row or 0, str(line.data.get(PART, ""))): line for line in refused[:MOST]}
    numbers = {number for number, _part in found}
    values: dict[RowKey, Mapping[str, Value]] = {}
    times: Counter[RowKey] = Counter()
    for row in kept_rows(plan) if found else ():
        if row.row in numbers and (key := (row.row or 0, row.text(PART))) in found:
            times[key] += 1
            values[key] = row.values
    columns = columns_of(plan)
    return [
        RefusedRow(
            number,
            line.label,
            line.reason,
            _cells((number, part), values[number, part], columns),
            part,
            _same((number, part), line.data.get(SAME, {}), values[number, part]),
        )
        for (number, part), line in found.items()
        if times[number, part] == 1
    ]


def _same(key: RowKey, people: Mapping[str, tuple[str, str]], values: Mapping[str, Value]) -> list[SamePerson]:
    """Checkboxes of a row, one for each identifier that may belong to a person."""
    number, part = key
    named = f"same-{number}-{part}" if part else f"same-{number}"
    return [
        SamePerson(name, identifier, one, f"{named}-{one}", cell_of(values.get(one)))
        for one, (identifier, name) in sorted(people.items())
    ]


def _cells(key: RowKey, values: Mapping[str, Value], columns: Sequence[tuple[str, str]]) -> list[Cell]:
    """Cells of a row; for one of several from a file row, its own cells and the shared ones."""
    number, part = key
    own = values.get(FIELD)
    cells = []
    for name, label in columns:
        field_name = f"row-{number}-{part}-{name}" if part else f"row-{number}-{name}"
        said = next((values[one] for one in NAMES if values.get(one)), None) if own == name else values.get(name)
        there = not part or name == own or not name.startswith(str(own).partition(":")[0] + ":")
        cells.append(Cell(name, label, field_name if there else "", cell_of(said) if there else "", own == name))
    return cells


def correct_rows(member: Member, plan: Plan, cells: Mapping[str, str]) -> int:
    """Put corrected values into the rows and validate the plan again; returns the number of changed rows."""
    changed: dict[RowKey, dict[str, Value]] = {}
    for row in refused_rows(member, plan):
        for same in row.same:
            if same.input in cells:
                part = row.part if same.field in NAMES else ""  # otherwise all rows from this file row share it
                changed.setdefault((row.number, part), {})[same.field] = same.identifier
        for cell in row.cells:
            typed = cells.get(cell.input) if cell.input else None
            if typed is None or typed.strip() == cell.text:
                continue
            if row.part and cell.own:
                named = {"email": typed.strip(), "unique_id": ""} if "@" in typed else {"email": "", "unique_id": typed}
                changed.setdefault((row.number, row.part), {}).update(named)
            else:  # a value shared by several rows from one file row changes in all of them
                changed.setdefault((row.number, ""), {})[cell.name] = value_of(typed)
    if changed:
        replace_rows(plan, changed, by=member)
    return len({number for number, _part in changed})
