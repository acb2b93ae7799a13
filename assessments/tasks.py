"""The Celery tasks of assessments: each opens one row and calls one function."""

from celery import shared_task

from assessments import reports, sync
from assessments.acts import ACTS
from assessments.commands import SEND_TASK
from qxportal.ledger import sending
from qxportal.ledger.bell import ring
from qxportal.ledger.jobs import run

AT_ONCE = 50  # changes of one organisation, before the next one gets its turn


@shared_task
def sync_due_organisations() -> None:
    """Start the syncs whose time has come; a second beat does no harm."""
    sync.start_due_syncs()


@shared_task
def sync_organisation(job_id: int) -> None:
    """Mirror one organisation; safe to run twice."""
    run(job_id, sync.sync_organisation)


@shared_task
def sync_assessment(job_id: int) -> None:
    """Mirror one assessment; safe to run twice."""
    run(job_id, sync.sync_assessment)


@shared_task
def fetch_report(job_id: int) -> None:
    """Fetch one report; safe to run twice."""
    run(job_id, reports.fetch)


@shared_task
def send_changes(org_id: int) -> None:
    """Send what is due in one organisation; safe to run twice, also at once. Others get their turn in between."""
    if sending.send_changes(org_id, ACTS, most=AT_ONCE):
        ring(SEND_TASK, org_id)
