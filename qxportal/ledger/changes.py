"""Recording intended writes, and what a person decides about those that came to no end."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.bell import ring_after_commit
from qxportal.ledger.models import Change, Job
from qxportal.ledger.settling import LostClaim, settle

Decision = Literal["look", "done", "again", "drop"]
EXPIRES = timedelta(hours=24)


class Refusal(Exception):
    """The portal refuses to record this; the text says why, in words for the user."""


class ChangeConflict(Refusal):
    """Another change of the same thing is still open."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What is to be written: everything that a Change needs before it is recorded."""

    request: str
    target: str
    title: str
    parameters: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)
    assessment_id: str = ""
    expires: timedelta = EXPIRES
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def record(org: Organisation, intent: Intent, *, by: Member, task: str) -> Change:
    """Commit one intended write and ring for a worker. The same intent twice is one change."""
    known = Change.objects.filter(org=org, pk=intent.id).first()
    known = known or Change.objects.filter(org=org, target=intent.target, state__in=Change.OPEN).first()
    if known is not None:
        return _same(known, intent)
    try:
        with transaction.atomic():
            change = _row(org, intent, by=by, task=task)
            change.save(force_insert=True)
            ring_after_commit(task, org.pk)
    except IntegrityError:  # another request recorded it between our look and our insert
        known = Change.objects.filter(org=org, pk=intent.id).first()
        known = known or Change.objects.filter(org=org, target=intent.target, state__in=Change.OPEN).first()
        if known is None:  # the form's number is taken elsewhere, or the other one settled at this moment
            raise Refusal(_("This form was used already. Open it afresh and try once more.")) from None
        return _same(known, intent)
    change.refresh_from_db(fields=["number"])
    return change


def record_after(change: Change, intents: list[Intent], *, by: Member) -> None:
    """Commit what is to be sent once `change`, recorded in the same transaction, was carried out."""
    Change.objects.bulk_create([_row(change.org, intent, by=by, task=change.task, after=change) for intent in intents])


def record_many(org: Organisation, intents: list[Intent], *, by: Member, task: str, title: str) -> Job:
    """Commit many intended writes as one job; those whose target has an open change are reported as skipped."""
    with transaction.atomic():
        busy = set(
            Change.objects.filter(
                org=org, state__in=Change.OPEN, target__in=[intent.target for intent in intents]
            ).values_list("target", flat=True)
        )
        free = [intent for intent in intents if intent.target not in busy]
        now = timezone.now()
        job = Job.objects.create(
            org=org, kind=Job.Kind.APPLY, task=task, target=str(uuid.uuid4()), title=title[:300],
            state=Job.State.RUNNING if free else Job.State.DONE, total=len(free), started_at=now,
            finished_at=None if free else now, started_by=by, started_by_name=str(by),
            outcome=_("%(n)s skipped: a change is already under way.") % {"n": len(busy)} if busy else "",
        )  # fmt: skip
        Change.objects.bulk_create([_row(org, intent, by=by, task=task, job=job) for intent in free])
        ring_after_commit(task, org.pk)
    return job


def decide(change: Change, *, by: Member, decision: Decision) -> None:
    """Carry out what a person decided about a change that needs one."""
    with transaction.atomic():
        note(
            change.org,
            by=by,
            verb=f"change.{decision}",
            target=change.assessment_id or change.target,
            words=change.title,
        )
        now = timezone.now()
        match decision:
            case "look":
                settle(change, Change.State.UNKNOWN, not_before=now, words=_("Looking again."))
            case "again":
                settle(
                    change, Change.State.PENDING, not_before=now, looks=0, attempts=0, unknown_since=None,
                    expires_at=now + EXPIRES, words=_("%(who)s decided to send it again.") % {"who": by},
                )  # fmt: skip
            case "done":
                settle(change, Change.State.DONE, words=_("%(who)s confirmed that it was carried out.") % {"who": by})
            case "drop":
                settle(change, Change.State.REFUSED, words=_("%(who)s gave it up.") % {"who": by})
        ring_after_commit(change.task, change.org_id)


def withdraw(change: Change, *, by: Member) -> bool:
    """Take back a change that was not sent yet."""
    if change.state != Change.State.PENDING or change.attempts:
        return False
    try:
        settle(change, Change.State.REFUSED, words=_("%(who)s withdrew it before it was sent.") % {"who": by})
    except LostClaim:
        return False
    return True


def _same(known: Change, intent: Intent) -> Change:
    if known.request == intent.request and known.parameters == intent.parameters:
        return known
    raise ChangeConflict(
        _("“%(title)s” is still %(state)s. Wait until it has settled, or decide about it first.")
        % {"title": known.title, "state": known.get_state_display().lower()}
    )


def _row(
    org: Organisation, intent: Intent, *, by: Member, task: str, after: Change | None = None, job: Job | None = None
) -> Change:
    return Change(
        id=intent.id,
        org=org,
        task=task,
        request=intent.request,
        target=intent.target[:300],
        assessment_id=intent.assessment_id,
        title=intent.title[:300],
        parameters=intent.parameters,
        before=intent.before,
        after=after,
        job=job,
        expires_at=timezone.now() + intent.expires,
        made_by=by,
        made_by_name=str(by),
    )
