"""Timetables of rules: set, paused, resumed and deleted by members; timetable_runs.py makes their plans."""

import uuid
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.fence import is_assessed_in
from assessments.groups import relationship_order
from assessments.models import Assessment, Timetable, TimetableRun
from qxportal.accounts.audit import note
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.apply import about
from qxportal.ledger.plans.selectors import plans
from qxportal.ui.stored_messages import Message, gettext_stored

MOST = 20  # timetables of one assessment
OPEN = (TimetableRun.State.HELD, TimetableRun.State.WAITING, TimetableRun.State.STOPPED)  # while the plan is ready


@dataclass(frozen=True)
class TimetableRow:
    """A timetable with its last time, as the member sees it."""

    timetable: Timetable
    rule: list[tuple[str, int]]  # built-in relationships first
    last: TimetableRun | None
    state: str  # of the last run; a person's action on the plan counts
    plan: Plan | None
    outcome: Message


def zone_of(timetable: Timetable) -> ZoneInfo:
    """The time zone that its times are meant in."""
    return ZoneInfo(timetable.org.time_zone)


def next_time(timetable: Timetable, after: datetime) -> datetime | None:
    """The first time after a moment; None if there is none."""
    zone = zone_of(timetable)
    day = max(timetable.first_on, after.astimezone(zone).date())
    for date in (day, day + timedelta(days=1)):
        moment = datetime.combine(date, timetable.at, tzinfo=zone)
        if date <= timetable.last_on and moment > after:
            return moment
    return None


def save_timetable(
    assessment: Assessment, values: Mapping[str, Any], *, by: Member, known: Timetable | None = None
) -> Timetable:
    """Create or change a timetable; from now on it acts with the rights of the member."""
    with transaction.atomic():
        Assessment.objects.select_for_update(no_key=True).get(pk=assessment.pk)
        if known is None and Timetable.objects.filter(assessment=assessment).count() >= MOST:
            raise ActionRefused(_("An assessment has at most %(most)s timetables. Delete one first.") % {"most": MOST})
        timetable = known or Timetable(org=assessment.org, assessment=assessment)
        for name, value in values.items():
            setattr(timetable, name, value)
        timetable.set_by, timetable.set_by_name, timetable.set_at = by, str(by), timezone.now()
        timetable.state, timetable.problem = Timetable.State.ACTIVE, ""
        timetable.next_run_at = next_time(timetable, timezone.now())
        if timetable.next_run_at is None:
            raise ActionRefused(_("All of these times have passed. Choose a later day or time."))
        timetable.save()
        if known is not None:
            stop_held(timetable, gettext_stored("The timetable was changed."))
        note(assessment.org, by=by, verb="timetable.set", target=assessment.vendor_id, words=assessment.name)
    return timetable


def pause_timetable(timetable: Timetable, *, by: Member) -> None:
    """Pause a timetable until it is resumed; a held plan waits for a person."""
    with transaction.atomic():
        live = Timetable.objects.filter(pk=timetable.pk, state=Timetable.State.ACTIVE)
        if live.update(state=Timetable.State.PAUSED, next_run_at=None):
            note(timetable.org, by=by, verb="timetable.paused", words=timetable.assessment.name)
        stop_held(timetable, gettext_stored("The timetable was paused."))


def resume_timetable(timetable: Timetable, *, by: Member) -> None:
    """Make plans again, with the rights of the resuming member; times that passed meanwhile are skipped."""
    with transaction.atomic():
        locked = Timetable.objects.select_for_update(of=("self",)).select_related("org").get(pk=timetable.pk)
        if locked.state != Timetable.State.PAUSED:
            return
        upcoming = next_time(locked, timezone.now())
        if upcoming is None:
            raise ActionRefused(_("All of its times have passed. Edit the timetable to choose later ones."))
        locked.state, locked.next_run_at, locked.problem = Timetable.State.ACTIVE, upcoming, ""
        locked.set_by, locked.set_by_name = by, str(by)
        locked.save(update_fields=["state", "next_run_at", "problem", "set_by", "set_by_name"])
        note(timetable.org, by=by, verb="timetable.resumed", words=timetable.assessment.name)


