"""Template context for all pages of one assessment."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from assessments import selectors
from assessments.brand import knows_brand
from assessments.fence import whose_turn
from assessments.job_kinds import SYNC_ASSESSMENT
from assessments.models import Assessment, Subject
from assessments.nominations import has_nominations
from assessments.schedule_commands import server_schedules
from qxportal.accounts.access import MemberRequest
from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.ledger.fenced import others_rows
from qxportal.ledger.selectors import changes, refresh_of, resource_syncs, unsettled

OWN_REQUESTS = (
    "createAssessment",
    "updateAssessment",
    "deleteAssessment",
    "activateAssessment",
    "closeAssessment",
    "reopenAssessment",
    "setCustomRelationships",
    "qxRenameAssessment",
    "qxSetComparison",
    "qxSetReportGroups",
    "importPersons",
    "qxSetSchedule",
    "addPerson",
)


def find(member: Member, pk: int) -> Assessment:
    """The organisation's assessment with the counts that the member may see, or 404."""
    rows = selectors.with_counts(member, selectors.all_assessments(member.org)).select_related("org")
    found: Assessment = get_object_or_404(rows, pk=pk)
    return found


def own_page(request: MemberRequest, subject: Subject, *, status: int = 200) -> HttpResponse:
    """The page of the member's own record as a subject: what may be shown, and who has to act instead."""
    context = {"assessment": subject.assessment, "subject": subject, "whose_turn": whose_turn(request.member)}
    return render(request, "assessments/own_subject.html", context, status=status)


def page_context(member: Member, assessment: Assessment, tab: str, **more: Any) -> dict[str, Any]:
    """The context of a page of one assessment."""
    org, fence = assessment.org, fence_of(member)
    readings = [f"{kind}:{assessment.vendor_id}" for kind in ("evaluations", "subjects")]
    found = {sync.resource: sync for sync in resource_syncs(org).filter(resource__in=readings)}
    for sync in found.values():
        sync.quarantine = others_rows(member, sync.quarantine)
    own = changes(member).filter(assessment_id=assessment.vendor_id, request__in=OWN_REQUESTS)
    return {
        "assessment": assessment,
        "schedules": server_schedules(org),
        "mailed": knows_brand(org),
        "nominates": has_nominations(assessment),
        "own_part": assessment.vendor_id in fence.assessments,
        "tab": tab,
        "sync": found.get(readings[0]),
        "subjects_sync": found.get(readings[1]),
        "job": refresh_of(org, SYNC_ASSESSMENT, assessment.vendor_id),
        "open_changes": unsettled(own),
        **more,
    }
