"""Figures pasted from a spreadsheet: each row is checked against the competencies and statements of reports."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assessments.models import Assessment, Subject
from assessments.report_figures import Row, Table
from qxportal.core.tables.describe import describe, rows
from qxportal.core.tables.problems import TableProblem

COMPETENCY, QUESTION, MEAN, SUBJECTS, PERSON = "Competency", "QuestionID", "Mean", "Subjects", "PersonID"
COLUMNS = (COMPETENCY, QUESTION, MEAN, SUBJECTS, PERSON)
NAMES = {  # column name in spreadsheets -> column name at the server
    **dict.fromkeys(("competency", "competence", "kompetenz", "name", "area", "bereich"), COMPETENCY),
    **dict.fromkeys(("questionid", "question", "statement", "item", "frage", "aussage", "fragenid"), QUESTION),
    **dict.fromkeys(("mean", "norm", "average", "mittelwert", "durchschnitt", "value", "wert"), MEAN),
    **dict.fromkeys(("subjects", "people", "n", "personen", "anzahl", "teilnehmende"), SUBJECTS),
    **dict.fromkeys(("personid", "person", "email", "e-mail", "mail"), PERSON),
}
NO_NAMES = gettext_noop("The first row has to name the columns: Competency or QuestionID, and Mean.")
TWICE = gettext_noop("Two columns are called %(name)s. Delete one.")
WIDE = gettext_noop("At most 50 columns with names of 100 characters are possible.")
LONG = gettext_noop("At most %(most)s rows are possible.")
MOST_ROWS, MOST_COLUMNS, LONGEST_NAME, LONGEST_TEXT = 5_000, 50, 100, 1_000


@dataclass
class Line:
    """One row of the table: the values to send, and their problems."""

    number: int
    row: dict[str, Any]
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Given:
    """A table as it was read."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> list[Row]:
        """The rows in the server's form."""
        return [line.row for line in self.lines]

    @property
    def wrong(self) -> int:
        """The number of lines with problems."""
        return sum(bool(line.problems) for line in self.lines)


def read(file: BinaryIO, name: str, table: Table, assessment: Assessment) -> Given:
    """The checked rows of a file or of pasted cells. Raises TableProblem for an invalid table."""
    found = describe(file, name)
    every = rows(file, name, found.reading, found.scanned)
    header = next(every, None)
    titles = [_title(cell) for cell in header.cells] if header else []
    if MEAN not in titles or not {COMPETENCY, QUESTION} & set(titles):
        raise TableProblem(NO_NAMES)
    twice = {title for title in titles if title and titles.count(title) > 1}
    if twice:
        raise TableProblem(TWICE, name=min(twice))
    if len(titles) > MOST_COLUMNS or any(len(title) > LONGEST_NAME for title in titles):
        raise TableProblem(WIDE)
    check = _Check(table, assessment)
    lines: list[Line] = []
    for one in every:
        line = check.line(one.number, titles, one.cells)
        line.problems += [str(problem) for problem in one.problems.values()]
        lines.append(line)
        if len(lines) > MOST_ROWS:
            raise TableProblem(LONG, most=MOST_ROWS)
    notes = [str(note) for note in found.notes]
    if found.hidden_rows or found.hidden_columns:
        notes.append(_("The sheet has hidden rows or columns. Check below whether they belong to the figures."))
    return Given(tuple(lines), tuple(notes))


def as_cells(found: Sequence[Row]) -> str:
    """Rows as tab-separated cells for a spreadsheet, with the header row."""
    known = [name for name in COLUMNS if any(_named(row, name) is not None for row in found)] or [COMPETENCY, MEAN]
    others = dict.fromkeys(key for row in found for key in row if _title(key) not in COLUMNS)
    text = io.StringIO()
    sheet = csv.writer(text, delimiter="\t", lineterminator="\n")
    sheet.writerow([*known, *others])
    for row in found:
        sheet.writerow([*(_cell(_named(row, name)) for name in known), *(_cell(row.get(name)) for name in others)])
    return text.getvalue()


