"""Reading options of a table, and the description that suggests them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

from qxportal.core.tables.problems import Note, TableProblem
from qxportal.core.tables.scanned import Scanned

Kind = Literal["text", "xlsx", "ods"]
DAY_FIRST, MONTH_FIRST, AS_WRITTEN = "dmy", "mdy", "text"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The chosen options of a table; None leaves the choice to `describe`."""

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    with_hidden: bool | None = None
    date_order: str | None = None  # for columns with ambiguous dates
    dates: Mapping[str, str] = field(default_factory=dict)  # column -> order that its dates prove

    def stored(self) -> dict[str, Any]:
        """The choices as JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


class Row(NamedTuple):
    """A non-empty row: its number in the file, its cells as text, and the problems of unusable cells."""

    number: int
    cells: tuple[str, ...]
    problems: Mapping[int, TableProblem] = {}


@dataclass(frozen=True)
class TextReading:
    """One reading of a text file's bytes, with rows that differ from the other readings."""

    encoding: str
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook."""

    name: str
    hidden: bool


@dataclass(frozen=True)
class Dates:
    """A column with ambiguous dates."""

    column: int
    header: str
    samples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Description:
    """A table's contents, and the options to choose from."""

    kind: Kind
    reading: Reading  # chosen options, with suggestions for the rest
    encodings: tuple[TextReading, ...] = ()  # several if a person has to choose
    separators: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    heads: tuple[Row, ...] = ()  # the first rows, one of which is the header
    header: tuple[str, ...] = ()
    sample: tuple[Row, ...] = ()  # the first rows below the header
    row_count: int = 0  # number of rows below the header
    hidden_rows: int = 0
    hidden_columns: int = 0
    dates: tuple[Dates, ...] = ()
    notes: tuple[Note, ...] = ()  # parts that were left out
    scanned: Scanned | None = None  # of a workbook's sheet; saves a second scan

    @property
    def open_questions(self) -> tuple[str, ...]:
        """Options that a person has to choose before the table can be used."""
        asked = {
            "encoding": len(self.encodings) > 1,
            "with_hidden": bool(self.hidden_rows or self.hidden_columns),
            "date_order": bool(self.dates),
        }
        return tuple(name for name, there in asked.items() if there)
