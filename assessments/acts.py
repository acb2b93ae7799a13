"""How changes of assessments are sent, read back and mirrored."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assessments.mirror import mirror_assessments
from assessments.models import Assessment, Evaluation, Subject
from assessments.sync import start_refresh
from directory.acts import ACTS as DIRECTORY_ACTS
from directory.acts import created
from qxportal.ledger.models import Change
from qxportal.ledger.sending import Act, Found, Look, NotFound, Overtaken
from qxportal.threesixty.calls.assessments import (
    ActivateAssessment,
    CloseAssessment,
    CreateAssessment,
    GetAssessment,
    GetAssessments,
    GetCustomRelationships,
    GetEvaluationStatus,
    GetSubjectStatus,
    SetCustomRelationships,
    SetSubjectStatus,
)
from qxportal.threesixty.calls.persons import AddPerson, ImportPersons, RemovePerson
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.csv import to_csv
from qxportal.threesixty.records import AssessmentRecord, ImportOutcome, RelationshipRecord, SubjectRecord
from qxportal.threesixty.words import AssessmentType, ImportType, SubjectStatus

CLOCKS_DIFFER = timedelta(minutes=5)


def assessment_id(change: Change) -> str:
    """The vendor's id of the assessment: what it answered where we created it, else what was recorded."""
    if change.after is not None and change.after.vendor_id:
        return change.after.vendor_id
    return change.assessment_id


# -- createAssessment


def _create(change: Change) -> CreateAssessment:
    wanted = change.parameters
    return CreateAssessment(
        name=wanted["name"],
        assessment_id=wanted["assessment_id"],
        survey_id=wanted["survey_id"],
        workflow_options=wanted["workflow_options"],
        relationships=relationship_records(wanted["relationships"]),
        type=AssessmentType(wanted["type"]),
    )


def _find_assessment(threesixty: ThreeSixty, change: Change) -> Look:
    """Look for the id that we chose, and for the name in case the vendor chose its own id."""
    listed = threesixty.call(GetAssessments())
    if any(record.vendor_id == change.assessment_id for record in listed):
        return Found(change.assessment_id)
    earliest = (change.sent_at or change.created_at) - CLOCKS_DIFFER
    known = set(Assessment.objects.filter(org=change.org, seen_at__lt=earliest).values_list("vendor_id", flat=True))
    alike = [
        record.vendor_id
        for record in listed
        if record.name == change.parameters["name"]
        and record.vendor_id not in known
        and (record.created_at is None or record.created_at >= earliest)
    ]
    if len(alike) > 1:
        return Overtaken(
            _("%(n)s new assessments carry this name: %(ids)s.") % {"n": len(alike), "ids": ", ".join(alike)}
        )
    return Found(alike[0]) if alike else NotFound()


def _mirror_created(change: Change, as_of: datetime) -> None:
    wanted = change.parameters
    vendor_id = change.vendor_id or change.assessment_id
    record = AssessmentRecord(
        vendor_id=vendor_id,
        name=wanted["name"],
        type=wanted["type"],
        status="Draft",
        survey_id=wanted["survey_id"],
        created_at=as_of,
    )
    mirror_assessments(change.org, [record], as_of=as_of)
    Assessment.objects.filter(org=change.org, vendor_id=vendor_id).update(
        workflow_options=wanted["workflow_options"], relationships=wanted["relationships"]
    )
    start_refresh(change.org, vendor_id)


# -- activateAssessment, closeAssessment


def _activate(change: Change) -> ActivateAssessment:
    return ActivateAssessment(assessment_id=assessment_id(change))


def _close(change: Change) -> CloseAssessment:
    switches = change.parameters
    return CloseAssessment(
        assessment_id=assessment_id(change),
        close_sessions=switches["close_sessions"],
        delete_mailings=switches["delete_mailings"],
        ready_reports=switches["ready_reports"],
    )


def _status_is(wanted: str, beyond: tuple[str, ...] = ()) -> Callable[[ThreeSixty, Change], Look]:
    def look(threesixty: ThreeSixty, change: Change) -> Look:
        status = threesixty.call(GetAssessment(assessment_id=assessment_id(change))).status
        if status == wanted:
            return Found()
        return (
            Overtaken(_("It is %(status)s at the vendor now.") % {"status": status}) if status in beyond else NotFound()
        )

    return look


def _mirror_status(status: str, stamp: str) -> Callable[[Change, datetime], None]:
    def mirror(change: Change, as_of: datetime) -> None:
        Assessment.objects.filter(org=change.org, vendor_id=assessment_id(change)).update(
            status=status, seen_at=as_of, row_hash=b"", **{stamp: as_of}
        )
        start_refresh(change.org, assessment_id(change))

    return mirror


# -- setSubjectStatus


def _set_status(change: Change) -> SetSubjectStatus:
    wanted = change.parameters
    return SetSubjectStatus(
        assessment_id=assessment_id(change),
        subject_id=wanted["subject_id"],
        status=SubjectStatus(wanted["status"]),
        close_sessions=wanted["close_sessions"],
    )


def _subject_of(threesixty: ThreeSixty, change: Change, subject_id: str) -> SubjectRecord | None:
    listed = threesixty.call(GetSubjectStatus(assessment_id=assessment_id(change)))
    return next((record for record in listed if record.person_id == subject_id), None)


def _status_reached(threesixty: ThreeSixty, change: Change) -> Look:
    record = _subject_of(threesixty, change, change.parameters["subject_id"])
    if record is None:
        return Overtaken(_("This person is no longer a subject of the assessment."))
    return Found() if record.status == change.parameters["status"] else NotFound()


