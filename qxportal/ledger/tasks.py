"""The ledger's Celery tasks."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from qxportal.ledger import connection_test, probe
from qxportal.ledger.bell import ring
from qxportal.ledger.history import purge_versions
from qxportal.ledger.holding import may_call
from qxportal.ledger.jobs import run
from qxportal.ledger.locks import held, is_free
from qxportal.ledger.models import Change, Job


@shared_task
def sweep() -> None:
    """Ring for everything that is due: messages may have been lost, and workers may have died."""
    with held("sweep") as got:
        if not got or not may_call():
            return
        now = timezone.now()
        jobs = Job.objects.filter(state__in=Job.LIVE, not_before__lte=now).exclude(kind=Job.Kind.APPLY)
        for number, task in jobs.values_list("pk", "task").order_by("pk")[:1000]:
            if is_free(f"job:{number}"):
                ring(task, number)
        changes = Change.objects.filter(state__in=Change.MOVING, not_before__lte=now)
        for org, task in changes.values_list("org", "task").distinct():
            ring(task, org)


@shared_task
def clear_sessions() -> None:
    """Delete the sessions that have ended."""
    call_command("clearsessions")


@shared_task
def purge_history() -> None:
    """Delete what mirrored rows said longer ago than is kept."""
    with held("purge-history") as got:
        if got:
            purge_versions()


@shared_task
def test_connection(job_id: int) -> None:
    """Ask the vendor something harmless with the organisation's credential."""
    run(job_id, connection_test.ask)


@shared_task
def probe_requests(job_id: int) -> None:
    """Try which requests the vendor knows."""
    run(job_id, probe.probe)
