"""Applying plans, undoing them, and retrying failed lines."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import own_lines
from qxportal.ledger.job_kinds import APPLY, RECORD
from qxportal.ledger.jobs.registry import CANCEL_HANDLERS, job
from qxportal.ledger.jobs.run import expect, start
from qxportal.ledger.models import Change, Job, Plan, PlanLine, ResourceSync
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.outbox.record import record_many
from qxportal.ledger.plans.lines import STAYING
from qxportal.ledger.plans.make import INLINE, moved, prepare, revise
from qxportal.ledger.plans.outcomes import finish, refuse_removals
from qxportal.ledger.plans.registry import kind_of
from qxportal.ui.stored_messages import Message, gettext_stored

TYPED_BEYOND = 50  # number of lines above which it must be typed to confirm
LINK = """UPDATE ledger_planline AS line SET change_id = sent.change, state = 'sent', outcome = ''
    FROM unnest(%s::int[], %s::uuid[]) AS sent (number, change)
    WHERE line.plan_id = %s AND line.number = sent.number"""


class PlanMoved(ActionRefused):
    """Lines differ from the preview that the member saw, so it has to be reviewed again."""


def may_apply(member: Member, plan: Plan) -> bool:
    """Whether the member may apply a plan: it is the member's own plan, and no line is about the member."""
    return has_plan(member, plan) and not about(member, plan)


def has_plan(member: Member, plan: Plan) -> bool:
    """Whether the member may share or discard a plan: its author, members with whom it is shared, administrators."""
    if not member.may(kind_of(plan).role):
        return False
    return member.pk == plan.made_by_id or member.may(Role.ADMIN) or plan.shared_with.filter(pk=member.pk).exists()


def about(member: Member, plan: Plan) -> bool:
    """Whether a line is about the member as a subject, so that another member has to apply the plan."""
    return own_lines(member, PlanLine.objects.filter(plan=plan, action__in=ACTING)).exists()


def needs_another(member: Member, plan: Plan) -> bool:
    """Whether the member made the plan and its size requires another member to apply it."""
    needs_second = kind_of(plan).needs_second
    return needs_second is not None and member.pk == plan.made_by_id and needs_second(plan)


def asks_number(plan: Plan) -> bool:
    """Whether the number of lines must be typed to confirm."""
    needs_number = kind_of(plan).needs_number
    always = needs_number is not None and needs_number(plan)
    return always or plan.acting > TYPED_BEYOND or bool(plan.counts.get(STAYING))


def apply_plan(
    plan: Plan,
    *,
    by: Member,
    typed: int | None,
    options: Mapping[str, Any] | None = None,
    number_asked: bool = False,
    seen: str = "",
) -> Job:
    """Apply a plan as one job; repeated calls give the same job.

    `options` are the choices made on applying; `number_asked` if those require the number; `seen` is the
    plan's `seen` at the time of the page. Raises PlanMoved if lines differ by now from the ones that the member saw.
    """
    if about(by, plan):
        raise ActionRefused(_("A line of this plan is about you, so another member has to apply it."))
    if not may_apply(by, plan):
        raise ActionRefused(
            _("Only the member who made this plan, an admin or a member it is shared with can apply it.")
        )
    if plan.state in (Plan.State.APPLYING, Plan.State.APPLIED) and plan.job is not None:
        return plan.job
    if needs_another(by, plan):
        raise ActionRefused(_("You made this plan, and it does so much that another member has to apply it."))
    if plan.state != Plan.State.READY:
        _refuse_not_ready()
    if seen and seen != plan.seen:
        _refuse_remade()
    if not plan.acting:
        raise ActionRefused(_("No line of this plan changes anything."))
    if (number_asked or asks_number(plan)) and typed != plan.acting:
        raise ActionRefused(_("Type %(n)s to confirm.") % {"n": plan.acting})
    chosen = {name: value for name, value in (options or {}).items() if plan.options.get(name) != value}
    if chosen:
        plan.options = {**plan.options, **chosen}
        Plan.objects.filter(pk=plan.pk).update(options=plan.options)
    if plan.acting > INLINE:
        return _start_recording(plan, by=by)
    if chosen or moved(plan):
        _refuse_differing(revise(plan))
    return _carry_out(plan, by=by)


def _carry_out(plan: Plan, *, by: Member, begun: bool = False) -> Job:
    """Record the changes of a plan, all or none; with `begun`, only unless it was cancelled meanwhile."""
    with transaction.atomic():
        plan, seen = _locked(plan), plan.seen
        if plan.state == Plan.State.READY:
            if begun:
                _refuse_not_ready()
            if plan.seen != seen:
                _refuse_remade()
            _begin(plan, by=by)
        elif plan.state != Plan.State.APPLYING or (plan.job and plan.job.kind != RECORD.name):
            return plan.job or _refuse_not_ready()
        if check := kind_of(plan).check:
            check(plan, by)
        waiting = list(plan.lines.filter(state=PlanLine.State.WAITING).order_by("number"))
        sent = _record(plan, waiting, by=by, attempt="apply")
        failpoint("plan.recorded")
    return sent


