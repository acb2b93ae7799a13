"""Shared functions of change handlers: the mirrored assessment and subject of a change, and their refresh."""

from datetime import datetime

from assessments.fetches import pull_definition, pull_subjects
from assessments.models import Assessment, Subject
from assessments.sync import start_refresh, start_sync
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.serialize import parameters_of
from qxportal.threesixty.client import ThreeSixty

UNMIRRORED = ("LibraryMessage", "LibraryGraphic", "UserDataFields", "PredefinedData", "Division")


def assessment_id(change: Change) -> str:
    """The vendor's id of the assessment that the change is about."""
    return str(parameters_of(change).get("assessment_id", "") or change.assessment_id)


def assessment_row(change: Change) -> Assessment | None:
    """The mirrored assessment that the change is about."""
    return Assessment.objects.filter(org=change.org, vendor_id=assessment_id(change)).first()


def refresh_definition(threesixty: ThreeSixty, change: Change) -> None:
    """Read the assessment itself again."""
    row = assessment_row(change)
    if row is not None:
        pull_definition(row, threesixty)


def subject_row(change: Change) -> Subject | None:
    """The mirrored subject that the change is about."""
    person = change.parameters.get("subject_id") or change.parameters.get("person_id")
    there = {"org": change.org, "assessment__vendor_id": assessment_id(change), "vendor_id": person}
    return Subject.objects.filter(**there).first()


def refresh_subjects(threesixty: ThreeSixty, change: Change) -> None:
    """Read the subjects of the assessment again."""
    row = assessment_row(change)
    if row is not None:
        pull_subjects(row, threesixty)


def refresh(change: Change, as_of: datetime) -> None:
    """Refresh the rows that the change may affect: its assessment, or the whole organisation."""
    vendor_id = assessment_id(change)
    if vendor_id and change.request != "deleteAssessment" and assessment_row(change) is not None:
        start_refresh(change.org, vendor_id)
    elif not change.request.endswith(UNMIRRORED):
        start_sync(change.org, afresh=True)
