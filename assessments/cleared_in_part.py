"""Evaluators missing after a partly executed import that cleared all relationships."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assessments.clearing import CLEARED, clears_all
from assessments.plans_of_statuses import assessment_of, listings
from assessments.selectors import standing
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import plan_lines
from qxportal.ledger.models import Action, Change, Plan, PlanLine, ResourceSync
from qxportal.ledger.plans.apply import has_plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.outcomes import tells_all
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.stored_messages import gettext_stored

KIND = "evaluators"
NAMED = 50  # evaluators that the page lists
# The fields of a row that asks an evaluator again; people of the directory are named by their identifier alone.
FIELDS = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "subject_unique_id": "SubjectUniqueIdentifier",
    "relationship": "Relationship",
}


@dataclass(frozen=True)
class MissingEvaluator:
    """A plan line whose evaluator is not an evaluator now, and whether it was one before the import."""

    line: PlanLine
    before: bool

    @property
    def row(self) -> Mapping[str, str]:
        """The row that asks the evaluator."""
        row: Mapping[str, str] = self.line.data["row"]
        return row

    @property
    def again(self) -> SourceRow:
        """The row that asks the evaluator once more."""
        values = {name: self.row[title] for name, title in FIELDS.items()}
        name, title = ("unique_id", "UniqueIdentifier") if self.row["UniqueIdentifier"] else ("email", "Email")
        return SourceRow(self.line.row, {**values, name: self.row[title]})


@dataclass(frozen=True)
class ClearedInPart:
    """Result of a plan that cleared relationships; `unread`: the mirror is older than the import."""

    missing: Sequence[MissingEvaluator]
    unread: bool

    @property
    def named(self) -> Sequence[MissingEvaluator]:
        """The missing evaluators that the page lists."""
        return self.missing[:NAMED]

    @property
    def more(self) -> int:
        """The number of missing evaluators that the page does not list."""
        return len(self.missing) - len(self.named)


def cleared_in_part(member: Member, plan: Plan) -> ClearedInPart | None:
    """Evaluators missing after a plan that cleared relationships; None unless it was carried out in part.

    Lines about the member are left out. An evaluator that the import was meant to remove is not missing.
    """
    if plan.state != Plan.State.APPLIED or not clears_all(plan):
        return None
    change = Change.objects.filter(plan_lines__plan=plan, parameters__clear=True).order_by("number").first()
    if change is None or change.never_sent:
        return None
    lines = plan_lines(member, plan.lines.filter(data__has_key="row")).order_by("number")
    asked = {_pair(line): line for line in lines if line.action == Action.ADD}
    going = {_pair(line): line for line in lines if line.key.startswith(CLEARED)}
    told = "count" in change.result and tells_all(change)  # not if a member decided about an unknown outcome
    left = {pair: line for pair, line in asked.items() if line.state != PlanLine.State.DONE or not told}
    left |= {
        pair: line for pair, line in going.items() if line.state != PlanLine.State.DONE and pair not in asked
    }  # the outcome was unclear, so they may exist or not
    if not left:
        return None
    listed = standing(assessment_of(plan)).filter(missing_since=None)
    there = set[tuple[str, str]]()
    for subject, key, email in listed.values_list("subject_key", "evaluator_key", "evaluator_email"):
        there |= {(subject, key), (subject, email.lower())}
    missing = [MissingEvaluator(line, pair in going) for pair, line in left.items() if pair not in there]
    read = ResourceSync.objects.filter(org=plan.org, resource__in=listings(plan))
    unread = change.settled_at is not None and read.filter(seen_at__lt=change.settled_at).exists()
    return ClearedInPart(missing, unread) if missing or unread else None


def _pair(line: PlanLine) -> tuple[str, str]:
    row = line.data["row"]
    return row["SubjectUniqueIdentifier"], row["UniqueIdentifier"] or row["Email"].lower()


def plan_missing(plan: Plan, *, by: Member) -> Plan:
    """A plan that adds the missing evaluators again; raises ActionRefused if none is missing."""
    if not has_plan(by, plan):
        raise ActionRefused(
            _("Only the member who made this plan, an admin or a member it is shared with can do this.")
        )
    found = cleared_in_part(by, plan)
    if found is None or not found.missing:
        raise ActionRefused(_("No evaluator is missing."))
    if found.unread:
        words = _("The lists have not been read since this plan was applied. Wait for the next sync and try again.")
        raise ActionRefused(words)
    return make_plan(
        plan.org,
        KIND,
        [one.again for one in found.missing],
        by=by,
        title=gettext_stored("Ask missing evaluators again: %(title)s", title=plan.title),
        source={"from": "plan", "plan": str(plan.pk)},
        assessment_id=plan.assessment_id,
        plan_id=plan.pk,
    )


def result_of_clearing(member: Member, plan: Plan) -> Mapping[str, Any]:
    """The missing evaluators, for the page of an applied plan."""
    return {"in_part_cleared": cleared_in_part(member, plan)}
