"""Action plans of report subjects: goals as sent and stored, and sharing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.engine.models import ActionPlan, ActionPlanShare, Participant, Person, PersonalLink, ReportAccess
from qxportal.engine.people import devices, stored_reports
from qxportal.engine.reports.results import Goal
from qxportal.engine.site.questionnaire.reading import refusal
from qxportal.engine.site.report_people import ReportPerson
from qxportal.engine.site.visitors import Visitor

MOST_GOALS, BLANKS = 5, 3
LONGEST_GOAL, LONGEST_STEPS = 200, 1_000  # characters
FARTHEST = timedelta(days=3 * 366)  # range of dates around today


class ChangedElsewhereError(Exception):
    """The plan was saved on another device since this page was opened."""


@dataclass(frozen=True, slots=True)
class Row:
    """One goal as in its form fields, with the reasons why it is invalid."""

    number: int
    goal: str = ""
    steps: str = ""
    due: str = ""
    problems: Mapping[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether all fields are empty."""
        return not (self.goal or self.steps or self.due)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person with whom the plan is or could be shared."""

    id: str
    name: str
    words: str
    shared: bool


def plan_of(access: ReportAccess) -> ActionPlan:
    """The action plan of a report's subject; an unsaved one if there is none."""
    found = ActionPlan.objects.filter(subject=access.subject_id).first()
    return found or ActionPlan(subject=access.subject, brand_id=access.brand_id)


def joined_plan(access: ReportAccess) -> ActionPlan:
    """The plan that the access's query joined, without a further query; may be older than from `plan_of`."""
    found: ActionPlan | None = getattr(access.subject, "action_plan", None)
    return found or ActionPlan(subject=access.subject, brand_id=access.brand_id)


def rows(plan: ActionPlan) -> list[Row]:
    """The goals, followed by empty ones to fill in."""
    kept = [Row(number, **goal) for number, goal in enumerate(plan.goals, start=1)]
    wanted = min(MOST_GOALS, max(BLANKS, len(kept) + 1))
    return kept + [Row(number) for number in range(len(kept) + 1, wanted + 1)]


def sent(data: Mapping[str, str]) -> tuple[list[Row], bool]:
    """The goals sent by a page, without empty ones, and whether all are valid."""
    found = []
    for number in range(1, MOST_GOALS + 1):
        goal, due = (data.get(f"{name}-{number}", "").strip() for name in ("goal", "due"))
        steps = data.get(f"steps-{number}", "").replace("\r\n", "\n").strip()
        found.append(Row(number, goal, steps, due))
    filled = [replace(row, number=number) for number, row in enumerate((r for r in found if not r.is_empty), start=1)]
    checked = [replace(row, problems=_problems(row)) for row in filled]
    return checked, not any(row.problems for row in checked)


def _problems(row: Row) -> dict[str, str]:
    goal = refusal(row.goal, most=LONGEST_GOAL) or ("" if row.goal else _("Say what you want to reach."))
    found = {"goal": goal, "steps": refusal(row.steps, most=LONGEST_STEPS), "due": _no_day(row.due)}
    return {name: words for name, words in found.items() if words}


def _no_day(written: str) -> str:
    try:
        day = date.fromisoformat(written) if written else None
    except ValueError:
        return _("Enter a date such as 2026-11-24.")
    if day is not None and abs(day - timezone.localdate()) > FARTHEST:
        return _("Enter a date within three years from today.")
    return ""


def keep(plan: ActionPlan, goals: Sequence[Row], *, in_pdf: bool, revision: int, mark: str) -> ActionPlan:
    """Store the plan; raises ChangedElsewhereError if it changed since it was shown.

    `mark`: the device's, which may not be allowed to show what was saved meanwhile.
    """
    with transaction.atomic(using="engine"):
        subject = Participant.objects.select_for_update().get(pk=plan.subject_id)
        held = ActionPlan.objects.filter(subject=subject).first() or ActionPlan(subject=subject, brand_id=plan.brand_id)
        if held.revision != revision or devices.is_plan_hidden(mark, held):
            raise ChangedElsewhereError
        held.goals = [{"goal": row.goal, "steps": row.steps, "due": row.due} for row in goals]
        held.in_pdf, held.revision, held.saved_at, held.mark = in_pdf, revision + 1, timezone.now(), mark
        held.save()
        stored_reports.forget(Q(pk=subject.pk), Q(person=subject.person_id))
        return held


def goals(plan: ActionPlan) -> tuple[Goal, ...]:
    """The goals of a plan."""
    return tuple(
        Goal(goal=row["goal"], steps=row["steps"], due=date.fromisoformat(row["due"]) if row["due"] else None)
        for row in plan.goals
    )


def candidates(plan: ActionPlan, people: Sequence[ReportPerson]) -> list[Candidate]:
    """People with whom the plan is or could be shared: the subject's managers and the report's readers."""
    others = [one for one in people if one.person.pk != plan.subject.person_id]
    ordered = sorted(others, key=lambda one: (not one.manages, str(one.person), one.person.pk))
    return [
        Candidate(one.person.public_id, str(one.person), _("Manager") if one.manages else "", one.shared)
        for one in ordered
    ]


def share(plan: ActionPlan, offered: Sequence[Candidate], chosen: Sequence[str]) -> None:
    """Share the plan with the chosen candidates, and withdraw it from all others."""
    wanted = {one.id for one in offered} & set(chosen)
    with transaction.atomic(using="engine"):
        ActionPlanShare.objects.filter(plan=plan).exclude(person__public_id__in=wanted).delete()
        people = Person.objects.filter(public_id__in=wanted, removed_at=None, org_structure__brand=plan.brand_id)
        ActionPlanShare.objects.bulk_create(
            [ActionPlanShare(plan=plan, person=person, brand_id=plan.brand_id) for person in people],
            ignore_conflicts=True,
        )


def shared_with(person: Person, visitor: Visitor) -> list[ActionPlan]:
    """Non-empty plans that others share with a person.

    None on devices signed in by a letter or test mail, which others have seen. On devices signed in by a link to a
    changed address, only plans shared since the change.
    """
    if visitor.saw_others:
        return []
    brand = person.org_structure.brand_id
    there: dict[str, Any] = {"subject__removed_at": None, "subject__person__removed_at": None}
    if visitor.mark:
        there["shares__shared_at__gt"] = PersonalLink.objects.filter(person=person).values("address_changed_at")
    found = ActionPlan.objects.filter(shares__person=person, brand=brand, **there).exclude(goals=[])
    return list(found.select_related("subject__person", "subject__assessment").order_by("pk"))


def listed(plan: ActionPlan) -> dict[str, Any]:
    """A plan as template context for lists."""
    return {
        "id": plan.public_id,
        "subject": plan.subject.person,
        "assessment": plan.subject.assessment.name,
        "day": plan.saved_at,
    }
