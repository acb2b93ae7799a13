"""Tables of external figures in reports, as our own server reports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from qxportal.threesixty.values import as_map, count, listed, needed, text


@dataclass(frozen=True, kw_only=True)
class FigureTable:
    """One table of a report; `shown` are the places of the rows that reports show, from 1."""

    source_id: str
    name: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()
    shown: tuple[int, ...] = ()

    @classmethod
    def read(cls, row: Any) -> Self:
        """From one row of the answer."""
        row = as_map(row, "a table of figures")
        return cls(
            source_id=needed(row, "DataSourceID"),
            name=text(row, "Name"),
            rows=tuple(as_map(one, "a row of figures") for one in listed(row, "Rows")),
            shown=tuple(count(place) for place in listed(row, "Shown")),
        )


@dataclass(frozen=True, kw_only=True)
class PredefinedData:
    """The tables of one report, and what their rows can name (qxGetPredefinedData)."""

    report_id: str
    name: str = ""
    points: int = 0
    competencies: tuple[str, ...] = ()
    statements: Mapping[str, str] = field(default_factory=dict)  # id -> text
    tables: tuple[FigureTable, ...] = ()

    @classmethod
    def read(cls, answer: Any) -> Self:
        """From the answer."""
        row = as_map(answer, "the tables of a report")
        statements = [as_map(one, "a statement") for one in listed(row, "Statements")]
        return cls(
            report_id=needed(row, "ReportID"),
            name=text(row, "Name"),
            points=count(row.get("Points")),
            competencies=tuple(str(one) for one in listed(row, "Competencies")),
            statements={needed(one, "ID"): text(one, "Text") for one in statements},
            tables=tuple(FigureTable.read(one) for one in listed(row, "DataSources")),
        )
