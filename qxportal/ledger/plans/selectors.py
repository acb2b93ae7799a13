"""Queries for the pages of plans."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qxportal.accounts.fence import fence_of
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.core.export import MOST_ROWS
from qxportal.ledger import fenced
from qxportal.ledger.job_kinds import APPLY, PREPARE, RECORD
from qxportal.ledger.models import Action, Job, Plan, PlanLine, Undoable
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.plans.lines import STAYING
from qxportal.ledger.plans.registry import kind_of
from qxportal.ui.dates import short_date
from qxportal.ui.labels import STATES

CHUNK = 2_000
COLUMNS = (
    gettext_lazy("Row"),
    gettext_lazy("Action"),
    gettext_lazy("Name"),
    gettext_lazy("Field"),
    gettext_lazy("Now"),
    gettext_lazy("Wanted"),
    gettext_lazy("Reason"),
    gettext_lazy("Undo"),
    gettext_lazy("Result"),
    gettext_lazy("Details"),
)

PLAN_COLUMNS = (
    gettext_lazy("Plan"),
    gettext_lazy("Kind"),
    gettext_lazy("State"),
    gettext_lazy("Lines"),
    gettext_lazy("Made by"),
    gettext_lazy("Made (UTC)"),
    gettext_lazy("Applied by"),
    gettext_lazy("Applied (UTC)"),
    gettext_lazy("Problem"),
)
OF_PLANS = ("", "", "state", "lines", "by", "made", "applied", "applied", "")  # columns of the page


def plans(member: Member) -> QuerySet[Plan]:
    """The organisation's plans; unapplied ones only for members who may apply them."""
    rows = Plan.objects.filter(org=member.org).select_related("org", "job", "undo_of")
    if member.may(Role.ADMIN):
        return rows
    return rows.filter(
        Q(state__in=(Plan.State.APPLYING, Plan.State.APPLIED))
        | Q(made_by=member)
        | Q(pk__in=Plan.shared_with.through.objects.filter(member=member).values("plan"))
    )


def in_part(member: Member, rows: Iterable[Plan]) -> set[uuid.UUID]:
    """Applied plans with lines that failed or were not sent."""
    applied = [plan for plan in rows if plan.state == Plan.State.APPLIED]
    asked = [plan.pk for plan in applied if plan.job is None or plan.job.failed or plan.job.partly]
    left = PlanLine.objects.filter(plan__in=asked, state__in=PlanLine.RETRIABLE).order_by()
    return set(fenced.plan_lines(member, left).values_list("plan", flat=True).distinct()) if asked else set()


def plan_of(member: Member, job: Job) -> Plan | None:
    """The plan that a job prepares or applies, or applied before a retry."""
    number = job.parameters.get("plan") if job.kind == APPLY.name else job.target
    if job.kind not in (APPLY.name, PREPARE.name, RECORD.name) or not number:
        return None
    return plans(member).filter(pk=number).first()


def lines(member: Member, plan: Plan) -> QuerySet[PlanLine]:
    """A plan's lines, without those about the member."""
    return fenced.plan_lines(member, PlanLine.objects.filter(plan=plan)).select_related("change")


def counted(member: Member, plan: Plan) -> dict[str, int]:
    """Counts of a plan's lines by action and by result, and of acting lines that cannot be undone."""
    found = lines(member, plan).order_by()
    counts = dict.fromkeys((*Action.values, *PlanLine.State.values, STAYING), 0)
    if not fence_of(member).keys and plan.unapplied:
        return {**counts, **plan.counts, "retriable": 0, "ended": 0}
    for action, state, undoable, number in (
        found.values("action", "state", "undoable")
        .annotate(n=Count("pk"))
        .values_list("action", "state", "undoable", "n")
    ):
        counts[action] += number
        counts[state] = counts.get(state, 0) + number
        if action in ACTING and undoable == Undoable.NO:
            counts[STAYING] += number
    counts["retriable"] = sum(counts[state] for state in PlanLine.RETRIABLE)
    counts["ended"] = counts["retriable"] + counts[PlanLine.State.DONE]
    return counts


def listed_plans(member: Member, rows: QuerySet[Plan], *, by: Sequence[str]) -> Iterator[Sequence[object]]:
    """Plans as rows of a table, at most 100,000."""
    found = rows.order_by(*by)[:MOST_ROWS].iterator(CHUNK)
    while part := list(islice(found, CHUNK)):
        partly = in_part(member, part)
        for plan in part:
            state = "partly" if plan.pk in partly else plan.state
            yield (
                plan,
                kind_of(plan).label,
                STATES["plan"][state].label,
                plan.acting,
                plan.made_by_name or _("Schedule"),
                f"{plan.made_at:%Y-%m-%d %H:%M:%S}",
                plan.applied_by_name,
                f"{plan.applied_at:%Y-%m-%d %H:%M:%S}" if plan.applied_at else "",
                plan.problem,
            )


def exported(member: Member, plan: Plan) -> Iterator[Sequence[object]]:
    """The lines as rows of a table, one for each field that changes."""
    kind = kind_of(plan)
    for line in lines(member, plan).order_by("number")[:MOST_ROWS].iterator(CHUNK):
        result = line.get_state_display() if line.state else ""
        head = (line.row, Action(line.action).label, line.label)
        tail = (line.reason, undoing(line), result, line.outcome)
        for name, old, new in line.differences or [("", "", "")]:
            yield (*head, kind.field_words(name), shown(plan, name, old), shown(plan, name, new), *tail)


def undoing(line: PlanLine) -> str:
    """Whether a line's effect can be undone, and what stays."""
    if not line.acts:
        return ""
    words = str(Undoable(line.undoable).label)
    return f"{words}: {line.undo_note}" if line.undo_note else words


def shown(plan: Plan, name: str, value: Any) -> str:
    """A value as files show it: its label if it has one."""
    return str(kind_of(plan).words.get(name, {}).get(value, value))


def on_screen(plan: Plan, name: str, value: Any) -> str:
    """A value as pages show it: like `shown`, but days as dates in the reader's language."""
    kind = kind_of(plan)
    if name in kind.days and value and value not in kind.words.get(name, {}):
        return short_date(date.fromisoformat(value))
    return shown(plan, name, value)


def source_words(plan: Plan) -> str:
    """The source of a plan, in words."""
    match plan.source.get("from"):
        case "file":
            return str(plan.source.get("name", ""))
        case "pasted":
            return _("Pasted cells")
        case "rule":
            return _("Rule")
        case "undo" | "plan":
            return _("Another plan")
    return _("Selection")