def delete_timetable(timetable: Timetable, *, by: Member) -> None:
    """Delete a timetable; its plans stay, and a held one waits for a person."""
    with transaction.atomic():
        Timetable.objects.filter(pk=timetable.pk).delete()
        note(timetable.org, by=by, verb="timetable.deleted", words=timetable.assessment.name)


def stop_held(timetable: Timetable, why: Message) -> int:
    """Let held plans wait for a person; returns their number."""
    return timetable.runs.filter(state=TimetableRun.State.HELD).update(state=TimetableRun.State.STOPPED, outcome=why)


def keep_for_a_person(run: TimetableRun, *, by: Member) -> bool:
    """Keep a held plan from applying itself; returns whether that was still possible."""
    with transaction.atomic():
        held = TimetableRun.objects.filter(pk=run.pk, state=TimetableRun.State.HELD)
        stopped = held.update(
            state=TimetableRun.State.STOPPED, outcome=gettext_stored("Stopped by %(name)s.", name=str(by))
        )
        if stopped:
            note(run.org, by=by, verb="timetable.stopped", words=run.timetable.assessment.name, plan=str(run.plan_id))
    return bool(stopped)


def timetables_of(member: Member, assessment: Assessment) -> list[TimetableRow]:
    """The assessment's timetables; the results are hidden from a member who is a subject."""
    rows = list(Timetable.objects.filter(assessment=assessment).select_related("org").order_by("pk"))
    runs = TimetableRun.objects.filter(timetable__in=rows).order_by("timetable_id", "-due_at", "-pk")
    runs = runs.distinct("timetable_id").select_related("plan")
    last = {run.timetable_id: run for run in runs}
    ready = runs.filter(plan__state=Plan.State.READY)  # one that a person left undecided keeps later ones away
    undecided = {run.timetable_id: run.plan for run in ready}
    own = is_assessed_in(member, assessment)
    shown = [plan.pk for plan in (*(run.plan for run in last.values()), *undecided.values()) if plan]
    visible = set(plans(member).filter(pk__in=shown).values_list("pk", flat=True))
    return [
        _row(timetable, last.get(timetable.pk), undecided.get(timetable.pk), own=own, visible=visible)
        for timetable in rows
    ]


def _row(
    timetable: Timetable, run: TimetableRun | None, undecided: Plan | None, *, own: bool, visible: Container[uuid.UUID]
) -> TimetableRow:
    rule = sorted(timetable.rule.items(), key=lambda item: relationship_order(item[0]))
    if run is None or own:
        return TimetableRow(timetable, rule, run, "", None, "")
    plan = undecided or run.plan
    shown = plan if plan is not None and plan.pk in visible else None
    return TimetableRow(timetable, rule, run, state_of(run), shown, run.outcome)


def state_of(run: TimetableRun) -> str:
    """State of the run's plan, including a person's action."""
    if run.plan is not None and run.state in OPEN:
        if run.plan.state in (Plan.State.APPLYING, Plan.State.APPLIED):
            return TimetableRun.State.APPLIED
        if run.plan.state == Plan.State.DISCARDED:
            return TimetableRun.State.STOPPED
    return run.state


def open_runs(member: Member) -> list[TimetableRun]:
    """Plans that apply themselves soon or wait for a person, of those that the member may apply."""
    if not member.may(Role.EDITOR):
        return []
    rows = TimetableRun.objects.filter(org=member.org_id, state__in=OPEN, plan__state=Plan.State.READY)
    rows = rows.exclude(state=TimetableRun.State.STOPPED, timetable__state=Timetable.State.PAUSED)
    seen = rows.filter(plan__in=plans(member)).select_related("plan__org", "timetable__assessment")
    return [run for run in seen.order_by("applies_at", "pk")[:MOST] if run.plan and not about(member, run.plan)]


def held_run(plan: Plan) -> TimetableRun | None:
    """The time of a timetable that applies this plan by itself, if it does."""
    rows = TimetableRun.objects.filter(plan=plan, state__in=OPEN).select_related("timetable__assessment", "org")
    return rows.first()


def paused_by_a_problem(member: Member) -> list[Timetable]:
    """Timetables paused because the member who set them lost the right to act."""
    if not member.may(Role.EDITOR):
        return []
    rows = Timetable.objects.filter(org=member.org_id, state=Timetable.State.PAUSED, assessment__gone_at=None)
    return list(rows.exclude(problem="").select_related("assessment", "org").order_by("pk")[:MOST])
