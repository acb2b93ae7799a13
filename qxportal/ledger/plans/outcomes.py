"""Results of a plan's lines, which follow the changes that carry them."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby

from django.db.models import Exists, OuterRef

from qxportal.ledger.models import Action, Change, Plan, PlanLine
from qxportal.ledger.outbox.ignored_rows import FIRST
from qxportal.ledger.outbox.transitions import END_HANDLERS, StaleClaim, transition
from qxportal.ledger.plans.lines import AFTER_ADDITIONS
from qxportal.ui.stored_messages import Message, gettext_stored, message_from


def register() -> None:
    """Register the handler that tells plans of ended changes."""
    if settle_lines not in END_HANDLERS:
        END_HANDLERS.append(settle_lines)


def settle_lines(ended: Sequence[Change]) -> None:
    """Set the results of lines whose changes ended; a plan without lines in progress becomes applied."""
    changes = {change.pk: change for change in ended}
    lines = list(PlanLine.objects.filter(change__in=changes, state=PlanLine.State.SENT).order_by("change", "number"))
    if not lines:
        return
    for pk, carried in groupby(lines, lambda line: line.change_id):
        _settle(changes[pk], list(carried))
    PlanLine.objects.bulk_update(lines, ["state", "outcome"], batch_size=1_000)
    for change in ended:
        if change.partly:
            _refuse_dependants(change, [line for line in lines if line.change_id == change.pk])
    refuse_removals(_not_added(changes, lines))
    finish({line.plan_id for line in lines})


def finish(plans: set[uuid.UUID]) -> None:
    """Mark plans as applied that have no lines in progress."""
    going = PlanLine.objects.filter(plan=OuterRef("pk"), state=PlanLine.State.SENT)
    applying = Plan.objects.filter(pk__in=plans, state=Plan.State.APPLYING)
    applying.exclude(Exists(going)).update(state=Plan.State.APPLIED)


def refuse_removals(not_added: Iterable[PlanLine]) -> None:
    """Refuse removals that were to follow additions about the same subject if one of those additions failed.

    Removals wait for the additions anyway, as they overlap on the subject's path.
    """
    failed = {(line.plan_id, line.about): line.label for line in not_added if line.action == Action.ADD and line.about}
    if not failed:
        return
    waiting = PlanLine.objects.filter(
        plan__in={plan for plan, _about in failed},
        about__in={about for _plan, about in failed},
        state=PlanLine.State.SENT,
        change__state=Change.State.PENDING,
        **{f"data__{AFTER_ADDITIONS}": True},
    )
    for line in waiting.select_related("change").order_by("number"):
        if title := failed.get((line.plan_id, line.about)):
            _refuse(line, title)


def _not_added(changes: Mapping[uuid.UUID, Change], lines: Sequence[PlanLine]) -> Iterator[PlanLine]:
    """Lines that were not carried out, and all lines of an import that does not name the rows it left out."""
    for line in lines:
        change = changes.get(line.change_id) if line.change_id else None
        if line.state != PlanLine.State.DONE or (change is not None and not tells_all(change)):
            yield line


def tells_all(change: Change) -> bool:
    """Whether the import names each row that it left out."""
    return len(_left(change)) >= int(change.result.get("ignored_count", 0))


def _refuse_dependants(change: Change, lines: Sequence[PlanLine]) -> None:
    """Refuse lines that depend on rows an import left out, or on any row if the import does not name them."""
    named = tells_all(change)
    keys = {line.key: line.label for line in lines if line.state == PlanLine.State.FAILED or not named}
    waiting = PlanLine.objects.filter(
        change__depends_on=change,
        change__state=Change.State.PENDING,
        state=PlanLine.State.SENT,
        data__instead__in=list(keys),
    )
    for line in waiting.select_related("change").order_by("number"):
        _refuse(line, keys[line.data["instead"]])


def _refuse(line: PlanLine, title: str) -> None:
    """Refuse the change of a line because the named line it depends on failed."""
    words = gettext_stored("Not sent, because “%(title)s” did not go through.", title=title)
    if line.change is not None:
        with suppress(StaleClaim):  # a member withdrew it at this moment
            transition(line.change, Change.State.REFUSED, status_message=words)


def _settle(change: Change, lines: Sequence[PlanLine]) -> None:
    if change.state == Change.State.REFUSED:
        state = PlanLine.State.NOT_SENT if change.never_sent else PlanLine.State.FAILED
        for line in lines:
            line.state, line.outcome = state, change.status_message
        return
    left = _left(change)
    for place, line in enumerate(lines):
        if (len(lines) > 1 and place in left) or (len(lines) == 1 and left):
            line.state, line.outcome = PlanLine.State.FAILED, left.get(place) or next(iter(left.values()))
        else:
            line.state, line.outcome = PlanLine.State.DONE, change.status_message


def _left(change: Change) -> Mapping[int, Message]:
    """Rows that an import left out, by position among its lines, with the reason."""
    return {row["row"] - FIRST: message_from(row["reason"]) for row in change.result.get("ignored", [])}
