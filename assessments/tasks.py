"""What the workers of assessments do: which function works off which jobs and changes."""

from celery import shared_task

from assessments import reports, sync
from assessments.acts import ACTS
from assessments.commands import FETCH_TASK, SEND_TASK
from qxportal.ledger.registry import SENDERS, WORKS
from qxportal.ledger.sending import send_changes

AT_ONCE = 50  # changes of one organisation, before the next one gets its turn

WORKS[sync.SYNC_TASK] = sync.sync_organisation
WORKS[sync.SYNC_ASSESSMENT_TASK] = sync.sync_assessment
WORKS[FETCH_TASK] = reports.fetch
SENDERS[SEND_TASK] = lambda org_id: send_changes(org_id, ACTS, most=AT_ONCE)


@shared_task
def sync_due_organisations() -> None:
    """Start the syncs whose time has come; a second beat does no harm."""
    sync.start_due_syncs()
