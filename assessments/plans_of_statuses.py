"""Plans that mark many subjects as done, or reopen them."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments import subject_selectors
from assessments.fence import is_own, others
from assessments.forms import REASON
from assessments.gate import awaiting_of, mark_of_requirements, missing, too_few
from assessments.groups import BEGUN, UNFINISHED, Group, groups_of
from assessments.intents import status_change
from assessments.left_by_rule import AWAITED, DONE, GONE, IN_PROGRESS, SMALL, TOO_FEW, why_left_out
from assessments.models import Assessment, Editions, Evaluation, Subject
from assessments.plan_places import assessment_place
from assessments.timetables import held_run
from qxportal.accounts.models import Member
from qxportal.ledger.fenced import plan_lines
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line, left_alone
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.registry import PlanKind, newest_key, newest_version_of
from qxportal.ledger.plans.sources import SourceRow
from qxportal.ui.stored_messages import Message, gettext_stored, join_stored, ngettext_stored, relationship_stored

BATCH = 2_000


def plan_statuses(
    assessment: Assessment,
    subjects: Iterable[Subject],
    *,
    by: Member,
    status: str,
    source: Mapping[str, Any],
    close_sessions: bool = False,
    plan_id: uuid.UUID | None = None,
) -> Plan:
    """A plan that sets subjects to another status; its author is left out."""
    chosen = [subject for subject in subjects if not is_own(by, subject)]
    if status == Subject.Status.DONE:
        title = ngettext_stored(
            "Mark %(n)s subject of “%(name)s” as done",
            "Mark %(n)s subjects of “%(name)s” as done",
            sum(subject.status != status for subject in chosen),
            name=assessment.name,
        )
    else:
        title = ngettext_stored(
            "Reopen %(n)s subject of “%(name)s”",
            "Reopen %(n)s subjects of “%(name)s”",
            sum(subject.status != status for subject in chosen),
            name=assessment.name,
        )
    return make_plan(
        assessment.org,
        STATUSES.name,
        (SourceRow(values={"subject": subject.vendor_id}) for subject in chosen),
        by=by,
        title=title,
        source=source,
        options={"status": status, "close_sessions": close_sessions},
        assessment_id=assessment.vendor_id,
        plan_id=plan_id,
    )


def plan_by_rule(
    assessment: Assessment,
    rule: Mapping[str, int],
    *,
    by: Member,
    plan_id: uuid.UUID | None = None,
    careful: bool = False,
    leave_begun: bool = False,
) -> Plan:
    """A plan that marks subjects as done who have enough finished evaluations in each relationship of the rule.

    A `careful` plan is made by a worker for a timetable: it is ready at once whatever its size, and it leaves out
    subjects with groups that a report would hide, and with `leave_begun` those with evaluations in progress.
    """
    return make_plan(
        assessment.org,
        STATUSES.name,
        _waiting(assessment, by),
        by=by,
        title=gettext_stored("Mark subjects of “%(name)s” as done by a rule", name=assessment.name),
        source={"from": "rule", "rule": dict(rule)},
        options={
            "status": Subject.Status.DONE.value,
            "close_sessions": False,
            "rule": dict(rule),
            "careful": careful,
            "leave_begun": leave_begun,
        },
        assessment_id=assessment.vendor_id,
        plan_id=plan_id,
        at_once=careful,
    )


def _waiting(assessment: Assessment, member: Member) -> list[SourceRow]:
    """Subjects who are not done, except the member."""
    waiting = subject_selectors.subjects_of(assessment).filter(status=Subject.Status.WAITING)
    keys = others(member, waiting).order_by("sort_name", "pk").values_list("vendor_id", flat=True)
    return [SourceRow(values={"subject": key}) for key in keys]


def rule_rows(plan: Plan, member: Member) -> list[SourceRow] | None:
    """The subjects that the plan's rule applies to today."""
    return _waiting(assessment_of(plan), member) if plan.options.get("rule") else None


