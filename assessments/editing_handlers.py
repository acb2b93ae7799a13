"""How changes and deletions of assessments are compared with the mirror, and mirrored."""

from datetime import datetime

from assessments.editing_commands import SURVEY, finished, survey_name
from assessments.fetches import pull_definition, pull_evaluations
from assessments.models import Assessment
from assessments.sync import start_refresh, start_sync
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues
from qxportal.ledger.selectors import resource_sync
from qxportal.threesixty.client import ThreeSixty


def _row(change: Change) -> Assessment | None:
    there = {"org": change.org, "vendor_id": change.parameters["assessment_id"]}
    return Assessment.objects.select_related("org").filter(**there).first()


def _mirrored_definition(change: Change) -> MirroredValues | None:
    row = _row(change)
    if row is None:
        return None
    values = {**row.workflow_options, SURVEY: survey_name(row.org_id, row.survey_id)}
    there = row.gone_at is None
    return MirroredValues({name: values.get(name) if there else None for name in change.expected_values}, row.seen_at)


def _wanted_definition(change: Change) -> dict[str, object]:
    kept = change.parameters
    swapped = {SURVEY: survey_name(change.org_id, kept["survey_id"])} if kept.get("survey_id") else {}
    return {**(kept.get("workflow_options") or {}), **swapped}


def _mirror_definition(change: Change, as_of: datetime) -> None:
    """Apply the sent values to the mirrored assessment, and read it again, as some options affect evaluations."""
    row, kept = _row(change), change.parameters
    if row is None:
        return
    options = {**row.workflow_options, **(kept.get("workflow_options") or {})}
    Assessment.objects.filter(pk=row.pk, seen_at__lte=as_of).update(
        workflow_options=options, survey_id=kept.get("survey_id") or row.survey_id, seen_at=as_of, row_hash=b""
    )
    if kept.get("survey_id"):
        start_sync(change.org, afresh=True)  # the other survey may be gone
    else:
        start_refresh(change.org, row.vendor_id)


def _mirrored_before_deletion(change: Change) -> MirroredValues | None:
    row = _row(change)
    if row is None:
        return None
    listed = resource_sync(change.org, f"evaluations:{row.vendor_id}")
    there = row.gone_at is None
    values = {"status": row.status, "evaluations_finished": finished(row)}
    return MirroredValues(
        {name: value if there else None for name, value in values.items()},
        min(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at,
    )


def _refresh_all(threesixty: ThreeSixty, change: Change) -> None:
    row = _row(change)
    if row is not None:
        pull_definition(row, threesixty)
        pull_evaluations(row, threesixty)


def _refresh_definition(threesixty: ThreeSixty, change: Change) -> None:
    row = _row(change)
    if row is not None:
        pull_definition(row, threesixty)


def _mirror_deleted(change: Change, as_of: datetime) -> None:
    row = _row(change)
    if row is not None:
        Assessment.objects.filter(pk=row.pk, gone_at=None).update(gone_at=as_of)
    start_sync(change.org, afresh=True)


def _mirrored_name(change: Change) -> MirroredValues | None:
    row = _row(change)
    if row is None:
        return None
    listed = resource_sync(change.org, "assessments")
    at = max(row.seen_at, listed.seen_at) if listed and listed.seen_at else row.seen_at
    return MirroredValues({"name": row.name if row.gone_at is None else None}, at)


def _mirror_name(change: Change, as_of: datetime) -> None:
    rows = Assessment.objects.filter(org=change.org, vendor_id=change.parameters["assessment_id"], seen_at__lte=as_of)
    rows.update(name=change.parameters["name"], seen_at=as_of, row_hash=b"")


EDITING_HANDLERS: dict[str, ChangeHandler] = {
    "updateAssessment": ChangeHandler(
        mirror=_mirror_definition,
        mirrored_values=_mirrored_definition,
        refresh=_refresh_definition,
        target_values=_wanted_definition,
    ),
    "qxRenameAssessment": ChangeHandler(
        mirror=_mirror_name,
        mirrored_values=_mirrored_name,
        target_values=lambda change: {"name": change.parameters["name"]},
    ),
    "deleteAssessment": ChangeHandler(
        mirror=_mirror_deleted, mirrored_values=_mirrored_before_deletion, refresh=_refresh_all
    ),
}
