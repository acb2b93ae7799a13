"""Bulk changes in the way of a member: planned, and applied at once."""

from collections.abc import Iterable
from uuid import UUID

from assessments.models import Assessment, Subject
from assessments.plans_of_statuses import plan_statuses
from assessments.plans_of_subjects import plan_subjects
from directory.models import Person
from qxportal.accounts.models import Member
from qxportal.ledger.models import Job, Plan
from qxportal.ledger.plans.apply import apply_plan


def set_subject_statuses(
    assessment: Assessment,
    subjects: Iterable[Subject],
    *,
    by: Member,
    status: str,
    close_sessions: bool,
    intent: UUID | None = None,
) -> Job:
    """Mark subjects as done, or reopen them."""
    plan = plan_statuses(
        assessment,
        subjects,
        by=by,
        status=status,
        source={"from": "selection"},
        close_sessions=close_sessions,
        plan_id=intent,
    )
    return applied(plan, by=by)


def add_subjects(assessment: Assessment, people: Iterable[Person], *, by: Member, intent: UUID | None = None) -> Job:
    """Add people to an assessment as subjects."""
    return applied(plan_subjects(assessment, people, by=by, source={"from": "selection"}, plan_id=intent), by=by)


def applied(plan: Plan, *, by: Member) -> Job:
    """The job of an applied plan, with its number typed."""
    return apply_plan(plan, by=by, typed=plan.acting, number_asked=False)