def assessment_of(plan: Plan) -> Assessment:
    """The assessment that a plan is about."""
    return Assessment.objects.select_related("org").get(org=plan.org, vendor_id=plan.assessment_id)


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Effects of another status on each subject."""
    keys = [str(row.values["subject"]) for row in rows]
    for start in range(0, len(keys), BATCH):
        yield from _lines(plan, keys[start : start + BATCH], plan.options["status"])


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Restores the statuses of subjects who still have the one that was set."""
    for start in range(0, len(done), BATCH):
        part = done[start : start + BATCH]
        there = {subject.vendor_id: subject for subject in _subjects(plan, [line.key for line in part])}
        for before in {line.old["status"] for line in part}:
            wanted = [line for line in part if line.old["status"] == before]
            still = [line.key for line in wanted if line.key in there and there[line.key].status == line.new["status"]]
            yield from _lines(plan, still, before)
            for line in wanted:
                if line.key not in still:
                    yield left_alone(line, gettext_stored("The status has changed since."))


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """One change for each subject."""
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        there = {subject.vendor_id: subject for subject in _subjects(plan, [line.key for line in part])}
        for line in part:
            subject = there.get(line.key)
            if subject is None:
                continue
            subject.status = line.old["status"]  # as the member saw it; newer values lead to a review
            close = bool(plan.options.get("close_sessions")) and plan.undo_of_id is None
            reason = str(plan.options.get("reason", ""))
            yield status_change(subject, line.new["status"], close, uuid.uuid4(), reason), [line]


def _subjects(plan: Plan, keys: Sequence[str]) -> list[Subject]:
    rows = Subject.objects.filter(org=plan.org, assessment__vendor_id=plan.assessment_id, vendor_id__in=keys)
    return list(rows.select_related("assessment"))


def _lines(plan: Plan, keys: Sequence[str], status: str) -> Iterator[Line]:
    there = {subject.vendor_id: subject for subject in _subjects(plan, keys)}
    listed = [subject for subject in there.values() if subject.gone_at is None]
    groups = groups_of(listed) if status == Subject.Status.DONE else {}
    open_ones = _unfinished(listed) if status == Subject.Status.DONE else {}
    told = set(Editions.objects.filter(subject__in=listed).values_list("subject_id", flat=True))
    rule = plan.options.get("rule") if plan.undo_of_id is None else None
    awaiting = awaiting_of(listed) if rule else {}
    for key in keys:
        subject = there.get(key)
        if subject is None or subject.gone_at is not None:
            label, reason = str(subject or key), gettext_stored("No longer a subject of the assessment.")
            yield Line(Action.REFUSE, key, label, reason=reason, data={GONE: True}, about=key)
            continue
        if subject.status == status:
            done = status == Subject.Status.DONE
            reason = gettext_stored("Already done.") if done else gettext_stored("Not done.")
            yield Line(Action.SKIP, key, str(subject), reason=reason, data={DONE: done}, about=key)
            continue
        lacking = [missing(groups.get(subject.pk, ()), rule), awaiting.get(subject.pk, "")] if rule else []
        if any(lacking):
            reason = join_stored(" ", lacking)
            lacks = {TOO_FEW: too_few(groups.get(subject.pk, ()), rule or {}), AWAITED: bool(lacking[1])}
            yield Line(Action.SKIP, key, str(subject), reason=reason, data=lacks, about=key)
            continue
        unanswered, begun = open_ones.get(subject.pk, (0, 0))
        if rule and (left_out := _left_out(plan, begun, groups.get(subject.pk, ()))):
            why, cause = left_out
            yield Line(Action.SKIP, key, str(subject), reason=why, data=cause, about=key)
            continue
        undoable, stays = _undoing(plan, status, begun, told=subject.pk in told)
        yield Line(
            Action.CHANGE,
            key,
            str(subject),
            reason=_warning(unanswered, begun, groups.get(subject.pk, ())) if status == Subject.Status.DONE else "",
            old={"status": subject.status},
            new={"status": status},
            undoable=undoable,
            undo_note=stays,
            data={"begun": begun},
            about=key,
        )


def _left_out(plan: Plan, begun: int, groups: Sequence[Group]) -> tuple[Message, dict[str, object]] | None:
    """The reason why a timetable leaves out a subject who meets the rule, with its cause; None if it does not."""
    if plan.options.get("careful") and (thin := [group.relationship for group in groups if group.thin]):
        return gettext_stored("Too few answers to be shown: %(groups)s.", groups=_named(thin)), {SMALL: thin}
    if plan.options.get("leave_begun") and begun:
        words = ngettext_stored("%(n)s evaluation is in progress.", "%(n)s evaluations are in progress.", begun)
        return words, {IN_PROGRESS: begun}
    return None


def _named(relationships: Iterable[str]) -> Message:
    return join_stored(", ", [relationship_stored(name) for name in relationships])


def _undoing(plan: Plan, status: str, begun: int, *, told: bool) -> tuple[Undoable, Message]:
    if status != Subject.Status.DONE:
        return Undoable.YES, ""
    if begun and plan.options.get("close_sessions"):
        return Undoable.PARTLY, gettext_stored("Evaluations that are recorded as they are stay recorded.")
    if told:
        return Undoable.PARTLY, gettext_stored("An edition of the report that has been created in the meantime stays.")
    return Undoable.YES, ""


