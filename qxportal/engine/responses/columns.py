"""The columns of getLegacyResponseData, and each response's cells."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from qxportal.engine.http.api_responses import UNSET
from qxportal.engine.models import Question
from qxportal.engine.responses import metadata
from qxportal.engine.responses.chunks import chunks
from qxportal.engine.responses.questions import Answers
from qxportal.engine.responses.selection import RECORDED, SESSION, Selection

DEFAULT_SET = "Default Response Set"
NORMAL, IMPORTED = "32", "36"
FIELDS = (
    "pk",
    "public_id",
    "response_set__name",
    "ip_address",
    "imported",
    "partial",
    "started_at",
    "finished_at",
    "relationship",
    "unsolicited",
    "latitude",
    "longitude",
    "accuracy",
    "assessment__public_id",
    "subject__person__public_id",
    "subject__person__first_name",
    "subject__person__last_name",
    "subject__person__email",
    "subject__person__unique_identifier",
    "evaluator__public_id",
    "evaluator__first_name",
    "evaluator__last_name",
    "evaluator__email",
    "evaluator__unique_identifier",
    "of_subject",
    "of_evaluator",
)
Row = Any  # a named tuple of FIELDS
Cell = Callable[[Row], object]


@dataclass(frozen=True)
class Table:
    """Responses as rows and columns; the first cell of each row is the response's id."""

    title: str
    language: str
    names: Sequence[str]  # unique
    tags: Sequence[str]  # as the vendor writes them, not always unique
    titles: Sequence[str]  # for people
    rows: Iterator[list[list[object]]]


@dataclass(frozen=True)
class Wishes:
    """Options of the export."""

    labels: bool = False
    question_ids: bool = False  # name questions by id instead of tag
    unanswered: str = ""
    location: bool = False


def table(selection: Selection, questions: Sequence[Question], wishes: Wishes) -> Table:
    """One row per response, under columns that are the same for every page of the selection."""
    before = {**_about(selection), **_embedded(selection)}
    after = LOCATION if wishes.location else {}
    asked = [question.public_id if wishes.question_ids else question.tag for question in questions]
    fixed = {*before, *after}
    tags = [
        question.public_id if not name or name in fixed else name
        for name, question in zip(asked, questions, strict=True)
    ]
    return Table(
        title=selection.survey.name,
        language=selection.survey.language,
        names=[*before, *_by_place(tags, fixed), *after],
        tags=[*before, *tags, *after],
        titles=[*before, *(question.text for question in questions), *after],
        rows=_rows(selection, [*before.values()], questions, wishes, [*after.values()]),
    )


def _rows(
    selection: Selection, before: Sequence[Cell], questions: Sequence[Question], wishes: Wishes, after: Sequence[Cell]
) -> Iterator[list[list[object]]]:
    answers = Answers(questions, labels=wishes.labels, unanswered=wishes.unanswered)
    known = selection.page.annotate(of_subject=metadata.of_subject(), of_evaluator=metadata.of_evaluator())
    for chunk in chunks(known, FIELDS):
        said = answers.of([row.pk for row in chunk])
        yield [[*(cell(row) for cell in before), *said[row.pk], *(cell(row) for cell in after)] for row in chunk]


def _about(selection: Selection) -> Mapping[str, Cell]:
    """The ten columns that every survey has."""
    session = selection.in_progress
    return {
        "ResponseID": lambda row: SESSION + row.public_id.removeprefix(RECORDED) if session else row.public_id,
        "ResponseSet": lambda row: row.response_set__name or DEFAULT_SET,
        "Name": lambda row: f"{row.evaluator__first_name} {row.evaluator__last_name}",
        "ExternalDataReference": lambda row: row.evaluator__unique_identifier,
        "EmailAddress": lambda row: row.evaluator__email,
        "IPAddress": lambda row: row.ip_address or "",
        "Status": lambda row: IMPORTED if row.imported else NORMAL,
        "StartDate": lambda row: _local(row.started_at, selection.zone),
        "EndDate": lambda row: _local(row.finished_at, selection.zone),
        "Finished": lambda row: 0 if session else "0" if row.partial else "1",
    }


def _embedded(selection: Selection) -> Mapping[str, Cell]:
    """Columns of embedded data: the survey's fields, subject and evaluator, and the metadata of both."""
    own = {str(field.get("Field", "")): field.get("Value") or "" for field in selection.survey.embedded_data}
    fields: dict[str, Cell] = {name: partial(_constant, str(value)) for name, value in own.items() if name}
    fields |= PAIR
    for side in ("subject", "evaluator"):
        known = metadata.of_subject() if side == "subject" else metadata.of_evaluator()
        for key in metadata.keys(selection.all, known):
            fields[f"{side.title()} {key}"] = partial(_detail, f"of_{side}", key)
    return fields


PAIR: Mapping[str, Cell] = {
    "ThreeSixtyID": lambda row: row.assessment__public_id,
    "SubjectUniqueIdentifier": lambda row: row.subject__person__public_id,
    "SubjectFirstName": lambda row: row.subject__person__first_name,
    "SubjectLastName": lambda row: row.subject__person__last_name,
    "SubjectEmail": lambda row: row.subject__person__email,
    "SubjectExternalDataReference": lambda row: row.subject__person__unique_identifier,
    "ParticipantUniqueIdentifier": lambda row: row.evaluator__public_id,
    "Relationship": lambda row: row.relationship,
    "Unsolicited": lambda row: "1" if row.unsolicited else "",
}
LOCATION: Mapping[str, Cell] = {
    "LocationLatitude": lambda row: "" if row.latitude is None else row.latitude,
    "LocationLongitude": lambda row: "" if row.longitude is None else row.longitude,
    "LocationAccuracy": lambda row: "" if row.accuracy is None else row.accuracy,
}


def _constant(value: str, row: Row) -> str:
    return value


def _detail(side: str, key: str, row: Row) -> str:
    return str(getattr(row, side).get(key, ""))


def _local(moment: datetime | None, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else UNSET


def _by_place(tags: Sequence[str], fixed: Collection[str]) -> list[str]:
    """Unique names for tags: repeated ones get the first free suffix _2, _3, …"""
    taken, found = {*tags, *fixed}, list[str]()
    times: Counter[str] = Counter()
    for tag in tags:
        times[tag] += 1
        name = tag if times[tag] == 1 else f"{tag}_{times[tag]}"
        while times[tag] > 1 and name in taken:
            times[tag] += 1
            name = f"{tag}_{times[tag]}"
        taken.add(name)
        found.append(name)
    return found
