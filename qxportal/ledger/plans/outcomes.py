"""What became of the lines of a plan: each follows the change that carries it."""

import uuid
from collections.abc import Mapping, Sequence
from itertools import groupby

from django.db.models import Exists, OuterRef

from qxportal.ledger.models import Change, Plan, PlanLine
from qxportal.ledger.outbox.ignored_rows import FIRST
from qxportal.ledger.outbox.transitions import END_HANDLERS
from qxportal.ui.stored_messages import Message, message_from


def register() -> None:
    """Have the outbox tell plans of changes that came to their end."""
    if settle_lines not in END_HANDLERS:
        END_HANDLERS.append(settle_lines)


def settle_lines(ended: Sequence[Change]) -> None:
    """Give the lines of ended changes their outcome; a plan whose last line ended is applied."""
    changes = {change.pk: change for change in ended}
    lines = list(PlanLine.objects.filter(change__in=changes, state=PlanLine.State.SENT).order_by("change", "number"))
    if not lines:
        return
    for pk, carried in groupby(lines, lambda line: line.change_id):
        _settle(changes[pk], list(carried))
    PlanLine.objects.bulk_update(lines, ["state", "outcome"], batch_size=1_000)
    finish({line.plan_id for line in lines})


def finish(plans: set[uuid.UUID]) -> None:
    """Plans none of whose lines is in progress are applied."""
    going = PlanLine.objects.filter(plan=OuterRef("pk"), state=PlanLine.State.SENT)
    applying = Plan.objects.filter(pk__in=plans, state=Plan.State.APPLYING)
    applying.exclude(Exists(going)).update(state=Plan.State.APPLIED)


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
    """The rows of an import that were not taken, by their place among its lines, with the reason."""
    return {row["row"] - FIRST: message_from(row["reason"]) for row in change.result.get("ignored", [])}
