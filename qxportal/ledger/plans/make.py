"""Making plans: rows are validated against the mirror, and the result of each is stored as a line."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.accounts.audit import note
from qxportal.accounts.models import Member, Organisation
from qxportal.core.failpoints import failpoint
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.job_kinds import PREPARE
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, say_step, start
from qxportal.ledger.models import Action, Job, Plan, PlanLine
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.outbox.record import USED
from qxportal.ledger.plans.lines import REQUESTS, Line, Tell, store_lines
from qxportal.ledger.plans.registry import PLAN_KINDS, kind_of
from qxportal.ledger.plans.sources import PART, SourceRow, Value, keep_rows, keeping_rows, kept_rows
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

INLINE = 2_000  # maximum number of rows to validate within the request
RowKey = tuple[int, str]  # row number in the file, and its part
REVISABLE = (Plan.State.DRAFT, Plan.State.READY)


def make_plan(
    org: Organisation,
    kind: str,
    rows: Iterable[SourceRow],
    *,
    by: Member,
    title: Message,
    source: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    assessment_id: str = "",
    plan_id: uuid.UUID | None = None,
    at_once: bool = False,
) -> Plan:
    """Store a plan with its lines; more than INLINE rows are validated by a job, unless a worker asks `at_once`.

    With a `plan_id`, the same form submitted twice is one plan; other choices make another plan. Raises
    PermissionDenied if the role is too low, and the plan kind's own errors if the rows make no plan.
    """
    if not by.may(PLAN_KINDS[kind].role):
        raise PermissionDenied
    rows = iter(rows)
    head = list(islice(rows, INLINE + 1))
    if plan_id is not None:
        plan_id = _id_of(plan_id, kind, assessment_id, options or {}, head)
    known = Plan.objects.filter(org=org, pk=plan_id).first() if plan_id else None
    if known is not None:
        return known
    plan = Plan(
        id=plan_id or uuid.uuid4(),
        org=org,
        kind=kind,
        title=title,
        source=dict(source),
        options=dict(options or {}),
        assessment_id=assessment_id,
        made_by=by,
        made_by_name=str(by),
    )
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
            note(org, by=by, verb="plan.made", words=title, plan=str(plan.pk))
            if len(head) <= INLINE or at_once:
                prepare(plan, keeping_rows(plan, chain(head, rows)))
            else:
                keep_rows(plan, chain(head, rows))
                start_preparing(plan, by=by)
    except IntegrityError:  # a concurrent request stored the same form at this moment
        known = Plan.objects.filter(org=org, pk=plan.pk).first()
        if known is None:
            raise ActionRefused(USED) from None
        return known
    return plan


def _id_of(
    form: uuid.UUID, kind: str, assessment_id: str, options: Mapping[str, Any], head: Sequence[SourceRow]
) -> uuid.UUID:
    """The plan's id, derived from the form and its choices."""
    rows = [(row.row, sorted(row.values.items()), str(row.problem)) for row in head]
    return uuid.uuid5(form, repr((kind, assessment_id, sorted(options.items()), rows)))


def validate_again(plan: Plan, *, by: Member | None) -> int:
    """Validate a plan again; returns the number of acting lines that differ.

    Uses the stored rows, or the current rows of the rule that made the plan.
    A large plan is validated by a job; the result is 0 until that has ended.
    """
    if plan.state not in REVISABLE:
        raise ActionRefused(_("This plan was applied or discarded, so it cannot be validated again."))
    _reload_rule_rows(plan, by)
    if sum(plan.counts.get(action, 0) for action in Action.values) > INLINE or not plan.counts:
        start_preparing(plan, by=by)
        return 0
    return revise(plan)


def _reload_rule_rows(plan: Plan, by: Member | None) -> None:
    """Store the current rows of the plan's rule, as seen by the plan's author if there still is one."""
    rule_rows, member = kind_of(plan).rule_rows, plan.made_by or by
    if rule_rows is None or member is None or plan.undo_of_id is not None:
        return
    with transaction.atomic():
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        rows = rule_rows(plan, member) if locked.state in REVISABLE else None
        if rows is not None:
            keep_rows(plan, rows)
            plan.save(update_fields=["options"])


def replace_rows(plan: Plan, rows: Mapping[RowKey, Mapping[str, Value]], *, by: Member) -> int:
    """Replace values in rows and validate again; returns the number of lines that differ.

    A row is identified by its number and, if it is one of several from one file row, by its part; without a part all
    rows from that file row are meant.
    """
    with transaction.atomic():
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        if locked.state not in REVISABLE or locked.undo_of_id is not None:
            raise ActionRefused(_("This plan was applied or discarded, so its rows cannot be changed."))
        replaced = (_replaced(row, rows) for row in kept_rows(plan))
        keep_rows(plan, list(replaced))
    return validate_again(plan, by=by)


