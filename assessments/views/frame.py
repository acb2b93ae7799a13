"""What every page of one assessment shows around its tab."""

from typing import Any

from django.shortcuts import get_object_or_404

from assessments import selectors
from assessments.models import Assessment
from qxportal.accounts.models import Organisation
from qxportal.ledger.models import Job
from qxportal.ledger.selectors import changes, live_job, pulls, unsettled

OWN_REQUESTS = (
    "createAssessment", "activateAssessment", "closeAssessment", "reopenAssessment", "setCustomRelationships",
    "importPersons", "addPerson",
)  # fmt: skip


def find(org: Organisation, pk: int) -> Assessment:
    """The organisation's assessment with its counts, or 404."""
    rows = selectors.with_counts(selectors.assessments_anyhow(org)).select_related("org")
    found: Assessment = get_object_or_404(rows, pk=pk)
    return found


def frame(assessment: Assessment, tab: str, **more: Any) -> dict[str, Any]:
    """The context of a page of one assessment."""
    org = assessment.org
    readings = [f"{kind}:{assessment.vendor_id}" for kind in ("evaluations", "subjects")]
    found = {pull.resource: pull for pull in pulls(org).filter(resource__in=readings)}
    own = changes(org).filter(assessment_id=assessment.vendor_id, request__in=OWN_REQUESTS)
    return {
        "assessment": assessment,
        "tab": tab,
        "pull": found.get(readings[0]),
        "subjects_pull": found.get(readings[1]),
        "job": live_job(org, Job.Kind.SYNC_ASSESSMENT, assessment.vendor_id),
        "open_changes": unsettled(own),
        **more,
    }