def _mirror_subject_status(change: Change, as_of: datetime) -> None:
    Subject.objects.filter(
        org=change.org,
        assessment__vendor_id=assessment_id(change),
        vendor_id=change.parameters["subject_id"],
        seen_at__lte=as_of,
    ).update(status=change.parameters["status"], seen_at=as_of, row_hash=b"")
    if change.parameters["close_sessions"]:  # half-finished forms were recorded: their state changed too
        start_refresh(change.org, assessment_id(change))


# -- addPerson, removePerson


def _add(change: Change) -> AddPerson:
    """Forced, so that somebody who only evaluates there becomes a subject too."""
    return AddPerson(
        person_id=change.parameters["person_id"],
        assessment_id=assessment_id(change),
        external=False,
        force_update=True,
    )


def _is_subject(threesixty: ThreeSixty, change: Change) -> Look:
    return Found() if _subject_of(threesixty, change, change.parameters["person_id"]) else NotFound()


def _remove(change: Change) -> RemovePerson:
    return RemovePerson(
        person_id=change.parameters["person_id"],
        assessment_id=assessment_id(change),
        remove_evaluations=change.parameters["remove_evaluations"],
    )


def _is_no_subject(threesixty: ThreeSixty, change: Change) -> Look:
    return NotFound() if _subject_of(threesixty, change, change.parameters["person_id"]) else Found()


def _mirror_removed(change: Change, as_of: datetime) -> None:
    person_id = change.parameters["person_id"]
    there = {"org": change.org, "assessment__vendor_id": assessment_id(change), "gone_at": None}
    Subject.objects.filter(**there, vendor_id=person_id).update(gone_at=as_of)
    if change.parameters["remove_evaluations"]:
        Evaluation.objects.filter(**there, subject_key=person_id).update(gone_at=as_of)
        Evaluation.objects.filter(**there, evaluator_key=person_id).update(gone_at=as_of)
    start_refresh(change.org, assessment_id(change))


def _refresh(change: Change, as_of: datetime) -> None:
    start_refresh(change.org, assessment_id(change))


# -- importPersons (evaluators)


def _import_evaluators(change: Change) -> ImportPersons:
    columns = (
        "FirstName",
        "LastName",
        "Email",
        "UniqueIdentifier",
        "SubjectEmail",
        "SubjectUniqueIdentifier",
        "Relationship",
    )
    return ImportPersons(
        assessment_id=assessment_id(change),
        type=ImportType.EVALUATORS,
        file_contents=to_csv(columns, [[row[column] for column in columns] for row in change.parameters["rows"]]),
        clean_import=False,
        clear_relationships=False,
        update_responses=False,
        use_unique_person_id=True,
        no_hierarchy_update=True,
    )


def _evaluations_exist(threesixty: ThreeSixty, change: Change) -> Look:
    listed = threesixty.call(
        GetEvaluationStatus(assessment_id=assessment_id(change), include_evaluation_responses=False)
    )
    there = {(record.subject_id, record.evaluator_id, record.relationship) for record in listed}
    wanted = {
        (row["SubjectUniqueIdentifier"], row["UniqueIdentifier"], row["Relationship"])
        for row in change.parameters["rows"]
    }
    return Found() if wanted <= there else NotFound()


def _imported(answer: ImportOutcome) -> tuple[str, dict[str, Any]]:
    ignored = [{"row": row.row, "reason": row.reason} for row in answer.ignored]
    return "", {"count": answer.count, "ignored_count": answer.ignored_count, "ignored": ignored}


# -- setCustomRelationships


def _set_relationships(change: Change) -> SetCustomRelationships:
    return SetCustomRelationships(
        assessment_id=assessment_id(change), relationships=relationship_records(change.parameters["relationships"])
    )


def _relationships_are(threesixty: ThreeSixty, change: Change) -> Look:
    listed = threesixty.call(GetCustomRelationships(assessment_id=assessment_id(change)))
    there = {record.name: dict(record.translations) for record in listed}
    wanted = {row["Name"]: dict(row["Translations"]) for row in change.parameters["relationships"]}
    return Found() if there == wanted else NotFound()


def _mirror_relationships(change: Change, as_of: datetime) -> None:
    Assessment.objects.filter(org=change.org, vendor_id=assessment_id(change), seen_at__lte=as_of).update(
        relationships=change.parameters["relationships"], seen_at=as_of, row_hash=b""
    )


def relationship_records(rows: list[dict[str, Any]]) -> tuple[RelationshipRecord, ...]:
    """Custom relationships as the client takes them."""
    return tuple(RelationshipRecord(name=row["Name"], translations=row["Translations"]) for row in rows)


ACTS = {
    **DIRECTORY_ACTS,
    "createAssessment": Act(call=_create, look=_find_assessment, mirror=_mirror_created, learn=created),
    "activateAssessment": Act(
        call=_activate, look=_status_is("Active", ("Closed",)), mirror=_mirror_status("Active", "activated_at")
    ),
    "closeAssessment": Act(call=_close, look=_status_is("Closed"), mirror=_mirror_status("Closed", "closed_at")),
    "setSubjectStatus": Act(call=_set_status, look=_status_reached, mirror=_mirror_subject_status),
    "addPerson": Act(call=_add, look=_is_subject, mirror=_refresh),
    "removePerson": Act(call=_remove, look=_is_no_subject, mirror=_mirror_removed),
    "importPersons": Act(call=_import_evaluators, look=_evaluations_exist, mirror=_refresh, learn=_imported),
    "setCustomRelationships": Act(call=_set_relationships, look=_relationships_are, mirror=_mirror_relationships),
}
