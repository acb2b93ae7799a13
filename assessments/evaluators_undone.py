"""Undo of an import of evaluators: removes evaluators who have not begun, and restores relationships."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from assessments.clearing import CLEARED, MANAGED, clears, manager_back, managers_now
from assessments.evaluation_lines import BEGUN_STAYS
from assessments.external_people import NEW_PERSON
from assessments.group_effects import with_groups
from assessments.intents import ANSWERED
from assessments.models import Assessment, Evaluation, Subject
from assessments.plans_of_statuses import assessment_of
from assessments.plans_of_subjects import why_not_removed, with_answers
from assessments.selectors import standing
from qxportal.accounts.capabilities import may_ask
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.plans.lines import AFTER_ADDITIONS, Line
from qxportal.threesixty.calls.evaluators import GetEvaluators
from qxportal.threesixty.relationships import MANAGER
from qxportal.ui.stored_messages import gettext_stored

ADDING = "subject:"  # begins the key of a line that adds a subject


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Remove evaluators who have not begun, if the survey service supports removing evaluators."""
    assessment = assessment_of(plan)
    return with_groups(assessment, _lines_back(plan, assessment, done))


def _lines_back(plan: Plan, assessment: Assessment, done: Sequence[PlanLine]) -> Iterator[Line]:
    can = may_ask(plan.org, GetEvaluators)
    again = {line.key.removeprefix(CLEARED): "" for line in done if clears(line)}
    for line in done:  # cleared, and asked anew as the file says
        if line.action == Action.ADD and "row" in line.data:
            pair = f"{line.about}|{line.data['row']['UniqueIdentifier']}"
            again |= {pair: line.data["row"]["Relationship"]} if pair in again else {}
    listed = list(standing(assessment))
    there = {(one.subject_key, one.evaluator_email.lower(), one.relationship): one for one in listed}
    # removed evaluators stay listed until a second reading lacks them
    by_key = {(one.subject_key, one.evaluator_key): one for one in listed if one.missing_since is None}
    answered, managers = with_answers(plan), managers_now(plan, done)
    subjects = dict(Subject.objects.filter(assessment=assessment, gone_at=None).values_list("vendor_id", "status"))
    for line in done:
        if line.action == Action.CHANGE:
            found = by_key.get((line.data["subject"], line.data["evaluator"]))
            yield _typed_back(line, found, was=line.new["relationship"])
            continue
        if clears(line) and line.key.startswith(MANAGED):
            yield manager_back(line, managers)
            continue
        if line.action == Action.REMOVE and "row" in line.data:
            yield _asked_back(line, by_key, subjects, again.get(line.key.removeprefix(CLEARED), ""))
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
        found = by_key.get((line.about, sent["UniqueIdentifier"]))
        if found is None or found.relationship != sent["Relationship"]:
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
                data={"subject": found.subject_key, "evaluator": found.evaluator_key, AFTER_ADDITIONS: True},
                about=line.about,
            )


def _typed_back(line: PlanLine, found: Evaluation | None, *, was: str) -> Line:
    """The relationship before, of an evaluator who still has the one that the import set."""
    if found is None or found.relationship != was:
        reason = gettext_stored("The relationship has changed since.")
        return Line(Action.SKIP, line.key, line.label, line.row, reason=reason, about=line.about)
    if line.old["relationship"] == MANAGER and found.status in ANSWERED:
        return Line(Action.REFUSE, line.key, line.label, line.row, reason=BEGUN_STAYS, about=line.about)
    old, new = {"relationship": was}, dict(line.old)
    data = {"subject": found.subject_key, "evaluator": found.evaluator_key}
    return Line(Action.CHANGE, line.key, line.label, line.row, old=old, new=new, data=data, about=line.about)


def _asked_back(
    line: PlanLine, there: Mapping[tuple[str, str], Evaluation], subjects: Mapping[str, str], anew: str
) -> Line:
    """Asking an evaluator again who was removed; `subjects`: those listed now, each with its status.

    `anew`: the relationship in which the same import asked the evaluator anew.
    """
    about, evaluator = line.about, line.data["row"]["UniqueIdentifier"]
    found = there.get((about, evaluator))
    if found is not None and anew and anew != line.old["relationship"]:
        return _typed_back(line, found, was=anew)
    if found is not None:
        reason = gettext_stored("Is an evaluator of this subject.")
        return Line(Action.SKIP, line.key, line.label, reason=reason, about=about)
    if about not in subjects:
        reason = gettext_stored("No longer a subject of the assessment.")
        return Line(Action.SKIP, line.key, line.label, reason=reason, about=about)
    if subjects[about] == Subject.Status.DONE:
        reason = gettext_stored("The subject is done, so no evaluators can be added.")
        return Line(Action.REFUSE, line.key, line.label, reason=reason, about=about)
    new, data = {"relationship": line.old["relationship"]}, {"row": dict(line.data["row"])}
    return Line(Action.ADD, line.key, line.label, new=new, undoable=Undoable.PARTLY, data=data, about=about)


def _subject_leaving(line: PlanLine, subjects: Collection[str], answered: set[str]) -> Line:
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
