"""Source rows from a file: each cell under its field, with the row's problems."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from directory.imports.fields import METADATA, Fields, guess
from qxportal.core.tables.describe import rows
from qxportal.core.tables.reading import Description, Row
from qxportal.ledger.plans.cells import CLEARS_WITH, value_of
from qxportal.ledger.plans.sources import SourceRow, Value
from qxportal.ui.stored_messages import Message, StoredMessage, gettext_stored

YES = {"yes", "y", "true", "1", "x", "ja", "j", "wahr", "extern", "external"}
HEADERS = 2  # rows below the header that may repeat the column names
NO = {"no", "n", "false", "0", "nein", "falsch", "intern", "internal"}


def import_rows(
    file: BinaryIO, name: str, found: Description, columns: Mapping[int, str], fields: Fields
) -> Iterator[SourceRow]:
    """The rows below the header; raises TableProblem if the file cannot be read to its end."""
    every = rows(file, name, found.reading, found.scanned)
    header = next(every, None)
    if header is None:
        return
    many = {each.name for each in fields.fields if each.many}
    titles = header.cells
    width = max((place for place, cell in enumerate(titles) if cell.strip()), default=len(titles) - 1) + 1
    width = max(width, max(columns, default=0) + 1)
    for count, row in enumerate(every):
        values: dict[str, Value] = {}
        cells = row.cells
        for place, field_name in columns.items():
            if place < len(cells) and (cell := cells[place].strip()):
                value = _value(field_name, cell)
                there = values.get(field_name)
                both = field_name in many and isinstance(there, str) and isinstance(value, str)
                values[field_name] = f"{there}\n{value}" if both else value
        problem = _problem(row, columns, width)
        if count < HEADERS and not problem and _names_columns(row, columns, fields):
            problem = gettext_stored("The row names the columns once more.")
        yield SourceRow(row.number, values, problem)


def _value(name: str, cell: str) -> Value:
    if name != "external" and cell[0] != CLEARS_WITH:
        return cell
    if name == "external" and cell.casefold() in YES | NO:
        return "yes" if cell.casefold() in YES else "no"
    return value_of(cell)


def _problem(row: Row, columns: Mapping[int, str], width: int) -> Message:
    """The problem of a row found in the file itself."""
    if row.problems:
        wrong = next((row.problems[place] for place in columns if place in row.problems), None)
        if wrong is not None:
            return StoredMessage(wrong.message, wrong.values)
    if len(row.cells) > width and any(cell.strip() for cell in row.cells[width:]):
        return gettext_stored(
            "The row has more cells than the header has names. Put texts that contain the separator in quotation marks."
        )
    return ""


def _names_columns(row: Row, columns: Mapping[int, str], fields: Fields) -> bool:
    """Whether a row is a second header: its cells name the same fields."""
    wanted = {place: name for place, name in columns.items() if not name.startswith(METADATA)}
    said = guess(fields, row.cells, [])
    return len(wanted) > 1 and all(said.get(place) == name for place, name in wanted.items())
