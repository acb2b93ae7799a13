"""Reads a CSV file of people: tolerant of spelling in the header, strict about what it holds."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing import own_exports
from qxportal.engine.importing.encodings import NAMES as ENCODINGS
from qxportal.engine.importing.lines import Bounds, Layout, layout_of, records
from qxportal.engine.models.mailboxes import EMAIL_LIMIT, AddressError, clean, on_one_line, visible
from qxportal.engine.people.columns import KNOWN, squeeze
from qxportal.engine.people.fields import METADATA_FIELDS, METADATA_LIMIT, NAME_LIMIT

MOST_COLUMNS = METADATA_FIELDS + 20
MOST_ROWS = 200_000


class Kind(StrEnum):
    """The kind of an import."""

    DIRECTORY = "Directory"
    SUBJECTS = "Subjects"
    EVALUATORS = "Evaluators"
    PARTICIPANTS = "Participants"


KNOWN_OF_EVALUATORS = KNOWN | {
    "evaluatorfirstname": "first_name",
    "evaluatorlastname": "last_name",
    "evaluatoremail": "email",
    "participantuniqueidentifier": "unique_id",
    "evaluatoruniqueidentifier": "unique_id",
    "subjectemail": "subject_email",
    "subjectuniqueidentifier": "subject_unique_id",
    "relationship": "relationship",
}
HEADERS = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "subject_email": "SubjectEmail",
    "relationship": "Relationship",
    "unique_id": "UniqueIdentifier",
    "user_name": "UserName",
    "subject_unique_id": "SubjectUniqueIdentifier",
    "person_id": "PersonID",
}
ADDRESSES = ("email", "subject_email")
IDS = ("unique_id", "subject_unique_id", "person_id", "user_name", "relationship")
AS_TEXT = re.compile(r'="([^"]*)"')
INSTEAD = {"email": "unique_id", "subject_email": "subject_unique_id"}  # alternative identifiers


@dataclass(frozen=True)
class SheetRow:
    """One usable row: known columns, empty if not given, and the others as metadata."""

    number: int
    fields: Mapping[str, str]
    metadata: Mapping[str, str]

    def __getitem__(self, field: str) -> str:
        return self.fields.get(field, "")


@dataclass(frozen=True)
class Sheet:
    """A file's usable rows, and the reasons for ignoring others by row number."""

    rows: list[SheetRow]
    ignored: dict[int, str]


@dataclass(frozen=True)
class Column:
    """A column's content: a field of ours, metadata under its name, or ignored (no name)."""

    name: str = ""
    ours: bool = False


def read(file: bytes, kind: Kind) -> Sheet:
    """Read a whole file; raises Invalid if it is no CSV file of people."""
    bounds = Bounds(MOST_ROWS, MOST_COLUMNS)
    _refuse_workbooks(file)
    layout = layout_of(file, bounds, partial(_score, kind=kind), blanks=True)
    if file.count(b"\n") + file.count(b"\r") > MOST_ROWS:  # refused before the first row is read
        deque(records(file, bounds, layout), maxlen=0)
    sheet = Sheet([], {})
    columns: list[Column] = []
    for number, cells in records(file, bounds, layout):
        if number == layout.header:
            columns = _columns(cells, kind, layout)
        elif number < layout.header or not any(cell.strip() for cell in cells):
            continue
        elif not (number <= layout.header + 2 and _repeats_the_header(cells, kind)):
            _take(sheet, number, columns, cells, kind)
    if not columns:
        raise Invalid("FileContents", "The file has no rows: the first has to name the columns.")
    return sheet


