"""Background work of timetables: each run makes at most one plan, which applies itself after its hold."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from assessments import timetable_mail
from assessments.job_kinds import TIMETABLE
from assessments.left_by_rule import why_left_out
from assessments.models import Assessment, Timetable, TimetableRun
from assessments.plans_of_statuses import plan_by_rule
from assessments.timetables import next_time
from qxportal.accounts.models import WORKING, Member
from qxportal.accounts.portal_mail import queue_mail
from qxportal.accounts.roles import Role
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.limits import TooManyJobs
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, start
from qxportal.ledger.models import Job, Plan
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.outbox.fencing import may_call
from qxportal.ledger.plans.apply import apply_plan, discard_plan, may_apply
from qxportal.ledger.plans.make import revise
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, message_of, ngettext_stored

log = structlog.get_logger(__name__)
APART = timedelta(hours=1)  # after a job that failed
KEPT = timedelta(days=400)
FAILED = (Job.State.FAILED, Job.State.PARKED, Job.State.CANCELLED)
State = TimetableRun.State


class _Nothing(Exception):
    """No subject meets the rule, so no plan is kept; gives the reason."""

    def __init__(self, why: Message) -> None:
        super().__init__()
        self.why = why


def start_due_timetables() -> int:
    """Start the jobs of timetables that are due, or whose plan's hold is over; returns their number."""
    if not may_call():
        return 0
    now = timezone.now()
    held = TimetableRun.objects.filter(timetable=OuterRef("pk"), state=State.HELD, applies_at__lte=now)
    due = Timetable.objects.filter(**{f"org__{name}": value for name, value in WORKING.items()})
    due = due.filter(Q(state=Timetable.State.ACTIVE, next_run_at__lte=now) | Exists(held))
    started = 0
    for timetable in due.select_related("org", "assessment", "set_by__user").order_by("next_run_at", "pk"):
        target = str(timetable.pk)
        ended = Job.objects.filter(org=timetable.org, kind=TIMETABLE.name, target=target, finished_at__gt=now - APART)
        if ended.filter(state__in=FAILED).exists():
            continue
        title = gettext_stored("Mark subjects of “%(name)s” as done by a rule", name=timetable.assessment.name)
        try:
            start(timetable.org, TIMETABLE, by=timetable.set_by, target=target, title=title)
        except TooManyJobs:
            log.warning("timetable_waits", timetable=timetable.pk)
            continue
        started += 1
    return started


@job(TIMETABLE)
def run_timetable(row: Job) -> Message:
    """Make a due plan, and apply one whose hold is over (a job)."""
    expect(row, 0)
    mine = Timetable.objects.filter(org=row.org, pk=int(row.target))
    number = mine.values_list("pk", flat=True).first()
    if number is None:
        return gettext_stored("The timetable was deleted.")
    make_due_plan(number)
    runs = TimetableRun.objects.filter(timetable=number)
    for held in runs.filter(state=State.HELD, applies_at__lte=timezone.now()).values_list("pk", flat=True):
        apply_held_plan(held)
    return gettext_stored("The timetable was carried out.")


def make_due_plan(number: int) -> None:
    """Make the due plan of a timetable and set its next time, in one transaction."""
    now = timezone.now()
    with transaction.atomic():
        rows = Timetable.objects.select_for_update(of=("self",)).select_related(
            "org", "assessment__org", "set_by__user"
        )
        timetable = rows.filter(pk=number).first()
        if timetable is None or timetable.state != Timetable.State.ACTIVE:
            return
        if timetable.next_run_at is None or timetable.next_run_at > now:
            return
        run = TimetableRun(org=timetable.org, timetable=timetable, due_at=timetable.next_run_at, ran_at=now)
        timetable.next_run_at = next_time(timetable, now)
        if timetable.next_run_at is None:
            timetable.state = Timetable.State.ENDED
        if not TimetableRun.objects.filter(timetable=timetable, due_at=run.due_at).exists():  # a clock went back
            _plan(timetable, run)
            run.save(force_insert=True)
            if run.state == State.WAITING or (run.state == State.HELD and timetable.hold_hours):
                _tell_members(run)
            timetable.runs.filter(due_at__lt=now - KEPT).delete()
        timetable.save(update_fields=["state", "next_run_at", "problem"])


