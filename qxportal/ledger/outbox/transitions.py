"""State transitions of changes, with their consequences for jobs and dependants."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils import timezone

from qxportal.core.failpoints import failpoint
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.registry import CANCEL_HANDLERS
from qxportal.ledger.models import Change, Job, JobItem
from qxportal.ledger.models.changes import ConflictRow
from qxportal.ledger.outbox.serialize import ENCLOSED, PURPOSE, enclosed_as
from qxportal.security.sealed import forget
from qxportal.ui.stored_messages import Message, gettext_stored

EndHandler = Callable[[Sequence[Change]], None]  # runs in the transaction that ends the changes

END_HANDLERS: list[EndHandler] = []  # called with changes that ended; filled in LedgerConfig.ready
ENDS = (Change.State.DONE, Change.State.REFUSED)


class StaleClaim(Exception):
    """Another process moved the change, so the row in memory is stale."""


class Details(TypedDict, total=False):
    """Fields of a change that a transition may set."""

    status_message: Message
    attention_message: Message
    vendor_code: str
    vendor_id: str
    result: dict[str, object]
    expected_values: dict[str, object]
    conflict: list[ConflictRow]
    attempts: int
    claim_version: int
    verify_count: int
    last_verify_found: bool
    crash_count: int
    not_before: datetime
    expires_at: datetime
    sent_at: datetime
    unknown_since: datetime | None


def register() -> None:
    """Register the outbox's handler for cancelled bulk changes."""
    CANCEL_HANDLERS[APPLY.name] = refuse_unsent


def transition(change: Change, state: Change.State, **details: Unpack[Details]) -> None:
    """Move a change on from its known state and claim; raises StaleClaim if it already moved."""
    fields: dict[str, object] = {"state": state, **details}
    if state in ENDS:
        fields["settled_at"] = timezone.now()
    with transaction.atomic():
        moved = Change.objects.filter(pk=change.pk, state=change.state, claim_version=change.claim_version).update(
            **fields
        )
        if moved != 1:
            raise StaleClaim(str(change.pk))
        for name, value in fields.items():
            setattr(change, name, value)
        if state in ENDS:
            _tell_job(change)
            for handler in END_HANDLERS:
                handler([change])
            if not change.attention_message:
                forget_enclosures(change)
                failpoint("sealed.forgotten")
        if state == Change.State.REFUSED:
            _refuse_dependants(change)
            failpoint("change.dependants-refused")


def _tell_job(change: Change) -> None:
    if change.job_id is None:
        return
    ok = change.state == Change.State.DONE
    job = Job.objects.select_for_update().get(pk=change.job_id)
    job.done, job.failed, job.step = job.done + int(ok), job.failed + int(not ok), change.title
    job.partly += int(change.partly)
    JobItem.objects.create(
        job=job,
        position=job.done + job.failed,
        label=change.title,
        ok=ok,
        partly=change.partly,
        message=change.shown_message,
    )
    if job.done + job.failed >= job.total and job.open:
        job.state, job.finished_at, job.step = Job.State.DONE, timezone.now(), ""
    job.save(update_fields=["done", "failed", "partly", "step", "state", "finished_at"])


def forget_enclosures(change: Change) -> None:
    """Delete the sealed files and secrets of an ended change."""
    forget(change.org_id, PURPOSE, [enclosed_as(change, name) for name in change.parameters.get(ENCLOSED, {})])


def _refuse_dependants(change: Change) -> None:
    """Refuse unsent dependants; those that a copied or restored database may have sent go to a person."""
    words = gettext_stored("Not sent, because “%(title)s” did not go through.", title=change.title)
    undecided = gettext_stored("It depends on “%(title)s”, which was discarded.", title=change.title)
    for dependant in Change.objects.filter(depends_on=change, state__in=Change.MOVING):
        with suppress(StaleClaim):  # a member withdrew it at this moment
            if dependant.state == Change.State.PENDING:
                transition(dependant, Change.State.REFUSED, status_message=words)
            else:
                transition(dependant, Change.State.PERSON, status_message=undecided)


def refuse_unsent(job: Job) -> None:
    """Refuse the unsent changes of a cancelled job; call it in the transaction that ends the job."""
    words = gettext_stored("Not sent: the bulk change was cancelled.")
    unsent = list(Change.objects.select_for_update().filter(job=job, state=Change.State.PENDING))
    now = timezone.now()
    Change.objects.filter(pk__in=[change.pk for change in unsent]).update(
        state=Change.State.REFUSED, status_message=words, settled_at=now
    )
    for change in unsent:
        change.state, change.status_message = Change.State.REFUSED, words
    for handler in END_HANDLERS:
        handler(unsent)
    counted = Job.objects.select_for_update().get(pk=job.pk)
    first = counted.done + counted.failed + 1
    JobItem.objects.bulk_create(
        JobItem(job=job, position=position, label=change.title, ok=False, message=words)
        for position, change in enumerate(sorted(unsent, key=lambda change: change.number), first)
    )
    Job.objects.filter(pk=job.pk).update(failed=counted.failed + len(unsent))
    for change in Change.objects.filter(pk__in=[change.pk for change in unsent], dependants__isnull=False).distinct():
        _refuse_dependants(change)
