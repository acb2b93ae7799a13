"""Versions of report groups: the groups since a time, and who set them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assessments.models import Assessment, ReportGroupVersion
from qxportal.ledger.models import Change

Groups = Sequence[Mapping[str, Any]]  # as qxSetReportGroups takes them


def keep_version(
    assessment: Assessment, groups: Groups, *, at: datetime, before: Groups | None, change: Change | None = None
) -> None:
    """Store groups that differ from the last ones, with who set them; an older read adds nothing.

    `before`: the groups that were known until now, which are kept first where they are the first; None where none were.
    """
    last = ReportGroupVersion.objects.filter(assessment=assessment).order_by("-pk").first()
    if last is None and before is not None and list(before) != list(groups):
        last = _keep(assessment, before, at=None, change=None)
    if last is None and not groups:
        return
    if last is not None and (list(last.groups) == list(groups) or (last.at is not None and last.at > at)):
        return
    _keep(assessment, groups, at=at, change=change or _explaining(assessment, groups, since=last))


def _explaining(assessment: Assessment, groups: Groups, *, since: ReportGroupVersion | None) -> Change | None:
    """Our change that set these groups; None if they were set elsewhere."""
    ours = Change.objects.filter(
        org=assessment.org,
        request="qxSetReportGroups",
        state=Change.State.DONE,
        assessment_id=assessment.vendor_id,
        parameters__groups=list(groups),
    )
    if since is not None and since.at is not None:
        ours = ours.filter(settled_at__gt=since.at)
    return ours.order_by("-settled_at").first()


def _keep(assessment: Assessment, groups: Groups, *, at: datetime | None, change: Change | None) -> ReportGroupVersion:
    return ReportGroupVersion.objects.create(
        org=assessment.org,
        assessment=assessment,
        groups=list(groups),
        at=at,
        change=change,
        set_by=change.made_by_name if change else "",
    )
