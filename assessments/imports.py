"""Imports of people: the result of each row, and rows to send again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NotRequired, TypedDict, cast

from django.utils.translation import gettext as _

from assessments.models import Evaluation
from directory.models import Person
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import Found, NotFound, Overtaken, Partly, VerifyResult
from qxportal.ledger.outbox.ignored_rows import FIRST, why_not_again
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.serialize import parameters_of, restored
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.calls.persons import ImportPersons
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.csv import read_csv, read_rows, to_csv
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.records import EvaluationRecord, PersonRecord, SubjectRecord
from qxportal.ui.stored_messages import gettext_stored, ngettext_stored

Listed = EvaluationRecord | PersonRecord | SubjectRecord

STILL_OPEN = "assessment_open"  # seen by a member who adds people: the assessment was not closed


COLUMNS = (
    "FirstName",
    "LastName",
    "Email",
    "UniqueIdentifier",
    "SubjectEmail",
    "SubjectUniqueIdentifier",
    "Relationship",
)


class EvaluatorRows(TypedDict):
    """Stored parameters of an evaluators import: rows in place of a file."""

    assessment_id: str
    rows: list[dict[str, str]]
    clear: NotRequired[bool]


def directory_import(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, by_id: bool = False, forms: bool = False
) -> ImportPersons:
    """Bring people of the directory up to date, or add them.

    `by_id`: rows name people by UniqueIdentifier. `forms`: details go into finished forms, too, and managers stay.
    """
    return ImportPersons(
        type=ImportType.DIRECTORY,
        file_contents=to_csv(titles, rows),
        clean_import=False,
        clear_relationships=False,
        update_responses=forms,
        use_unique_person_id=by_id,
        no_hierarchy_update=forms,
    )


def evaluators_import(assessment_id: str, rows: Sequence[Mapping[str, str]], *, clear: bool = False) -> ImportPersons:
    """Ask people to evaluate subjects; managers stay unchanged, unless all relationships are cleared first."""
    return ImportPersons(
        assessment_id=assessment_id,
        type=ImportType.EVALUATORS,
        file_contents=to_csv(COLUMNS, [[row[column] for column in COLUMNS] for row in rows]),
        clean_import=False,
        clear_relationships=clear,
        update_responses=False,
        use_unique_person_id=True,
        no_hierarchy_update=True,
    )


def evaluator_row(person: Person, subject_email: str, subject_id: str, relationship: str) -> dict[str, str]:
    """A row of that import; a person without `vendor_id` is added to the directory by it."""
    return {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Email": person.email,
        "UniqueIdentifier": person.vendor_id,
        "SubjectEmail": subject_email,
        "SubjectUniqueIdentifier": subject_id,
        "Relationship": relationship,
    }


def row_again(one: Evaluation) -> dict[str, str]:
    """The row that asks the evaluator of an evaluation once more."""
    person = Person(
        first_name=one.evaluator_first_name,
        last_name=one.evaluator_last_name,
        email=one.evaluator_email,
        vendor_id=one.evaluator_key,
    )
    return evaluator_row(person, one.subject.email if one.subject else "", one.subject_key, one.relationship)


def evaluators_addition(
    assessment_id: str, assessment_name: str, rows: Sequence[Mapping[str, str]], *, part: str
) -> Intent:
    """Evaluators of an assessment by one import; `part` distinguishes it from other imports of the same plan."""
    return Intent(
        call=evaluators_import(assessment_id, rows),
        target=f"{assessment_id}:evaluators:{part}",
        title=ngettext_stored(
            "Add %(n)s evaluator to “%(name)s”", "Add %(n)s evaluators to “%(name)s”", len(rows), name=assessment_name
        ),
        expected_values={STILL_OPEN: True},
        parameters={"assessment_id": assessment_id, "rows": [dict(row) for row in rows]},
        assessment_id=assessment_id,
        assessment_name=assessment_name,
    )


def import_call(change: Change) -> ImportPersons:
    """The import of a change: from its rows, or from the file that was kept."""
    if "rows" in change.parameters:
        wanted = cast(EvaluatorRows, parameters_of(change))
        return evaluators_import(wanted["assessment_id"], wanted["rows"], clear=wanted.get("clear", False))
    call = restored(change)
    if not isinstance(call, ImportPersons):
        raise TypeError(change.request)
    return call


def verify_import(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Rows that are listed, matched by subject, evaluator and relationship, or by address if the file has no more."""
    call = import_call(change)
    if call.type is ImportType.PARTICIPANTS:
        return Overtaken(
            gettext_stored("Participants who are not subjects are in no list, so this cannot be checked automatically.")
        )
    found: Iterable[Listed] = threesixty.call(call.read_back())
    there = {key for record in found for key in _keys_of(record)}
    rows = read_csv(call.file_contents.encode(), ())
    missing = tuple(place for place, row in enumerate(rows, FIRST) if not _keys(row, call.type) & there)
    if len(missing) == len(rows):
        return NotFound()
    if call.retry_policy is RetryPolicy.DESTRUCTIVE:
        return Overtaken(
            gettext_stored("The rows were imported. Whether the import also cleared the old ones cannot be checked.")
        )
    if not missing and call.type is ImportType.DIRECTORY and call.use_unique_person_id and "manageremail" in rows[0]:
        return NotFound()  # linked people were listed before; setting a link twice has no effect
    return Partly(missing) if missing else Found()


def rest_of(change: Change) -> Intent:
    """Rows of an import that were not taken, to be sent again; raises ActionRefused if there are none."""
    if reason := why_not_again(change):
        raise ActionRefused(str(reason))
    call = import_call(change)
    left = [row["row"] - FIRST for row in change.result.get("ignored", [])]
    kept = change.parameters.get("rows")
    header, *rows = read_rows(call.file_contents.encode())
    if not left or not all(0 <= place < len(rows) for place in left):
        raise ActionRefused(_("It is not known which rows were left out."))
    rest = replace(call, file_contents=to_csv(header, [rows[place] for place in left]))
    return Intent(
        call=rest,
        parameters={**change.parameters, "rows": [kept[place] for place in left]} if kept else None,
        target=change.target,
        expected_values={STILL_OPEN: True},
        title=ngettext_stored(
            "Send %(n)s row again: %(title)s", "Send %(n)s rows again: %(title)s", len(left), title=change.title
        ),
        assessment_id=change.assessment_id,
        assessment_name=change.assessment_name,
    )


def _keys_of(record: Listed) -> set[tuple[str, ...]]:
    """Keys by which a listed record can be found."""
    if isinstance(record, EvaluationRecord):
        subjects = {record.subject_id, record.subject_email.lower()} - {""}
        evaluators = {record.evaluator_id, record.evaluator_email.lower()} - {""}
        return {(one, other, record.relationship) for one in subjects for other in evaluators}
    return {(record.email.lower(),)}


def _keys(row: dict[str, str], kind: ImportType) -> set[tuple[str, ...]]:
    """Keys of a row of the file, in the same form."""
    address = row.get("email", "").strip().lower()
    if kind is not ImportType.EVALUATORS:
        return {(address,)}
    subjects = {row.get("subjectuniqueidentifier", ""), row.get("subjectemail", "").strip().lower()} - {""}
    evaluators = {row.get("uniqueidentifier", ""), address} - {""}
    return {(one, other, row.get("relationship", "")) for one in subjects for other in evaluators}
