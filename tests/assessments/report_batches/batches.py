"""Batches of reports as tests start them and work them off."""

from assessments.models import Subject
from assessments.report_batches import choose, start_batch
from qxportal.ledger.jobs.registry import JOB_HANDLERS
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job

PDF = b"%PDF-1.7\n"


def rows(review):
    return Subject.objects.filter(assessment=review)


def started(review, by, viewers=("Subject",)):
    return start_batch(choose(by, rows(review), viewers), by=by)


def work(batch):
    """The batch's job, until it waits for nothing but time."""
    job = Job.objects.filter(target=str(batch.pk)).latest("pk")
    while True:
        Job.objects.filter(pk=job.pk).update(not_before=job.created_at)
        run(job.pk, JOB_HANDLERS["fetch-reports"])
        before, job = job, Job.objects.get(pk=job.pk)
        if job.state != Job.State.WAITING or (before.outcome, before.done) == (job.outcome, job.done):
            return job


def states(batch):
    return list(batch.files.order_by("position").values_list("state", flat=True))
