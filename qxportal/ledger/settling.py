"""Moving a change from one state to the next, and what follows for its job and its dependants."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.ledger.models import Change, Job, JobItem

ENDS = (Change.State.DONE, Change.State.REFUSED)


class LostClaim(Exception):
    """Somebody else moved the change meanwhile; what we know of it is out of date."""


def settle(change: Change, state: Change.State, **fields: Any) -> None:
    """Move a change on from the state and epoch in which we know it; raises LostClaim when it moved already."""
    now = timezone.now()
    if state in ENDS:
        fields |= {"settled_at": now}
    if "words" in fields:
        fields["words"] = str(fields["words"])[:1000]
    with transaction.atomic():
        moved = Change.objects.filter(pk=change.pk, state=change.state, epoch=change.epoch).update(
            state=state, **fields
        )
        if moved != 1:
            raise LostClaim(str(change.pk))
        for name, value in {"state": state, **fields}.items():
            setattr(change, name, value)
        if state in ENDS:
            _tell_job(change)
        if state == Change.State.REFUSED:
            _refuse_dependants(change)


def _tell_job(change: Change) -> None:
    if change.job_id is None:
        return
    ok = change.state == Change.State.DONE
    job = Job.objects.select_for_update().get(pk=change.job_id)
    job.done, job.failed, job.step = job.done + int(ok), job.failed + int(not ok), change.title[:200]
    JobItem.objects.create(job=job, position=job.done + job.failed, label=change.title, ok=ok, words=change.words)
    if job.done + job.failed >= job.total and job.live:
        job.state, job.finished_at, job.step = Job.State.DONE, timezone.now(), ""
    job.save(update_fields=["done", "failed", "step", "state", "finished_at"])


def _refuse_dependants(change: Change) -> None:
    for dependant in Change.objects.filter(after=change, state=Change.State.PENDING):
        settle(
            dependant,
            Change.State.REFUSED,
            words=_("Not sent, because “%(title)s” was not carried out.") % {"title": change.title},
        )
