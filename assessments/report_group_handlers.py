"""How changes of report groups are compared with the reported groups, and read again."""

from datetime import datetime
from typing import Any

from assessments.models import Assessment, Thresholds
from assessments.report_group_versions import keep_version
from assessments.report_groups import in_words, told_groups
from assessments.sync import start_refresh
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import ChangeHandler, MirroredValues
from qxportal.ledger.outbox.serialize import parameters_of


def _mirrored(change: Change) -> MirroredValues | None:
    row = Thresholds.objects.filter(org=change.org, assessment__vendor_id=change.assessment_id).first()
    return MirroredValues({"groups": in_words(row.groups)}, row.seen_at) if row else None


def _wanted(change: Change) -> dict[str, object]:
    groups: Any = parameters_of(change)["groups"]
    return {"groups": in_words(groups)}


def _mirror(change: Change, as_of: datetime) -> None:
    assessment = Assessment.objects.filter(org=change.org, vendor_id=change.assessment_id).first()
    if assessment is not None:
        groups: Any = parameters_of(change)["groups"]
        keep_version(assessment, groups, at=as_of, before=told_groups(assessment), change=change)
    start_refresh(change.org, change.assessment_id)


REPORT_GROUP_HANDLERS: dict[str, ChangeHandler] = {
    "qxSetReportGroups": ChangeHandler(mirror=_mirror, mirrored_values=_mirrored, target_values=_wanted)
}