def _unfinished(subjects: Sequence[Subject]) -> dict[int, tuple[int, int]]:
    rows = Evaluation.objects.filter(UNFINISHED, subject__in=subjects, gone_at=None).order_by().values("subject_id")
    counted = rows.annotate(unanswered=Count("pk", filter=~BEGUN), begun=Count("pk", filter=BEGUN))
    return {row["subject_id"]: (row["unanswered"], row["begun"]) for row in counted}


def _warning(unanswered: int, begun: int, groups: Sequence[Group]) -> Message:
    thin = [group.relationship for group in groups if group.thin]
    parts = [
        begun and ngettext_stored("%(n)s evaluation is in progress.", "%(n)s evaluations are in progress.", begun),
        unanswered
        and ngettext_stored(
            "%(n)s evaluation has not been started.", "%(n)s evaluations have not been started.", unanswered
        ),
        thin and gettext_stored("Too few answers to be shown: %(groups)s.", groups=_named(thin)),
        not groups and gettext_stored("No one evaluates this subject."),
    ]
    return join_stored(" ", parts)


class StatusesForm(forms.Form):
    """Handling of evaluations in progress, and the reason; recording answers requires the number of subjects."""

    close_sessions = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=REASON)

    def __init__(self, posted: Any, plan: Plan) -> None:
        super().__init__(posted)
        self.begun = plan.lines.filter(action__in=ACTING, data__begun__gt=0).exists()

    @property
    def number_asked(self) -> bool:
        """Whether the choice cannot be taken back."""
        return self.begun and bool(self.cleaned_data["close_sessions"])


def context(member: Member, plan: Plan) -> dict[str, Any]:
    """Page context for all chosen subjects together."""
    acting = plan.lines.filter(action__in=ACTING)
    chosen = Subject.objects.filter(
        org=plan.org, assessment__vendor_id=plan.assessment_id, vendor_id__in=acting.values("key")
    )
    done = acting.filter(new__status=Subject.Status.DONE).exists()
    assessment = assessment_of(plan)
    left_out: Message = ""
    if plan.options.get("rule") and plan.undo_of_id is None and not plan.acting:
        lines = plan_lines(member, plan.lines.all())
        left_out = why_left_out(lines, assessment, by=plan.made_by, seen_by=member)
    return {
        "assessment": assessment,
        "left_out": left_out,
        "run": held_run(plan),
        "marks_done": done,
        "unfinished": subject_selectors.unfinished_of(member, chosen) if done else {},
        "editions": 0 if done else subject_selectors.with_edition(chosen).count(),
    }


def details(member: Member, plan: Plan, lines: Sequence[PlanLine]) -> dict[str, Any]:
    """How ready each subject of a page is."""
    rows = _subjects(plan, [line.key for line in lines if line.acts])
    return {one.subject.vendor_id: one for one in subject_selectors.readiness_of(member, rows)}


def verb(plan: Plan) -> str:
    """The words of the button."""
    done = plan.lines.filter(action__in=ACTING, new__status=Subject.Status.DONE).exists()
    if done:
        return ngettext("Mark %(n)s subject as done", "Mark %(n)s subjects as done", plan.acting) % {"n": plan.acting}
    return ngettext("Reopen %(n)s subject", "Reopen %(n)s subjects", plan.acting) % {"n": plan.acting}


def back(plan: Plan) -> str:
    """The list of subjects."""
    return reverse("assessments:subjects", args=(plan.org.slug, assessment_of(plan).pk))


def mark(plan: Plan) -> str:
    """The newest version of the assessment and its records, and its newest rows, which have no version yet.

    For a plan by a rule the requirements for reports as well.
    """
    assessment = assessment_of(plan)
    newest = (newest_key(rows.all()) for rows in (assessment.evaluations, assessment.subjects))
    rows = ".".join(map(str, (newest_version_of(assessment.pk), *newest)))
    return f"{rows}|{mark_of_requirements(assessment)}" if plan.options.get("rule") else rows


def listings(plan: Plan) -> tuple[str, ...]:
    """The listings that show joins and departures in the assessment."""
    return f"subjects:{plan.assessment_id}", f"evaluations:{plan.assessment_id}"


STATUSES = PlanKind(
    name="statuses",
    label=_("Statuses of subjects"),
    validate=validate,
    rule_rows=rule_rows,
    intents=intents,
    undo=undo,
    mark=mark,
    fields={"status": _("Status")},
    words={"status": dict(Subject.Status.choices)},
    form=StatusesForm,
    template="assessments/_plan_statuses.html",
    context=context,
    line_template="assessments/_plan_readiness.html",
    details=details,
    verb=verb,
    back=back,
    place=assessment_place,
)
