"""Undo of an import of evaluators: removes evaluators who have not begun, and restores relationships."""

from collections.abc import Iterator, Mapping, Sequence

from assessments.clearing import CLEARED, MANAGED, clears, managers_now, uncleared
from assessments.external_people import NEW_PERSON
from assessments.group_effects import with_groups
from assessments.models import Assessment, Evaluation, Subject
from assessments.plans_of_statuses import assessment_of
from assessments.plans_of_subjects import why_not_removed, with_answers
from qxportal.accounts.capabilities import may_ask
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.plans.lines import Line
from qxportal.threesixty.calls.evaluators import GetEvaluators
from qxportal.ui.stored_messages import gettext_stored

ADDING = "subject:"  # begins the key of a line that adds a subject


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Remove evaluators who have not begun, if the survey service supports removing evaluators."""
    assessment = assessment_of(plan)
    return with_groups(assessment, _lines_back(plan, assessment, done))


def _lines_back(plan: Plan, assessment: Assessment, done: Sequence[PlanLine]) -> Iterator[Line]:
    can = may_ask(plan.org, GetEvaluators)
    again = {line.key.removeprefix(CLEARED) for line in done if clears(line)}
    listed = Evaluation.objects.filter(assessment=assessment, gone_at=None)
    there = {(one.subject_key, one.evaluator_email.lower(), one.relationship): one for one in listed}
    seen = listed.filter(missing_since=None)  # removed evaluators stay listed until a second reading lacks them
    there_by_key = {(one.subject_key, one.evaluator_key): one.relationship for one in seen}
    answered, managers = with_answers(plan), managers_now(plan, done)
    subjects = set(Subject.objects.filter(assessment=assessment, gone_at=None).values_list("vendor_id", flat=True))
    for line in done:
        if line.action == Action.CHANGE:
            yield _typed_back(line, there_by_key)
            continue
        if clears(line):
            yield uncleared(line, there_by_key, managers)
            continue
        if line.action != Action.ADD:
            reason = gettext_stored("Removed evaluators do not come back; add them again.")
            yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
            continue
        if line.key.startswith(NEW_PERSON):
            reason = gettext_stored("The person stays in the directory.")
            yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason)
            continue
        if line.key.startswith(MANAGED):
            reason = gettext_stored("The manager stays.")
            yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
            continue
        if line.key.startswith(ADDING):
            yield _subject_leaving(line, subjects, answered)
            continue
        sent = line.data["row"]
        if f"{line.about}|{sent['UniqueIdentifier']}" in again:
            reason = gettext_stored("Was an evaluator of this subject before, so the evaluator stays.")
            yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
            continue
        found = there.get((line.about, sent["Email"].lower(), sent["Relationship"]))
        if found is None:
            reason = gettext_stored("No longer an evaluator.")
            yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
        elif not can:
            reason = gettext_stored("%(Service)s cannot remove a single evaluator.")
            yield Line(Action.REFUSE, line.key, line.label, line.row, reason=reason, about=line.about)
        elif found.status != Evaluation.Status.NOT_STARTED:
            reason = gettext_stored("Has begun to answer, so the evaluator stays.")
            yield Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
        else:
            yield Line(
                Action.REMOVE,
                line.key,
                line.label,
                line.row,
                old={"relationship": found.relationship},
                undoable=Undoable.NO,
                undo_note=gettext_stored("Import the evaluator again to ask once more."),
                data={"subject": found.subject_key, "evaluator": found.evaluator_key},
                about=line.about,
            )


def _typed_back(line: PlanLine, there: Mapping[tuple[str, str], str]) -> Line:
    """The relationship before, of an evaluator who still has the one that was set."""
    if there.get((line.data["subject"], line.data["evaluator"])) != line.new["relationship"]:
        reason = gettext_stored("The relationship has changed since.")
        return Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
    old, new = dict(line.new), dict(line.old)
    return Line(Action.CHANGE, line.key, line.label, line.row, old=old, new=new, data=dict(line.data), about=line.about)


def _subject_leaving(line: PlanLine, subjects: set[str], answered: set[str]) -> Line:
    if reason := why_not_removed(line.about, subjects, answered):
        return Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
    note = gettext_stored("Evaluators of the subject are removed with it and do not come back.")
    return Line(
        Action.REMOVE,
        line.key,
        line.label,
        line.row,
        reason=gettext_stored("No longer a subject."),
        undoable=Undoable.NO,
        undo_note=note,
        about=line.about,
    )
