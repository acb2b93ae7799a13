"""Recording intended writes. The same intent twice, from a double click or a second tab, is one change."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.accounts.models import Member, Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.job_kinds import APPLY
from qxportal.ledger.jobs.limits import check_job_quota
from qxportal.ledger.jobs.wakeup import notify_workers_after_commit
from qxportal.ledger.models import Change, Job, JobItem
from qxportal.ledger.outbox.intents import IDEMPOTENCY_KEY, Intent, lifetime
from qxportal.ledger.outbox.resource_paths import footprint
from qxportal.ledger.outbox.serialize import PURPOSE, enclosed_as, enclosures, restored
from qxportal.security.sealed import keep
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

USED = gettext_lazy("This form was already submitted. Reload the page and try again.")


class ChangeConflict(ActionRefused):
    """Another change of the same thing is still open."""


def record(org: Organisation, intent: Intent, *, by: Member) -> Change:
    """Commit one intended write with those that follow it (transactional outbox), and wake a worker."""
    known = _known(org, intent)
    if known is not None:
        return _same(known, intent)
    try:
        with transaction.atomic():
            change = _write(org, [intent], by=by)[0]
            failpoint("change.recording")
            notify_workers_after_commit()
    except IntegrityError:  # a concurrent request recorded it between our check and our insert
        known = _known(org, intent)
        if known is None:  # the idempotency key is taken elsewhere, or the other change settled at this moment
            raise ActionRefused(USED) from None
        return _same(known, intent)
    change.refresh_from_db(fields=["number"])
    return change


def record_many(
    org: Organisation,
    intents: Sequence[Intent],
    *,
    by: Member,
    title: Message,
    idempotency_key: uuid.UUID | None = None,
    asked: Mapping[str, object] = MappingProxyType({}),
    left_out: Sequence[tuple[Message, Message]] = (),
) -> Job:
    """Commit many intended writes as one job.

    Lines whose target has an open change, and those `left_out` by the caller with a name and a reason, are reported as
    skipped. With an `idempotency_key` and the `asked` choices, the same form submitted twice is one job.
    """
    idempotency_key = idempotency_key or uuid.uuid4()
    if bulk_recorded(org, idempotency_key, asked) is None:
        check_job_quota(org)
    intents = [replace(intent, id=uuid.uuid5(idempotency_key, intent.target)) for intent in intents]
    try:
        with transaction.atomic():
            return _write_job(
                org, intents, by=by, title=title, idempotency_key=idempotency_key, asked=dict(asked), left_out=left_out
            )
    except IntegrityError:  # a concurrent request recorded it, or one of its lines, at this moment
        known = bulk_recorded(org, idempotency_key, asked)
        if known is None:
            raise ActionRefused(_("Someone else has just changed the same thing. Try again.")) from None
        return known


def record_failed_again(job: Job, *, by: Member) -> Job:
    """Commit failed lines of a bulk change again as a job of their own; repeated calls give the same job."""
    failed = Change.objects.filter(job=job, state=Change.State.REFUSED).select_related("depends_on").order_by("number")
    intents = [
        Intent(
            call=restored(change),
            target=change.target,
            title=change.title,
            reason=change.reason,
            expected_values=change.expected_values,  # the values at that time; newer ones lead to a review
            assessment_id=change.assessment_id,
            assessment_name=change.assessment_name,
        )
        for change in failed
    ]
    if not intents:
        raise ActionRefused(_("Nothing failed."))
    title = ngettext_stored(
        "Retry %(n)s failed: %(title)s", "Retry %(n)s failed: %(title)s", len(intents), title=job.title
    )
    idempotency_key = uuid.uuid5(uuid.NAMESPACE_OID, f"failed:{job.pk}")
    return record_many(job.org, intents, by=by, title=title, idempotency_key=idempotency_key)


def recorded(org: Organisation, idempotency_key: uuid.UUID | None) -> bool:
    """Whether the change of this form was already recorded."""
    return idempotency_key is not None and Change.objects.filter(org=org, pk=idempotency_key).exists()


def bulk_recorded(org: Organisation, idempotency_key: uuid.UUID | None, asked: Mapping[str, object]) -> Job | None:
    """The job already recorded for this form; raises ActionRefused if it was recorded with other choices."""
    known = (
        Job.objects.filter(org=org, kind=APPLY.name, target=str(idempotency_key)).first() if idempotency_key else None
    )
    if known is not None and known.parameters != dict(asked):
        raise ActionRefused(USED)
    return known


def _write_job(
    org: Organisation,
    intents: Sequence[Intent],
    *,
    by: Member,
    title: Message,
    idempotency_key: uuid.UUID,
    asked: dict[str, object],
    left_out: Sequence[tuple[Message, Message]],
) -> Job:
    wanted = [intent.target for intent in intents]
    open_ones = Change.objects.filter(org=org, state__in=Change.OPEN, target__in=wanted)
    busy = set(open_ones.values_list("target", flat=True))
    busy |= {intent.target for intent in intents if intent.after in busy}
    free = [intent for intent in intents if intent.target not in busy]
    moving = gettext_stored("Skipped: another change to it is still open.")
    skipped = [*((intent.title, moving) for intent in intents if intent.target in busy), *left_out]
    now = timezone.now()
    job = Job.objects.create(
        org=org,
        kind=APPLY.name,
        target=str(idempotency_key),
        title=title,
        parameters=asked,
        state=Job.State.RUNNING if free else Job.State.DONE,
        total=len(free),
        partly=len(skipped),
        started_at=now,
        finished_at=None if free else now,
        started_by=by,
        started_by_name=str(by),
        outcome=ngettext_stored("%(n)s skipped", "%(n)s skipped", len(skipped)) if skipped else "",
    )
    JobItem.objects.bulk_create(
        JobItem(job=job, position=position, label=label, ok=True, partly=True, message=words)
        for position, (label, words) in enumerate(skipped, len(free) + 1)
    )
    _write(org, free, by=by, job=job)
    failpoint("change.recording")
    notify_workers_after_commit()
    return job


def _write(
    org: Organisation,
    intents: Sequence[Intent],
    *,
    by: Member,
    depends_on: Change | None = None,
    job: Job | None = None,
) -> list[Change]:
    """Insert changes, then their dependants."""
    rows = [_row(org, intent, by=by, depends_on=depends_on, job=job, lines=len(intents)) for intent in intents]
    made = {intent.target: change for intent, change in zip(intents, rows, strict=True)}
    for intent, change in zip(intents, rows, strict=True):
        if intent.after:
            change.depends_on = made[intent.after]
    Change.objects.bulk_create(rows)
    for change, intent in zip(rows, intents, strict=True):
        apart = enclosures(intent.call) if intent.parameters is None else {}
        if apart:
            keep(org.pk, PURPOSE, {enclosed_as(change, name): content for name, content in apart.items()})
            failpoint("sealed.kept")
        if intent.then:
            _write(org, intent.then, by=by, depends_on=change)
    return rows


def _row(
    org: Organisation,
    intent: Intent,
    *,
    by: Member,
    depends_on: Change | None,
    job: Job | None,
    lines: int,
) -> Change:
    policy, touched = intent.call.retry_policy, footprint(intent.call)
    return Change(
        id=intent.id,
        org=org,
        request=intent.call.request,
        retry_policy=policy,
        target=intent.target[:300],
        writes=_short(touched.writes or [intent.target]),
        reads=_short(touched.reads),
        assessment_id=intent.assessment_id,
        assessment_name=intent.assessment_name[:300],
        title=intent.title,
        reason=intent.reason,
        parameters=intent.kept,
        expected_values=dict(intent.expected_values),
        depends_on=depends_on,
        job=job,
        expires_at=timezone.now() + lifetime(policy, lines),
        made_by=by,
        made_by_name=str(by),
    )


def _short(paths: Iterable[str]) -> list[str]:
    return [path[:200] for path in paths]


def _known(org: Organisation, intent: Intent) -> Change | None:
    """The change of this intent, or the open change of its target."""
    known = Change.objects.filter(org=org, pk=intent.id).first()
    return known or Change.objects.filter(org=org, target=intent.target, state__in=Change.OPEN).first()


def _same(known: Change, intent: Intent) -> Change:
    if (known.request, _meant(known.parameters)) == (intent.call.request, _meant(intent.kept)):
        return known
    if known.pk == intent.id:
        raise ActionRefused(USED)
    raise ChangeConflict(
        _("“%(title)s” is still open (%(state)s). Wait for it to end, or open it and decide what to do.")
        % {"title": known.title, "state": known.get_state_display()}
    )


def _meant(parameters: Mapping[str, object]) -> dict[str, object]:
    """The parameters without the form's idempotency key."""
    return {name: value for name, value in parameters.items() if name != IDEMPOTENCY_KEY}