def _plan(timetable: Timetable, run: TimetableRun) -> None:
    run.state = State.NOTHING
    by = timetable.set_by
    if by is None or not by.may(Role.EDITOR):
        run.state, run.outcome = State.STOPPED, _no_right(timetable)
        timetable.state, timetable.next_run_at, timetable.problem = Timetable.State.PAUSED, None, run.outcome
        return
    assessment = timetable.assessment
    if assessment.gone_at is not None or assessment.status != Assessment.Status.ACTIVE:
        run.outcome = gettext_stored("The assessment is not active.")
        return
    if timetable.runs.filter(plan__state=Plan.State.READY).exists():
        run.outcome = gettext_stored("An earlier plan of the timetable was neither applied nor discarded.")
        return
    try:
        with transaction.atomic():
            plan = plan_by_rule(assessment, timetable.rule, by=by, careful=True, leave_begun=timetable.leave_begun)
            if not plan.acting:
                raise _Nothing(why_left_out(plan.lines.all(), assessment, by=by))
    except _Nothing as nothing:
        run.outcome = join_stored(" ", [gettext_stored("No subject meets the rule."), nothing.why])
        return
    run.plan, run.shown = plan, acting_keys(plan)
    run.state, run.applies_at = State.HELD, run.ran_at + timedelta(hours=timetable.hold_hours)
    if plan.acting > timetable.most:
        run.state, run.applies_at = State.WAITING, None
        run.outcome = ngettext_stored(
            "%(n)s subject meets the rule, which is more than the timetable may mark by itself.",
            "%(n)s subjects meet the rule, which is more than the timetable may mark by itself.",
            plan.acting,
        )


def _no_right(timetable: Timetable) -> Message:
    return gettext_stored("%(name)s may no longer mark subjects as done.", name=timetable.set_by_name)


def acting_keys(plan: Plan) -> list[str]:
    """Keys of the acting lines."""
    return list(plan.lines.filter(action__in=ACTING).order_by("number").values_list("key", flat=True))


def apply_held_plan(number: int) -> None:
    """Apply a plan whose hold is over, if its lines are the announced ones or fewer."""
    with transaction.atomic():
        rows = TimetableRun.objects.select_for_update(of=("self",)).filter(pk=number, state=State.HELD)
        related = "org", "plan", "timetable__org", "timetable__assessment", "timetable__set_by__user"
        run = rows.select_related(*related).first()
        if run is None or run.applies_at is None or run.applies_at > timezone.now():
            return
        run.state, run.outcome = _applied(run)
        run.save(update_fields=["state", "outcome"])
        if run.state == State.WAITING:
            _tell_members(run)


def _applied(run: TimetableRun) -> tuple[TimetableRun.State, Message]:
    plan = Plan.objects.select_related("org", "job", "undo_of").filter(timetable_run=run).first()
    if plan is None or plan.state == Plan.State.DISCARDED:
        return State.STOPPED, ""
    if plan.state in (Plan.State.APPLYING, Plan.State.APPLIED):
        return State.APPLIED, ""
    by = run.timetable.set_by
    if by is None or not by.may(Role.EDITOR):
        return State.WAITING, _no_right(run.timetable)
    try:
        with transaction.atomic():
            revise(plan)
            more = len(set(acting_keys(plan)) - set(run.shown))
            if more:
                return State.WAITING, ngettext_stored(
                    "%(n)s line was not in the plan when it was announced.",
                    "%(n)s lines were not in the plan when it was announced.",
                    more,
                )
            if not plan.acting:
                why = why_left_out(plan.lines.all(), run.timetable.assessment, by=by)
                discard_plan(plan, by=by)
                return State.NOTHING, join_stored(" ", [gettext_stored("No subject meets the rule any more."), why])
            apply_plan(plan, by=by, typed=plan.acting)
    except ActionRefused as refused:
        return State.WAITING, message_of(refused)
    return State.APPLIED, ""


def _tell_members(run: TimetableRun) -> None:
    """Queue a mail to each member who may apply the plan, in the caller's transaction."""
    if run.plan is None:
        return
    for member in Member.objects.filter(org=run.org, user__is_active=True).select_related("user", "org").order_by("pk"):
        if may_apply(member, run.plan):
            queue_mail(run.org, timetable_mail.KIND, member=member, about={"run": run.pk, "state": run.state})