def _start_recording(plan: Plan, *, by: Member) -> Job:
    """Start a job that records the changes of a large plan."""
    with transaction.atomic():
        plan, seen = _locked(plan), plan.seen
        if plan.state != Plan.State.READY:
            return plan.job or _refuse_not_ready()
        if plan.seen != seen:
            _refuse_remade()
        _begin(plan, by=by)
        started = start(plan.org, RECORD, by=by, target=str(plan.pk), title=plan.title)
        Plan.objects.filter(pk=plan.pk).update(job=started)
    return started


def _begin(plan: Plan, *, by: Member) -> None:
    Plan.objects.filter(pk=plan.pk).update(
        state=Plan.State.APPLYING,
        problem="",
        applied_by=by,
        applied_by_name=str(by),
        applied_at=timezone.now(),
    )
    note(plan.org, by=by, verb="plan.applied", words=plan.title, plan=str(plan.pk), lines=plan.acting)


def _locked(plan: Plan) -> Plan:
    rows = Plan.objects.select_for_update(of=("self",)).select_related("org", "undo_of", "job", "applied_by")
    return rows.get(pk=plan.pk)


def retry_plan(plan: Plan, *, by: Member) -> Job:
    """Record lines that failed or were not sent again, as a job of their own."""
    if not may_apply(by, plan):
        raise ActionRefused(
            _("Only the member who made this plan, an admin or a member it is shared with can apply it.")
        )
    with transaction.atomic():
        plan = _locked(plan)
        if plan.state == Plan.State.APPLYING and plan.job is not None:
            return plan.job
        failed = list(plan.lines.filter(state__in=PlanLine.RETRIABLE).order_by("number"))
        if plan.state != Plan.State.APPLIED or not failed:
            raise ActionRefused(_("Nothing failed."))
        Plan.objects.filter(pk=plan.pk).update(state=Plan.State.APPLYING)
        note(plan.org, by=by, verb="plan.applied", words=plan.title, plan=str(plan.pk), lines=len(failed))
        return _record(plan, failed, by=by, attempt=f"again:{plan.job_id}")


def undo_plan(plan: Plan, *, by: Member) -> Plan:
    """A plan that undoes what still stands of this one; a person applies it."""
    kind = kind_of(plan)
    if kind.undo is None:
        raise ActionRefused(_("This kind of plan cannot be undone."))
    if not may_apply(by, plan):
        raise ActionRefused(
            _("Only the member who made this plan, an admin or a member it is shared with can undo it.")
        )
    if plan.state != Plan.State.APPLIED:
        raise ActionRefused(_("Wait until all lines of this plan have ended."))
    if _unread(plan):
        words = _("The lists have not been read since this plan was applied. Wait for the next sync and try again.")
        raise ActionRefused(words)
    known = plan.undone_by.filter(state__in=(Plan.State.READY, Plan.State.DRAFT, Plan.State.APPLYING)).first()
    if known is not None:
        return known
    undoing = Plan(
        org=plan.org,
        kind=kind.undo_kind or plan.kind,
        title=gettext_stored("Undo: %(title)s", title=plan.title),
        source={"from": "undo"},
        options=plan.options,
        assessment_id=plan.assessment_id,
        undo_of=plan,
        made_by=by,
        made_by_name=str(by),
    )
    with transaction.atomic():
        undoing.save(force_insert=True)
        note(plan.org, by=by, verb="plan.made", words=undoing.title, plan=str(undoing.pk))
        prepare(undoing, ())
    return undoing


def _unread(plan: Plan) -> bool:
    """Whether the last sync of a listing that shows the plan's effects is older than those effects."""
    done = Change.objects.filter(plan_lines__plan=plan, state=Change.State.DONE)
    ended = done.aggregate(at=Max("settled_at"))["at"]
    if ended is None:
        return False
    listings = kind_of(plan).listings(plan)
    return ResourceSync.objects.filter(org_id=plan.org_id, resource__in=listings, seen_at__lt=ended).exists()


def discard_plan(plan: Plan, *, by: Member) -> bool:
    """Discard a plan that was not applied; returns whether that was still possible."""
    with transaction.atomic():
        open_ones = Plan.objects.filter(pk=plan.pk, state__in=(Plan.State.DRAFT, Plan.State.READY))
        discarded = open_ones.update(state=Plan.State.DISCARDED)
        if discarded:
            note(plan.org, by=by, verb="plan.discarded", words=plan.title, plan=str(plan.pk))
    return bool(discarded)


