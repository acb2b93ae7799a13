"""How changes of assessments are sent, read back, compared and mirrored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from assessments.earlier_round_handlers import EARLIER_ROUND_HANDLERS
from assessments.editing_handlers import EDITING_HANDLERS
from assessments.evaluation_handlers import EVALUATION_HANDLERS
from assessments.fetches import pull_evaluations, pull_subjects
from assessments.finished_forms import import_of, parse_import
from assessments.handled_rows import (
    assessment_id,
    assessment_row,
    refresh,
    refresh_definition,
    refresh_subjects,
    subject_row,
)
from assessments.imports import STILL_OPEN, verify_import
from assessments.letter_handlers import LETTER_HANDLERS
from assessments.mail_handlers import MAIL_HANDLERS
from assessments.mirror import mirror_assessments
from assessments.models import Assessment, Editions, Evaluation, Subject
from assessments.nomination_handlers import NOMINATION_HANDLERS
from assessments.person_handlers import mirror_left, mirror_person, mirrored_leaving
from assessments.release_handlers import one_by_one, parse_accesses, refused_readers, verify_accesses
from assessments.report_figures import FIGURE_HANDLERS
from assessments.report_group_handlers import REPORT_GROUP_HANDLERS
from assessments.schedule_handlers import mirrored_extension, mirrored_schedule
from assessments.sync import start_refresh
from directory.handlers import CHANGE_HANDLERS as DIRECTORY_HANDLERS
from directory.handlers import verify_left
from directory.user_data_fields import FIELD_HANDLERS
from directory.user_sync import start_users_refresh
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import (
    ChangeHandler,
    Found,
    MirroredValues,
    NotFound,
    Overtaken,
    VerifyResult,
    change_handlers,
    default_verify,
)
from qxportal.ledger.outbox.serialize import chosen_id
from qxportal.ledger.selectors import resource_sync
from qxportal.threesixty.calls.assessments import GetAssessment, GetAssessments, GetSubjectStatus
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.records import AssessmentRecord
from qxportal.ui.stored_messages import gettext_stored
from surveys.handlers import SURVEY_HANDLERS

CLOCKS_DIFFER = timedelta(minutes=5)


# -- createAssessment, createThreeSixty


def _verify_created(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    """Search for the chosen id, and for the name in case the vendor chose its own id."""
    listed = threesixty.call(GetAssessments())
    if any(record.vendor_id == chosen_id(change) for record in listed):
        return Found(chosen_id(change))
    earliest = (change.sent_at or change.created_at) - CLOCKS_DIFFER
    known = set(Assessment.objects.filter(org=change.org, seen_at__lt=earliest).values_list("vendor_id", flat=True))
    alike = [
        record
        for record in listed
        if record.name == change.parameters["name"]
        and record.vendor_id not in known
        and (record.created_at is None or record.created_at >= earliest)
    ]
    alike.sort(key=lambda record: (record.created_at is None, record.created_at or earliest))
    return Found(alike[0].vendor_id, others=tuple(one.vendor_id for one in alike[1:])) if alike else NotFound()


def _mirror_created(change: Change, as_of: datetime) -> None:
    wanted = change.parameters
    vendor_id = change.vendor_id or chosen_id(change)
    record = AssessmentRecord(
        vendor_id=vendor_id,
        name=wanted["name"],
        type=wanted.get("type", "360"),
        status="Draft",
        survey_id=wanted.get("survey_id", ""),
        created_at=as_of,
    )
    mirror_assessments(change.org, [record], as_of=as_of)
    Assessment.objects.filter(org=change.org, vendor_id=vendor_id).update(
        workflow_options=wanted.get("workflow_options", {}), relationships=wanted.get("relationships", [])
    )
    start_refresh(change.org, vendor_id)


# -- activateAssessment, closeAssessment, reopenAssessment


def _verify_status(wanted: str, beyond: tuple[str, ...] = ()) -> Callable[[ThreeSixty, Change], VerifyResult]:
    def verify(threesixty: ThreeSixty, change: Change) -> VerifyResult:
        status = threesixty.call(GetAssessment(assessment_id=assessment_id(change))).status
        if status == wanted:
            return Found()
        return Overtaken(gettext_stored("The assessment is closed now.")) if status in beyond else NotFound()

    return verify


def _mirror_status(status: str, stamp: str) -> Callable[[Change, datetime], None]:
    def mirror(change: Change, as_of: datetime) -> None:
        Assessment.objects.filter(org=change.org, vendor_id=assessment_id(change)).update(
            status=status, seen_at=as_of, row_hash=b"", **({stamp: as_of} if stamp else {})
        )
        start_refresh(change.org, assessment_id(change))

    return mirror


def _status_handler(status: str, stamp: str = "", beyond: tuple[str, ...] = ()) -> ChangeHandler:
    return ChangeHandler(
        verify=_verify_status(status, beyond),
        mirror=_mirror_status(status, stamp),
        mirrored_values=_mirrored_column("status"),
        refresh=refresh_definition,
        target_values=lambda change: {"status": status},
    )


def _mirrored_column(column: str) -> Callable[[Change], MirroredValues | None]:
    def mirrored_values(change: Change) -> MirroredValues | None:
        row = assessment_row(change)
        if row is None:
            return None
        listed = resource_sync(change.org, "assessments")
        at = max(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at
        return MirroredValues({column: getattr(row, column) if row.gone_at is None else None}, at)

    return mirrored_values


def _mirrored_openness(change: Change) -> MirroredValues | None:
    """Whether people added now can answer: a closed assessment must not get any unnoticed."""
    row = assessment_row(change)
    if row is None:
        return None
    return MirroredValues({STILL_OPEN: row.status != Assessment.Status.CLOSED and row.gone_at is None}, row.seen_at)


# -- setSubjectStatus, addPerson, removePerson


def _verify_subject_status(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    listed = threesixty.call(GetSubjectStatus(assessment_id=assessment_id(change)))
    record = next((one for one in listed if one.person_id == change.parameters["subject_id"]), None)
    if record is None:
        return Overtaken(gettext_stored("This person is no longer a subject of the assessment."))
    return Found() if record.status == change.parameters["status"] else NotFound()


def _mirror_subject_status(change: Change, as_of: datetime) -> None:
    Subject.objects.filter(
        org=change.org,
        assessment__vendor_id=assessment_id(change),
        vendor_id=change.parameters["subject_id"],
        seen_at__lte=as_of,
    ).update(status=change.parameters["status"], seen_at=as_of, row_hash=b"")
    told = Editions.objects.filter(assessment__org=change.org, assessment__vendor_id=assessment_id(change))
    if change.parameters["close_sessions"] or told.exists():  # half-finished evaluations and shown figures change, too
        start_refresh(change.org, assessment_id(change))


def _mirrored_subject(change: Change) -> MirroredValues | None:
    row = subject_row(change)
    if row is None:
        return None
    listed = resource_sync(change.org, f"subjects:{assessment_id(change)}")
    at = max(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at
    return MirroredValues({"status": row.status if row.gone_at is None else None}, at)


def _verify_removal(threesixty: ThreeSixty, change: Change) -> VerifyResult:
    return default_verify(threesixty, change) if assessment_id(change) else verify_left(threesixty, change)


def _mirrored_removal(change: Change) -> MirroredValues | None:
    if not assessment_id(change):
        return mirrored_leaving(change)
    row = subject_row(change)
    if row is None:
        return None
    listed = resource_sync(change.org, f"evaluations:{assessment_id(change)}")
    at = listed.seen_at if listed and listed.seen_at else row.seen_at
    return MirroredValues({"evaluations_given": row.given().count() if row.gone_at is None else None}, at)


def _refresh_removal(threesixty: ThreeSixty, change: Change) -> None:
    row = assessment_row(change)
    if row is not None:
        pull_subjects(row, threesixty)
        pull_evaluations(row, threesixty)


def _mirror_removed(change: Change, as_of: datetime) -> None:
    person_id = change.parameters["person_id"]
    if not assessment_id(change):
        mirror_left(change, as_of)
        return
    there = {"org": change.org, "assessment__vendor_id": assessment_id(change), "gone_at": None}
    Subject.objects.filter(**there, vendor_id=person_id).update(gone_at=as_of)
    if change.parameters["remove_evaluations"]:
        Evaluation.objects.filter(**there, evaluator_key=person_id).update(gone_at=as_of)
    refresh(change, as_of)


# -- setCustomRelationships, and all others


def _mirror_relationships(change: Change, as_of: datetime) -> None:
    Assessment.objects.filter(org=change.org, vendor_id=assessment_id(change), seen_at__lte=as_of).update(
        relationships=change.parameters["relationships"], seen_at=as_of, row_hash=b""
    )


def _refresh_users(change: Change, as_of: datetime) -> None:
    """A linked person follows its user, so that the directory is read as well."""
    start_users_refresh(change.org)
    refresh(change, as_of)


SPECIAL: dict[str, ChangeHandler] = {
    **DIRECTORY_HANDLERS,
    **EDITING_HANDLERS,
    **EVALUATION_HANDLERS,
    **FIELD_HANDLERS,
    **FIGURE_HANDLERS,
    **LETTER_HANDLERS,
    **MAIL_HANDLERS,
    **NOMINATION_HANDLERS,
    **EARLIER_ROUND_HANDLERS,
    **REPORT_GROUP_HANDLERS,
    **SURVEY_HANDLERS,
    **{
        name: ChangeHandler(mirror=_refresh_users)
        for name in ("createUser", "updateUser", "deleteUser", "changeUserName")
    },
    "createAssessment": ChangeHandler(verify=_verify_created, mirror=_mirror_created),
    "createThreeSixty": ChangeHandler(verify=_verify_created, mirror=_mirror_created),
    "activateAssessment": _status_handler("Active", "activated_at", beyond=("Closed",)),
    "closeAssessment": _status_handler("Closed", "closed_at"),
    "reopenAssessment": _status_handler("Active"),
    "setSubjectStatus": ChangeHandler(
        verify=_verify_subject_status,
        mirror=_mirror_subject_status,
        mirrored_values=_mirrored_subject,
        refresh=refresh_subjects,
    ),
    "updatePerson": replace(DIRECTORY_HANDLERS["updatePerson"], mirror=mirror_person),
    "removePerson": ChangeHandler(
        verify=_verify_removal, mirror=_mirror_removed, mirrored_values=_mirrored_removal, refresh=_refresh_removal
    ),
    "addPerson": ChangeHandler(mirror=refresh, mirrored_values=_mirrored_openness),
    "importPersons": ChangeHandler(
        call=import_of,
        verify=verify_import,
        parse_result=parse_import,
        mirror=refresh,
        mirrored_values=_mirrored_openness,
    ),
    "qxSetReportAccess": ChangeHandler(mirror=refresh),
    "qxSetReportAccesses": ChangeHandler(
        verify=verify_accesses,
        parse_result=parse_accesses,
        mirror=refresh,
        instead=one_by_one,
        left=refused_readers,
    ),
    "qxSetSchedule": ChangeHandler(mirror=refresh, mirrored_values=mirrored_schedule),
    "qxSetExtension": ChangeHandler(mirror=refresh, mirrored_values=mirrored_extension),
    "setCustomRelationships": ChangeHandler(
        mirror=_mirror_relationships, mirrored_values=_mirrored_column("relationships")
    ),
}
CHANGE_HANDLERS = change_handlers(SPECIAL, ChangeHandler(mirror=refresh))