def _replaced(row: SourceRow, rows: Mapping[RowKey, Mapping[str, Value]]) -> SourceRow:
    if row.row is None:
        return row
    part = row.text(PART)
    new = {**rows.get((row.row, ""), {}), **(rows.get((row.row, part), {}) if part else {})}
    return SourceRow(row.row, {**row.values, **new}) if new else row


def revise(plan: Plan, tell: Tell | None = None, *, applying: bool = False) -> int:
    """Validate a plan now; returns how many acting lines differ. With `applying`, the plan keeps that state."""
    with transaction.atomic():
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        if locked.state not in ((Plan.State.APPLYING,) if applying else REVISABLE):
            raise ActionRefused(_("This plan was applied or discarded, so it cannot be validated again."))
        before = _acts(plan)
        prepare(plan, kept_rows(plan), tell, state=locked.state if applying else Plan.State.READY)
        after = _acts(plan)
    return sum(1 for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def prepare(plan: Plan, rows: Iterable[SourceRow], tell: Tell | None = None, *, state: str = Plan.State.READY) -> None:
    """Validate the rows and store the lines; call it in a transaction."""
    kind = kind_of(plan)
    plan.mark = kind.mark(plan)
    plan.validated_at = timezone.now()
    store_lines(plan, lines_of(plan, rows), tell)
    if plan.acting <= INLINE:
        count_requests(plan)
    plan.state, plan.problem = state, ""
    plan.save(update_fields=["mark", "validated_at", "counts", "state", "problem"])
    failpoint("plan.prepared")


def count_requests(plan: Plan) -> None:
    """Count the requests that applying the plan sends, as its kind groups the lines."""
    lines = list(plan.lines.filter(action__in=ACTING).order_by("number"))
    plan.counts = {**plan.counts, REQUESTS: sum(1 for _intent in kind_of(plan).intents(plan, lines))}


def lines_of(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Lines from the plan's rows; for an undo, from the lines that were done."""
    if plan.undo_of is None:
        return kind_of(plan).validate(plan, rows)
    undo = kind_of(plan.undo_of).undo
    if undo is None:
        raise ActionRefused(_("This kind of plan cannot be undone."))
    return undo(plan, list(plan.undo_of.lines.filter(state=PlanLine.State.DONE).order_by("number")))


def moved(plan: Plan) -> bool:
    """Whether the mirror changed since the lines were made."""
    return plan.state == Plan.State.READY and kind_of(plan).mark(plan) != plan.mark


def start_preparing(plan: Plan, *, by: Member | None) -> Job:
    """Start a job that makes the lines of a plan that was neither applied nor discarded."""
    with transaction.atomic():
        locked = Plan.objects.select_for_update().get(pk=plan.pk)
        if locked.state not in REVISABLE:  # a concurrent request applied or discarded it
            raise ActionRefused(_("This plan was applied or discarded, so it cannot be validated again."))
        plan.job = start(plan.org, PREPARE, by=by, target=str(plan.pk), title=_preparing(plan))
        plan.state = Plan.State.DRAFT
        plan.save(update_fields=["job", "state"])
    return plan.job


@job(PREPARE)
def prepare_plan(row: Job) -> Message:
    """Make the lines of a plan from its stored rows (a job)."""
    plan = Plan.objects.select_related("org", "undo_of").get(org=row.org, pk=row.target)
    expect(row, 0)

    def tell(number: int) -> None:
        say_step(row, ngettext_stored("%(n)s line validated", "%(n)s lines validated", number))

    try:
        revise(plan, tell)
        if REQUESTS not in plan.counts:  # for large plans, whose lines are already visible
            count_requests(plan)
            Plan.objects.filter(pk=plan.pk, validated_at=plan.validated_at).update(counts=plan.counts)
    except ActionRefused as problem:
        Plan.objects.filter(pk=plan.pk, state=Plan.State.DRAFT).update(problem=str(problem))
        return str(problem)
    return ngettext_stored("%(n)s line does something", "%(n)s lines do something", plan.acting)


def _preparing(plan: Plan) -> Message:
    return gettext_stored("Prepare “%(title)s”", title=plan.title)


def _acts(plan: Plan) -> dict[str, tuple[Any, ...]]:
    """Effects of the acting lines, by key."""
    rows = PlanLine.objects.filter(plan=plan, action__in=ACTING).order_by()
    return {key: rest for key, *rest in rows.values_list("key", "action", "old", "new")}  # type: ignore[misc]