def share_plan(plan: Plan, member: Member, *, by: Member) -> None:
    """Let another member see and apply a plan; raises ActionRefused if that member's role is too low."""
    if member.org_id != plan.org_id or not member.may(kind_of(plan).role):
        raise ActionRefused(_("%(name)s’s role may not apply this plan.") % {"name": member})
    with transaction.atomic():
        plan.shared_with.add(member)
        note(plan.org, by=by, verb="plan.shared", target=str(member), words=plan.title, plan=str(plan.pk))


def register() -> None:
    """Register the handler that resets plans when their start was cancelled."""
    CANCEL_HANDLERS[RECORD.name] = _unbegin


@job(RECORD)
def record_plan(row: Job) -> Message:
    """Record the changes of a large plan (a job); a separate job sends them."""
    plan = Plan.objects.select_related("org", "undo_of", "job", "applied_by").get(org=row.org, pk=row.target)
    if plan.job is not None and plan.job.kind == APPLY.name:  # a worker died after the changes were recorded
        return gettext_stored("Started as job %(number)s.", number=plan.job_id)
    if plan.state != Plan.State.APPLYING:
        return gettext_stored("Not applied.")
    expect(row, plan.acting)
    try:
        if plan.applied_by is None:
            raise ActionRefused(_("The member who applied this plan was removed. Apply it again."))
        if kind_of(plan).mark(plan) != plan.mark:
            _refuse_differing(revise(plan, applying=True))
        sent = _carry_out(plan, by=plan.applied_by, begun=True)
    except ActionRefused as problem:
        _unbegin(row, problem=str(problem))
        return str(problem)
    return gettext_stored("Started as job %(number)s.", number=sent.pk)


def _unbegin(row: Job, problem: Message = "") -> None:
    """Set a plan back to ready whose changes were not recorded."""
    Plan.objects.filter(org=row.org, pk=row.target, state=Plan.State.APPLYING, job__kind=RECORD.name).update(
        state=Plan.State.READY, problem=problem, applied_by=None, applied_by_name="", applied_at=None
    )


def _refuse_differing(differing: int) -> None:
    """Raise PlanMoved if lines differ from the ones that the member saw."""
    if not differing:
        return
    raise PlanMoved(
        ngettext(
            "The data changed since the preview: %(n)s line is different now. Check the plan and apply it again.",
            "The data changed since the preview: %(n)s lines are different now. Check the plan and apply it again.",
            differing,
        )
        % {"n": differing}
    )


def _record(plan: Plan, lines: Sequence[PlanLine], *, by: Member, attempt: str) -> Job:
    """Record the changes of some lines and link each line to its change."""
    pairs = list(kind_of(plan).intents(plan, lines))
    key = uuid.uuid5(plan.pk, attempt)
    recorded = record_many(
        plan.org,
        [intent for intent, _lines in pairs],
        by=by,
        title=plan.title,
        idempotency_key=key,
        asked={"plan": str(plan.pk), "attempt": attempt},
    )
    _link(plan, pairs, key, recorded)
    given = {line.number for _intent, carried in pairs for line in carried}
    plan.lines.filter(number__in=[line.number for line in lines if line.number not in given]).update(
        state=PlanLine.State.NOT_SENT, outcome=gettext_stored("Not sent: it is no longer there.")
    )
    refuse_removals(plan.lines.filter(number__in=[line.number for line in lines], state=PlanLine.State.NOT_SENT))
    Plan.objects.filter(pk=plan.pk).update(job=recorded)
    finish({plan.pk})
    return recorded


def _link(plan: Plan, pairs: Iterable[tuple[Intent, Sequence[PlanLine]]], key: uuid.UUID, recorded: Job) -> None:
    made = set(Change.objects.filter(job=recorded).values_list("pk", flat=True))
    numbers, changes, busy = [], [], []
    for intent, lines in pairs:
        change = uuid.uuid5(key, intent.target)
        for line in lines:
            if change in made:
                numbers.append(line.number)
                changes.append(change)
            else:
                busy.append(line.number)
    with connection.cursor() as cursor:
        cursor.execute(LINK, [numbers, changes, plan.pk])
    plan.lines.filter(number__in=busy).update(
        state=PlanLine.State.NOT_SENT, outcome=gettext_stored("Skipped: another change to it is still open.")
    )


def _refuse_remade() -> NoReturn:
    raise PlanMoved(_("The lines of this plan have changed in the meantime. Check them and apply the plan again."))


def _refuse_not_ready() -> NoReturn:
    raise ActionRefused(_("This plan is not ready to be applied."))