def shown_rows(table: Table, people: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Each row as the page shows it: competency or statement, figures, and the reports that show the row."""
    shown = set(table.shown)
    for number, row in enumerate(table.rows, start=1):
        person = str(_named(row, PERSON) or "").strip()
        question = str(_named(row, QUESTION) or "").strip()
        yield {
            "number": number,
            "competency": _named(row, COMPETENCY) or "",
            "question": question,
            "statement": table.statements.get(question, ""),
            "mean": _named(row, MEAN),
            "subjects": _named(row, SUBJECTS),
            "person": people.get(person, person),
            "shown": number in shown if table.told else None,
        }


def names_of(assessment: Assessment, found: Sequence[Row]) -> dict[str, str]:
    """Names of the subjects whose reports alone show some of the rows."""
    ids = {str(_named(row, PERSON) or "").strip() for row in found} - {""}
    return {one.vendor_id: str(one) for one in Subject.objects.filter(assessment=assessment, vendor_id__in=ids)}


class _Check:
    """The competencies, statements and scale against which rows are checked."""

    def __init__(self, table: Table, assessment: Assessment) -> None:
        self.table, self.assessment = table, assessment
        self.competencies = {_fold(name): name for name in table.competencies}
        self.statements = {_fold(key): key for key in table.statements}
        texts = [_fold(text) for text in table.statements.values()]
        self.texts = {_fold(text): key for key, text in table.statements.items() if texts.count(_fold(text)) == 1}
        self.seen: dict[tuple[str, str], int] = {}
        self.people: dict[str, str] | None = None

    def line(self, number: int, titles: Sequence[str], cells: Sequence[str]) -> Line:
        """One row, checked."""
        line = Line(number, {})
        for title, cell in zip(titles, cells, strict=False):
            if (text := cell.strip()) and title:
                if len(text) > LONGEST_TEXT:
                    line.problems.append(_("%(column)s has more than 1,000 characters.") % {"column": title})
                line.row[title] = text[:LONGEST_TEXT]
            elif cell.strip():
                line.problems.append(_("“%(cell)s” has no column name above it.") % {"cell": cell.strip()[:40]})
        if any(cell.strip() for cell in cells[len(titles) :]):
            line.problems.append(_("The row has more cells than there are columns."))
        self._name(line)
        self._numbers(line)
        self._person(line)
        about = str(line.row.get(QUESTION) or line.row.get(COMPETENCY) or "")
        key = (_fold(about), str(line.row.get(PERSON, "")))
        if about and not line.problems and (first := self.seen.setdefault(key, number)) != number:
            line.problems.append(
                _("Row %(number)s already has a figure for this competency or question.") % {"number": first}
            )
        return line

    def _name(self, line: Line) -> None:
        competency, question = line.row.get(COMPETENCY, ""), line.row.get(QUESTION, "")
        if not competency and not question:
            line.problems.append(_("The row names no competency and no question."))
            return
        if competency and question:
            line.problems.append(_("Name a competency or a question, not both."))
            return
        if not self.competencies and not self.statements:
            return
        text = _fold(competency or question)
        if text in self.competencies:
            line.row.pop(QUESTION, None)
            line.row[COMPETENCY] = self.competencies[text]
        elif key := self.statements.get(text) or self.texts.get(text):
            line.row.pop(COMPETENCY, None)
            line.row[QUESTION] = key
        else:
            unknown = _("Reports of this assessment have no competency and no rating question named “%(name)s”.")
            line.problems.append(unknown % {"name": (competency or question)[:80]})

    def _numbers(self, line: Line) -> None:
        text = line.row.get(MEAN, "")
        mean = number_in(text)
        if mean is None:
            words = _("“%(text)s” is not a number.") % {"text": text[:40]} if text else _("The mean is missing.")
            line.problems.append(words)
        elif self.table.points and not 1 <= mean <= self.table.points:
            outside = _("%(mean)s is not on the scale, which goes from 1 to %(points)s.")
            line.problems.append(outside % {"mean": text, "points": self.table.points})
        if mean is not None:
            line.row[MEAN] = mean
        if (people := line.row.get(SUBJECTS)) is not None:
            number = number_in(people)
            if number is None or number != int(number) or not 1 <= number <= 10**9:
                line.problems.append(_("“%(text)s” is not a number of people.") % {"text": people[:40]})
            else:
                line.row[SUBJECTS] = int(number)

    def _person(self, line: Line) -> None:
        text = line.row.get(PERSON)
        if text is None:
            return
        if self.people is None:
            rows = Subject.objects.filter(assessment=self.assessment, gone_at=None).values_list("vendor_id", "email")
            self.people = {word.lower(): key for key, email in rows for word in (key, email) if word}
        if key := self.people.get(text.lower()):
            line.row[PERSON] = key
        else:
            line.problems.append(_("No subject of this assessment is “%(text)s”.") % {"text": text[:80]})


def number_in(text: str) -> float | None:
    """A number as people write it.

    >>> number_in("3,7"), number_in("3.25"), number_in("12"), number_in("1,234.5"), number_in("high")
    (3.7, 3.25, 12.0, None, None)
    """
    plain = text.strip().replace(",", ".", 1) if "." not in text else text.strip()
    whole, _point, rest = plain.removeprefix("-").partition(".")
    if not plain.isascii() or not (whole + rest).isdigit() or not whole or len(plain) > 20:
        return None
    return float(plain)


def _title(cell: str) -> str:
    """The server's name of a column, or the column's own name if the server does not know the column."""
    return NAMES.get(_fold(cell), cell.strip())


def _named(row: Row, title: str) -> Any:
    return next((value for key, value in row.items() if _title(str(key)) == title), None)


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _fold(name: str) -> str:
    return "".join(name.split()).casefold()
