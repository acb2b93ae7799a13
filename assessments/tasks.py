"""What the workers of assessments do: which function works off which jobs and changes."""

from celery import shared_task

from assessments import reports, retention, sync
from assessments.acts import ACTS
from assessments.commands import FETCH_TASK, SEND_TASK
from qxportal.ledger.jobs.daily import first_today
from qxportal.ledger.jobs.registry import SENDERS, WORKS
from qxportal.ledger.outbox.dispatch import send_changes
from qxportal.ledger.outbox.fencing import may_call

AT_ONCE = 50  # changes of one organisation, before the next one gets its turn

WORKS[sync.SYNC_TASK] = sync.sync_organisation
WORKS[sync.SYNC_ASSESSMENT_TASK] = sync.sync_assessment
WORKS[FETCH_TASK] = reports.fetch
SENDERS[SEND_TASK] = lambda org_id: send_changes(org_id, ACTS, most=AT_ONCE)


@shared_task
def sync_due_organisations() -> None:
    """Start the syncs whose time has come; a second beat does no harm."""
    sync.start_due_syncs()


@shared_task
def purge_gone() -> None:
    """Once a day, forget what has been gone for long; a copy of the database leaves the original's files alone."""
    if may_call() and first_today("purge-gone"):
        retention.purge_gone()
        retention.forget_files()