def _refuse_workbooks(file: bytes) -> None:
    """Raise Invalid with advice for workbooks and for HTML, which some HR systems export as .xls."""
    if file.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Invalid("FileContents", "The file is a workbook, not text. Save it as CSV UTF-8.")
    if file[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Invalid(
            "FileContents", "The file is a web page or XML. Open it in a spreadsheet and save it as CSV UTF-8."
        )


def _known(kind: Kind) -> Mapping[str, str]:
    return KNOWN_OF_EVALUATORS if kind is Kind.EVALUATORS else KNOWN


def _score(cells: Sequence[str], kind: Kind) -> int:
    """The number of known column names in a row, plus 100 if all required ones are there."""
    fields = {_known(kind).get(squeeze(cell), "") for cell in cells} - {""}
    return len(fields) + 100 * (_missing(fields, kind) == "")


def _repeats_the_header(cells: Sequence[str], kind: Kind) -> bool:
    """Whether a row below the header is another header: the names again, or the import ids of the source."""
    said = [cell for cell in cells if cell.strip()]
    if all(cell.lstrip().startswith('{"ImportId"') for cell in said):
        return True
    return _score(cells, kind) >= 100


def _columns(header: Sequence[str], kind: Kind, layout: Layout) -> list[Column]:
    """Name each column; raises Invalid where one is there twice or missing."""
    titles = [squeeze(title) for title in header]
    unkept = own_exports.unkept(titles)
    columns = [
        Column(_known(kind)[plain], ours=True)
        if plain in _known(kind)
        else Column()
        if plain in unkept
        else Column(own_exports.metadata_key(title.strip(), titles)[:NAME_LIMIT])
        for title, plain in zip(header, titles, strict=True)
    ]
    given = [column.name for column in columns if column.name]
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise Invalid("FileContents", f"The header has {HEADERS.get(twice[0], twice[0])} twice.")
    missing = _missing({column.name for column in columns if column.ours}, kind)
    if missing:
        raise Invalid("FileContents", f"The header has no column {HEADERS[missing]}. {_told(header, layout)}")
    return columns


def _told(header: Sequence[str], layout: Layout) -> str:
    """A sentence on how the header was read, for error messages."""
    read_as = f"{ENCODINGS[layout.encoding]}, separated by {layout.separated_by}"
    named = [title.strip() for title in header if title.strip()]
    if len(header) < 2:
        return f"Row {layout.header} was read as one column ({read_as}): use commas, semicolons or tabs."
    shown = ", ".join(title[:40] for title in named[:15]) + (", ..." if len(named) > 15 else "")
    return f"Row {layout.header} ({read_as}) names: {shown}."


def _missing(fields: set[str], kind: Kind) -> str:
    """The first required column that is missing; empty if none is."""
    needed = ("relationship", *INSTEAD) if kind is Kind.EVALUATORS else ("first_name", "last_name", "email")
    for field in needed:
        alone = kind is not Kind.EVALUATORS or field not in INSTEAD
        if field not in fields and (alone or INSTEAD[field] not in fields):
            return field
    return ""


def _take(sheet: Sheet, number: int, columns: Sequence[Column], cells: Sequence[str], kind: Kind) -> None:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        sheet.ignored[number] = "The row has more cells than the header."
        return
    fields: dict[str, str] = {}
    metadata: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=False):
        if column.ours:
            fields[column.name] = _tidied(column.name, cell)
        elif column.name:
            metadata[column.name] = _unwrapped(cell.strip())
    if not fields.get("unique_id"):
        fields["unique_id"] = fields.get("person_id", "")
    try:
        for field in ADDRESSES:
            if fields.get(field):
                fields[field] = clean(fields[field])
        reason = _fault(fields, metadata, kind)
    except AddressError as error:
        reason = str(error)
    if reason:
        sheet.ignored[number] = reason
    else:
        sheet.rows.append(SheetRow(number, fields, metadata))


def _tidied(field: str, cell: str) -> str:
    """A cell's cleaned value in a field of ours; ids lose invisible characters, as they are compared exactly."""
    text = _unwrapped(cell.strip())
    if field in ADDRESSES:
        return text
    return on_one_line(visible(text) if field in IDS else text)


def _unwrapped(text: str) -> str:
    """The text inside a formula such as ="0007", which exports use to keep leading zeros; else the text itself."""
    found = AS_TEXT.fullmatch(text)
    return found[1].strip() if found else text


def _fault(fields: Mapping[str, str], metadata: Mapping[str, str], kind: Kind) -> str:
    missing = _missing({field for field, text in fields.items() if text}, kind)
    if missing:
        return f"{HEADERS[missing]} is empty."
    for field, text in fields.items():
        if len(text) > (EMAIL_LIMIT if field == "user_name" else NAME_LIMIT) and field not in ADDRESSES:
            return f"{HEADERS[field]} is too long."
    if any(len(text) > METADATA_LIMIT for text in metadata.values()):
        return "A metadata cell is too long."
    return ""
