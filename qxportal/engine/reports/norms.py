"""Predefined data: tables of external figures, and the rows that a subject's report shows.

A row is shown when it names a competency or a question of the form and has a mean on the form's scale:

    {"Competency": "Gives direction", "Mean": 3.7, "Subjects": 84}
    {"QuestionID": "QID3", "Mean": 3.4}
    {"Competency": "Builds trust", "Mean": 4.1, "PersonID": "P_..."}   in that person's report only

Any other row is stored and not shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from qxportal.engine.http.errors import Invalid
from qxportal.engine.reports.types import Competency, Norm

Row = Mapping[str, object]

MOST_ROWS = 5_000
MOST_COLUMNS = 50
LONGEST_NAME = 100
LONGEST_TEXT = 1_000
LARGEST = 10**15
MOST_SHOWN = 2  # tables in one report


def checked(given: object) -> list[dict[str, object]]:
    """A table's validated rows; raises Invalid with the number of the first bad one, counted from 1."""
    if not isinstance(given, list):
        raise Invalid("PredefinedData", "A list of rows is expected, each a map from column to value.")
    if len(given) > MOST_ROWS:
        raise Invalid("PredefinedData", f"At most {MOST_ROWS} rows are possible.")
    return [_row(number, row) for number, row in enumerate(given, start=1)]


def _row(number: int, row: object) -> dict[str, object]:
    if not isinstance(row, dict) or not row:
        raise Invalid("PredefinedData", f"Row {number} is no map from column to value.")
    if len(row) > MOST_COLUMNS:
        raise Invalid("PredefinedData", f"Row {number} has more than {MOST_COLUMNS} columns.")
    for column, value in row.items():
        if not 0 < len(column) <= LONGEST_NAME:
            raise Invalid("PredefinedData", f"Row {number}: a column's name has 1 to {LONGEST_NAME} characters.")
        if isinstance(value, str):
            sound = len(value) <= LONGEST_TEXT
        elif isinstance(value, int | float):
            sound = isfinite(value) and abs(value) <= LARGEST
        else:
            sound = value is None
        if not sound:
            raise Invalid("PredefinedData", f"Row {number}: {column} is no number and no text of {LONGEST_TEXT}.")
    return row


@dataclass(frozen=True)
class _Line:
    """One row that can be shown."""

    about: str  # id of a competency or statement in the report
    mean: float
    people: int | None
    person_id: str  # empty: for everybody


def norms(
    tables: Iterable[tuple[str, Sequence[Row]]], competencies: Sequence[Competency], points: int, *, person_id: str
) -> tuple[Norm, ...]:
    """The norms for one person's report from named tables; tables without a shown row are left out."""
    known = _names(competencies)
    found = (_norm(name, lines(rows, known, points), person_id) for name, rows in tables)
    return tuple(norm for norm in found if norm.means)[:MOST_SHOWN]


def shown(rows: Sequence[Row], competencies: Sequence[Competency], points: int) -> list[int]:
    """Numbers (from 1) of the rows shown in any report, perhaps in one person's only."""
    known = _names(competencies)
    return [number for number, row in enumerate(rows, start=1) if lines([row], known, points)]


def person_of(row: Row) -> str:
    """The id of the only person whose report shows a row; empty if all reports show the row."""
    return next((str(value or "").strip() for column, value in row.items() if _fold(column) == "personid"), "")


def lines(rows: Sequence[Row], known: Mapping[str, str], points: int) -> list[_Line]:
    """The rows that can be shown."""
    read = (_line({_fold(column): value for column, value in row.items()}, known, points) for row in rows)
    return [line for line in read if line is not None]


def _norm(name: str, found: Sequence[_Line], person_id: str) -> Norm:
    """A table as norm; rows for this person override those for everybody."""
    means = {line.about: line.mean for line in found if not line.person_id}
    means |= {line.about: line.mean for line in found if line.person_id == person_id}
    people = {line.people for line in found if line.people and not line.person_id}
    return Norm(name=name, means=means, people=people.pop() if len(people) == 1 else None)


def _names(competencies: Sequence[Competency]) -> dict[str, str]:
    """Question ids and competency names, folded -> id in the report."""
    questions = {_fold(item.id): item.id for competency in competencies for item in competency.items}
    return questions | {_fold(competency.name): competency.id for competency in competencies}


def _line(row: Row, known: Mapping[str, str], points: int) -> _Line | None:
    about = known.get(_fold(str(row.get("competency") or row.get("questionid") or "")))
    mean = _number(row.get("mean"))
    if about is None or mean is None or not 1 <= mean <= points:
        return None
    people = _number(row.get("subjects"))
    return _Line(about, mean, int(people) if people and people >= 1 else None, str(row.get("personid") or "").strip())


def _number(value: object) -> float | None:
    """A number, perhaps given as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _fold(name: str) -> str:
    return "".join(name.split()).casefold()
