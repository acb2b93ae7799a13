"""Reads a CSV file of people: tolerant of spelling in the header, strict about what it holds."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qxportal.engine.importing.lines import Bounds, records
from qxportal.engine.people import EMAIL_LIMIT, METADATA_FIELDS, METADATA_LIMIT, NAME_LIMIT, is_email
from qxportal.engine.problems import Invalid

MOST_COLUMNS = METADATA_FIELDS + 20
MOST_ROWS = 200_000


class Kind(StrEnum):
    """What an import is about."""

    DIRECTORY = "Directory"
    SUBJECTS = "Subjects"
    EVALUATORS = "Evaluators"
    PARTICIPANTS = "Participants"


KNOWN = {
    "firstname": "first_name",
    "lastname": "last_name",
    "email": "email",
    "emailaddress": "email",
    "username": "user_name",
    "uniqueidentifier": "unique_id",
    "uniqueid": "unique_id",
    "uniquepersonid": "unique_id",
}
KNOWN_OF_EVALUATORS = KNOWN | {
    "evaluatorfirstname": "first_name",
    "evaluatorlastname": "last_name",
    "evaluatoremail": "email",
    "participantuniqueidentifier": "unique_id",
    "subjectemail": "subject_email",
    "subjectuniqueidentifier": "subject_unique_id",
    "relationship": "relationship",
}
HEADERS = {
    "first_name": "FirstName", "last_name": "LastName", "email": "Email", "subject_email": "SubjectEmail",
    "relationship": "Relationship", "unique_id": "UniqueIdentifier", "user_name": "UserName",
    "subject_unique_id": "SubjectUniqueIdentifier",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One usable line: the known columns, empty when not given, and the rest as metadata."""

    number: int
    fields: Mapping[str, str]
    metadata: Mapping[str, str]

    def __getitem__(self, field: str) -> str:
        return self.fields.get(field, "")


@dataclass(frozen=True)
class Sheet:
    """A file: its usable rows, and the reasons of the others by row number."""

    rows: list[Row]
    ignored: dict[int, str]


def read(file: bytes, kind: Kind) -> Sheet:
    """Read a whole file; refuse one that is no CSV file of people at all."""
    bounds = Bounds(MOST_ROWS, MOST_COLUMNS)
    if file.count(b"\n") + file.count(b"\r") > MOST_ROWS:  # refused before one of them is looked at
        deque(records(file, bounds), maxlen=0)
    rows = records(file, bounds)
    _, header = next(rows, (1, []))
    columns = _columns(header, kind)
    sheet = Sheet([], {})
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            _take(sheet, number, columns, cells, kind)
    return sheet


def known_column(title: str) -> bool:
    """Whether a column of this title is about what everybody has."""
    return _squeeze(title) in KNOWN


def _squeeze(title: str) -> str:
    return "".join(title.split()).replace("_", "").casefold()


def _columns(header: list[str], kind: Kind) -> list[tuple[str, bool]]:
    """Name each column: a field of ours (True) or a metadata key (False)."""
    known = KNOWN_OF_EVALUATORS if kind is Kind.EVALUATORS else KNOWN
    columns: list[tuple[str, bool]] = []
    for title in header:
        field = known.get(_squeeze(title))
        columns.append((field, True) if field else (title.strip()[:NAME_LIMIT], False))
    given = [name for name, _ in columns if name]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise Invalid("FileContents", f"The header has {HEADERS.get(twice[0], twice[0])} twice.")
    required = ["relationship"] if kind is Kind.EVALUATORS else ["first_name", "last_name", "email"]
    for field in required:
        if field not in given:
            raise Invalid("FileContents", f"The header has no column {HEADERS[field]}.")
    for field, instead in (("email", "unique_id"), ("subject_email", "subject_unique_id")):
        if kind is Kind.EVALUATORS and field not in given and instead not in given:
            raise Invalid("FileContents", f"The header has no column {HEADERS[field]}.")
    return columns


def _take(sheet: Sheet, number: int, columns: list[tuple[str, bool]], cells: list[str], kind: Kind) -> None:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        sheet.ignored[number] = "The row has more cells than the header."
        return
    fields: dict[str, str] = {}
    metadata: dict[str, str] = {}
    for (name, ours), cell in zip(columns, cells, strict=False):
        if ours:
            fields[name] = cell.strip()
        elif name:
            metadata[name] = cell.strip()
    reason = _fault(fields, metadata, kind)
    if reason:
        sheet.ignored[number] = reason
    else:
        sheet.rows.append(Row(number, fields, metadata))


def _fault(fields: Mapping[str, str], metadata: Mapping[str, str], kind: Kind) -> str:
    required = ["relationship"] if kind is Kind.EVALUATORS else ["first_name", "last_name", "email"]
    for field in required:
        if not fields.get(field):
            return f"{HEADERS[field]} is empty."
    for field, instead in (("email", "unique_id"), ("subject_email", "subject_unique_id")):
        if kind is Kind.EVALUATORS and not fields.get(field) and not fields.get(instead):
            return f"{HEADERS[field]} is empty."
        if fields.get(field) and not is_email(fields[field]):
            return f"{fields[field][:60]} is no mail address."
    for field, text in fields.items():
        if len(text) > (EMAIL_LIMIT if field == "user_name" else NAME_LIMIT) and "email" not in field:
            return f"{HEADERS[field]} is too long."
    if any(len(text) > METADATA_LIMIT for text in metadata.values()):
        return "A metadata cell is too long."
    return ""
