"""How a table is read: what can be chosen, and the description that suggests it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

from qxportal.core.tables.problems import Note, TableProblem
from qxportal.core.tables.scanned import Scanned

Kind = Literal["text", "xlsx", "ods"]
DAY_FIRST, MONTH_FIRST, AS_WRITTEN = "dmy", "mdy", "text"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was chosen of a table; None is left to `describe`."""

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    with_hidden: bool | None = None
    date_order: str | None = None  # of columns whose dates can be read in two ways
    dates: Mapping[str, str] = field(default_factory=dict)  # column -> the order that its dates show

    def stored(self) -> dict[str, Any]:
        """The choices as JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


class Row(NamedTuple):
    """A row with something in it: its number in the file, its cells as text, and which of them cannot be taken."""

    number: int
    cells: tuple[str, ...]
    problems: Mapping[int, TableProblem] = {}


@dataclass(frozen=True)
class TextReading:
    """One way to read the bytes of a text file, with rows that differ from the other ways."""

    encoding: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook."""

    name: str
    hidden: bool


@dataclass(frozen=True)
class Dates:
    """A column whose dates can be read in two ways."""

    column: int
    header: str
    samples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Description:
    """A table with what stands in it, and what there is to choose."""

    kind: Kind
    reading: Reading  # what was chosen, and what is suggested for the rest
    encodings: tuple[TextReading, ...] = ()  # more than one: a person has to choose
    separators: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    heads: tuple[Row, ...] = ()  # the first rows, of which one names the columns
    header: tuple[str, ...] = ()
    sample: tuple[Row, ...] = ()  # the first rows below the header
    row_count: int = 0  # below the header
    hidden_rows: int = 0
    hidden_columns: int = 0
    dates: tuple[Dates, ...] = ()
    notes: tuple[Note, ...] = ()  # what was left out
    scanned: Scanned | None = None  # of a workbook's sheet: spares looking over it again

    @property
    def open_questions(self) -> tuple[str, ...]:
        """What a person has to choose before the table can be used."""
        asked = {
            "encoding": len(self.encodings) > 1,
            "with_hidden": bool(self.hidden_rows or self.hidden_columns),
            "date_order": bool(self.dates),
        }
        return tuple(name for name, there in asked.items() if there)
