"""Undo of an import of evaluators: removes evaluators who have not begun, and restores relationships."""

from collections.abc import Collection, Iterator, Sequence

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
from qxportal.ledger.plans.lines import AFTER_ADDITIONS, Line, left_alone
from qxportal.threesixty.calls.evaluators import GetEvaluators
from qxportal.threesixty.relationships import MANAGER
from qxportal.ui.stored_messages import gettext_stored

ADDING = "subject:"  # begins the key of a line that adds a subject


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Remove added evaluators who have not begun, restore relationships, and ask cleared evaluators again."""
    assessment = assessment_of(plan)
    return with_groups(assessment, map(_Undo(plan, assessment, done).line, done))


class _Undo:
    """The present state of the assessment and its evaluators, for the lines of an import."""

    def __init__(self, plan: Plan, assessment: Assessment, done: Sequence[PlanLine]) -> None:
        self.can_remove = may_ask(plan.org, GetEvaluators)
        self.asked_anew = _asked_anew(done)
        listed = list(standing(assessment))
        self.by_address = {(one.subject_key, one.evaluator_email.lower(), one.relationship): one for one in listed}
        # removed evaluators stay listed until a second reading lacks them
        self.by_key = {(one.subject_key, one.evaluator_key): one for one in listed if one.missing_since is None}
        self.subjects = dict(
            Subject.objects.filter(assessment=assessment, gone_at=None).values_list("vendor_id", "status")
        )
        self.answered, self.managers = with_answers(plan), managers_now(plan, done)

    def line(self, line: PlanLine) -> Line:
        """The line that undoes one line of the import."""
        if line.action == Action.CHANGE:
            found = self.by_key.get((line.data["subject"], line.data["evaluator"]))
            return _typed_back(line, found, was=line.new["relationship"])
        if clears(line) and line.key.startswith(MANAGED):
            return manager_back(line, self.managers)
        if line.action == Action.REMOVE and "row" in line.data:
            return self._asked_back(line)
        if line.action != Action.ADD:
            return left_alone(line, gettext_stored("Removed evaluators do not come back; add them again."))
        if line.key.startswith(NEW_PERSON):
            return left_alone(line, gettext_stored("The person stays in the directory."))
        if line.key.startswith(MANAGED):
            return left_alone(line, gettext_stored("The manager stays."))
        if line.key.startswith(ADDING):
            return _subject_leaving(line, self.subjects, self.answered)
        return self._removed(line)

    def _removed(self, line: PlanLine) -> Line:
        """Line that removes an evaluator whom the import added, unless something prevents it."""
        sent = line.data["row"]
        if (line.about, sent["UniqueIdentifier"]) in self.asked_anew:
            return left_alone(line, gettext_stored("Was an evaluator of this subject before, so the evaluator stays."))
        found = self.by_key.get((line.about, sent["UniqueIdentifier"]))
        if found is None or found.relationship != sent["Relationship"]:
            found = self.by_address.get((line.about, sent["Email"].lower(), sent["Relationship"]))
        if found is None:
            return left_alone(line, gettext_stored("No longer an evaluator."))
        if not self.can_remove:
            reason = gettext_stored("%(Service)s cannot remove a single evaluator.")
            return Line(Action.REFUSE, line.key, line.label, line.row, reason=reason, about=line.about)
        if found.status != Evaluation.Status.NOT_STARTED:
            return left_alone(line, gettext_stored("Has begun to answer, so the evaluator stays."))
        return Line(
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

    def _asked_back(self, line: PlanLine) -> Line:
        """Line that asks a removed evaluator again."""
        about, evaluator = line.about, line.data["row"]["UniqueIdentifier"]
        found, anew = self.by_key.get((about, evaluator)), self.asked_anew.get((about, evaluator), "")
        if found is not None and anew and anew != line.old["relationship"]:
            return _typed_back(line, found, was=anew)
        if found is not None:
            return left_alone(line, gettext_stored("Is an evaluator of this subject."))
        if about not in self.subjects:
            return left_alone(line, gettext_stored("No longer a subject of the assessment."))
        if self.subjects[about] == Subject.Status.DONE:
            reason = gettext_stored("The subject is done, so no evaluators can be added.")
            return Line(Action.REFUSE, line.key, line.label, reason=reason, about=about)
        new, data = {"relationship": line.old["relationship"]}, {"row": dict(line.data["row"])}
        return Line(Action.ADD, line.key, line.label, new=new, undoable=Undoable.PARTLY, data=data, about=about)


def _asked_anew(done: Sequence[PlanLine]) -> dict[tuple[str, str], str]:
    """Relationships in which an import had asked cleared evaluators again, by subject and evaluator."""
    cleared = {line.key.removeprefix(CLEARED) for line in done if clears(line)}
    rows = [(line.about, line.data["row"]) for line in done if line.action == Action.ADD and "row" in line.data]
    return {
        (about, row["UniqueIdentifier"]): row["Relationship"]
        for about, row in rows
        if f"{about}|{row['UniqueIdentifier']}" in cleared
    }


def _typed_back(line: PlanLine, found: Evaluation | None, *, was: str) -> Line:
    """Line that restores the relationship of an evaluator, if the import's one still holds."""
    if found is None or found.relationship != was:
        return left_alone(line, gettext_stored("The relationship has changed since."))
    if line.old["relationship"] == MANAGER and found.status in ANSWERED:
        return Line(Action.REFUSE, line.key, line.label, line.row, reason=BEGUN_STAYS, about=line.about)
    old, new = {"relationship": was}, dict(line.old)
    data = {"subject": found.subject_key, "evaluator": found.evaluator_key}
    return Line(Action.CHANGE, line.key, line.label, line.row, old=old, new=new, data=data, about=line.about)


def _subject_leaving(line: PlanLine, subjects: Collection[str], answered: set[str]) -> Line:
    if reason := why_not_removed(line.about, subjects, answered):
        return left_alone(line, reason)
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
