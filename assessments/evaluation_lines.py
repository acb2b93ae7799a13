"""Plan lines for evaluations: additions, removals, changed relationships, and their effect on groups of subjects.

Pure functions: `Known` holds what was read from the mirror.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assessments.intents import ANSWERED
from assessments.models import Assessment, Evaluation, Subject
from assessments.selectors import relationships_of
from directory.models import Person
from qxportal.ledger.models import Action, Undoable
from qxportal.ledger.models.plans import ACTING
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.relationships import MANAGER, MINIMUM, SELF
from qxportal.ui.stored_messages import Message, StoredMessage, gettext_stored, join_stored, relationship_stored

ADD, CHANGE, REMOVE, NOTE = "add", "change", "remove", "note"
BEGUN_STAYS = gettext_stored(
    "This evaluator has begun to answer and cannot become the manager: a manager’s answers may be shown alone."
)
GroupKey = tuple[str, str, str]  # of an assessment, a subject, and a relationship


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row of such a plan: the wanted state of one evaluation, or a note that something is not done."""

    do: str
    assessment: str
    subject: str
    evaluator: str = ""
    relationship: str = ""  # the one wanted; of a removal the one that was seen
    answers: bool = False  # a removal takes answers with it
    instead: str = ""  # key of the evaluator's line that it depends on
    note: Message = ""  # why nothing is done
    label: str = ""  # of a note

    @property
    def row(self) -> SourceRow:
        """The row as a plan keeps it."""
        values = {
            "do": self.do,
            "assessment": self.assessment,
            "subject": self.subject,
            "evaluator": self.evaluator,
            "relationship": self.relationship,
            "answers": "yes" if self.answers else "",
            "instead": self.instead,
            "label": self.label,
        }
        return SourceRow(values=values, problem=self.note)

    @classmethod
    def of(cls, row: SourceRow) -> "Wanted":
        """The row that a plan stored."""
        values = {name: str(value) for name, value in row.values.items()}
        answers = values.pop("answers", "") == "yes"
        return cls(**values, answers=answers, note=row.problem)


@dataclass(frozen=True)
class Known:
    """The mirrored rows that a plan names."""

    assessments: Mapping[str, Assessment] = field(default_factory=dict)
    minimums: Mapping[str, int] = field(default_factory=dict)
    subjects: Mapping[tuple[str, str], Subject] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    evaluations: Mapping[tuple[str, str], Sequence[Evaluation]] = field(default_factory=dict)  # about each subject
    single: frozenset[str] = frozenset()  # assessments whose server can change single evaluations
    together: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # groups of reports by relationship

    def group(self, assessment: str, subject: str, relationship: str) -> GroupKey:
        """Group of a relationship in the subject's report."""
        return assessment, subject, self.together.get(assessment, {}).get(relationship, relationship)

    def given_by(self, wanted: Wanted) -> Evaluation | None:
        """The subject's evaluation by the evaluator; None if there is none."""
        rows = self.evaluations.get((wanted.assessment, wanted.subject), ())
        return next((one for one in rows if one.evaluator_key == wanted.evaluator), None)


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """How large a group of a subject is now and with the plan."""

    relationship: str
    before: int
    after: int
    minimum: int

    @property
    def shown_before(self) -> bool:
        """Whether a report could show the group unchanged once everyone has answered."""
        return _can_be_shown(self.relationship, self.before, self.minimum)

    @property
    def shown_after(self) -> bool:
        """Whether a report could show the group with the plan, once everyone answered."""
        return _can_be_shown(self.relationship, self.after, self.minimum)

    @property
    def alone(self) -> bool:
        """Whether the group is one person who is shown alone."""
        return self.after == 1 and self.relationship in (SELF, MANAGER)

    @property
    def stored(self) -> list[Any]:
        """As a line keeps it."""
        return [self.relationship, self.before, self.after, self.minimum]


def lines_for(wanted: Iterable[Wanted], known: Known) -> Iterator[Line]:
    """A line for each row; each line has the effect of all lines together on its groups."""
    decided = _coupled([(one, *_decide(one, known)) for one in wanted], known)
    before, moves = _sizes(known), _moves(decided, known)
    several = len({one.assessment for one, _action, _reason in decided}) > 1
    for one, action, reason in decided:
        yield _line(one, action, reason, known, before, moves, several=several)


def _coupled(decided: list[tuple[Wanted, Action, Message]], known: Known) -> list[tuple[Wanted, Action, Message]]:
    """Refuse the removal of an evaluator whose replacement was refused."""
    refused = {_key(one) for one, action, _reason in decided if action == Action.REFUSE}
    return [
        (one, Action.REFUSE, _cannot_take_over(one, known))
        if action in ACTING and one.instead and _key(one, one.instead) in refused
        else (one, action, reason)
        for one, action, reason in decided
    ]


def _cannot_take_over(wanted: Wanted, known: Known) -> Message:
    name = str(known.people.get(wanted.instead, wanted.instead))
    return gettext_stored("%(name)s cannot take over, so the evaluator stays.", name=name)


def _decide(wanted: Wanted, known: Known) -> tuple[Action, Message]:
    """The line of one row: its action, or the reason why nothing is done."""
    if wanted.do == NOTE:
        return Action.SKIP, wanted.note
    if wanted.note:
        return Action.REFUSE, wanted.note
    assessment = known.assessments.get(wanted.assessment)
    subject = known.subjects.get((wanted.assessment, wanted.subject))
    if assessment is None or assessment.gone_at is not None:
        return Action.REFUSE, gettext_stored("The assessment is no longer listed.")
    if subject is None or subject.gone_at is not None:
        return Action.REFUSE, gettext_stored("No longer a subject of the assessment.")
    if wanted.do == ADD:
        return _decide_addition(wanted, known, assessment, subject)
    given = known.given_by(wanted)
    if given is None:
        return Action.SKIP, gettext_stored("No longer an evaluator of this subject.")
    if wanted.assessment not in known.single:
        return Action.REFUSE, gettext_stored("Single evaluators cannot be changed %(in_service)s.")
    return _decide_removal(wanted, given) if wanted.do == REMOVE else _decide_change(wanted, known, given)


def _decide_addition(wanted: Wanted, known: Known, assessment: Assessment, subject: Subject) -> tuple[Action, Message]:
    person, given = known.people.get(wanted.evaluator), known.given_by(wanted)
    if person is None or person.gone_at is not None:
        return Action.REFUSE, gettext_stored("No longer in the directory.")
    if assessment.status == Assessment.Status.CLOSED:
        return Action.REFUSE, gettext_stored("The assessment is closed.")
    if subject.status == Subject.Status.DONE:
        return Action.REFUSE, gettext_stored("The subject is done. Reopen the subject first.")
    if reason := _misfit(wanted, assessment):
        return Action.REFUSE, reason
    if given is not None:
        return Action.SKIP, gettext_stored(
            "Evaluates this subject already: %(relationship)s.", relationship=relationship_stored(given.relationship)
        )
    return Action.ADD, ""


def _decide_removal(wanted: Wanted, given: Evaluation) -> tuple[Action, Message]:
    if given.status in ANSWERED and not wanted.answers:
        return Action.REFUSE, gettext_stored("There are answers already, so the evaluator stays.")
    return Action.REMOVE, ""


def _decide_change(wanted: Wanted, known: Known, given: Evaluation) -> tuple[Action, Message]:
    if given.relationship == wanted.relationship:
        return Action.SKIP, gettext_stored("Has this relationship already.")
    if SELF in (given.relationship, wanted.relationship):
        return Action.REFUSE, gettext_stored("The self evaluation keeps its relationship.")
    if reason := _misfit(wanted, known.assessments[wanted.assessment]):
        return Action.REFUSE, reason
    if wanted.relationship == MANAGER and given.status in ANSWERED:
        return Action.REFUSE, BEGUN_STAYS
    return Action.CHANGE, ""


def _misfit(wanted: Wanted, assessment: Assessment) -> Message:
    """The reason why the evaluator cannot have the relationship; empty if possible."""
    if wanted.relationship not in relationships_of(assessment):
        return gettext_stored("This assessment has no relationship “%(name)s”.", name=wanted.relationship)
    if (wanted.relationship == SELF) != (wanted.evaluator == wanted.subject):
        return gettext_stored("Only the subject evaluates as Self, and not as anything else.")
    return ""


def _sizes(known: Known) -> Counter[GroupKey]:
    sizes: Counter[GroupKey] = Counter()
    for (assessment, subject), rows in known.evaluations.items():
        for one in rows:
            sizes[known.group(assessment, subject, one.relationship)] += 1
    return sizes


def _moves(decided: Iterable[tuple[Wanted, Action, Message]], known: Known) -> Counter[GroupKey]:
    """By how much each group grows or shrinks; a second line about the same evaluation does not count."""
    moves: Counter[GroupKey] = Counter()
    seen = set()
    for one, action, _reason in decided:
        if action not in ACTING or _key(one) in seen:
            continue
        seen.add(_key(one))
        given = known.given_by(one)
        if action in (Action.ADD, Action.CHANGE):
            moves[known.group(one.assessment, one.subject, one.relationship)] += 1
        if given is not None:
            moves[known.group(one.assessment, one.subject, given.relationship)] -= 1
    return moves


def _line(
    wanted: Wanted,
    action: Action,
    reason: Message,
    known: Known,
    before: Counter[GroupKey],
    moves: Counter[GroupKey],
    *,
    several: bool,
) -> Line:
    given = known.given_by(wanted) if wanted.evaluator else None
    label = _label(wanted, given, known, several=several)
    if action in (Action.SKIP, Action.REFUSE):
        return Line(action, _key(wanted), label, reason=reason, about=wanted.subject)
    touched = [given.relationship] if given is not None and action != Action.ADD else []
    touched += [wanted.relationship] if action != Action.REMOVE else []
    minimum = known.minimums.get(wanted.assessment, MINIMUM)
    effects = []
    for group in dict.fromkeys(known.group(wanted.assessment, wanted.subject, name) for name in touched):
        effects.append(GroupEffect(group[2], before[group], before[group] + moves[group], minimum))
    undoable, note = _undoing(action, given)
    return Line(
        action,
        _key(wanted),
        label,
        reason=warning(effects),
        old=_seen(action, given),
        new={"relationship": wanted.relationship} if action != Action.REMOVE else {},
        undoable=undoable,
        undo_note=note,
        data={
            "assessment": wanted.assessment,
            "subject": wanted.subject,
            "evaluator": wanted.evaluator,
            "groups": [one.stored for one in effects],
            **({"instead": _key(wanted, wanted.instead)} if wanted.instead not in ("", wanted.evaluator) else {}),
        },
        about=wanted.subject,
    )


def _seen(action: Action, given: Evaluation | None) -> dict[str, str]:
    """The current values of the line's evaluation; of a change only those that it changes."""
    if given is None:
        return {}
    kept = {"relationship": given.relationship}
    return {**kept, "state": given.status} if action == Action.REMOVE else kept


def warning(effects: Iterable[GroupEffect]) -> Message:
    """Groups that a report could show before the plan and cannot show after it; empty for none."""
    parts: list[StoredMessage] = []
    for one in effects:
        if one.shown_after or not one.shown_before:
            continue
        if not one.after:
            parts.append(gettext_stored("%(group)s: no one is left.", group=relationship_stored(one.relationship)))
        elif one.relationship == MANAGER:
            parts.append(
                gettext_stored(
                    "%(group)s: %(after)s. Only one manager is shown alone, so the group is hidden below %(minimum)s "
                    "answers.",
                    group=relationship_stored(one.relationship),
                    after=one.after,
                    minimum=one.minimum,
                )
            )
        else:
            parts.append(
                gettext_stored(
                    "%(group)s: %(after)s of %(minimum)s needed, so reports will hide the group.",
                    group=relationship_stored(one.relationship),
                    after=one.after,
                    minimum=one.minimum,
                )
            )
    return join_stored(" ", parts) if parts else ""


def _undoing(action: Action, given: Evaluation | None) -> tuple[Undoable, Message]:
    if action == Action.ADD:
        return Undoable.YES, gettext_stored("Undo removes the evaluator unless there are answers by then.")
    if action == Action.REMOVE and given is not None and given.status in ANSWERED:
        return Undoable.NO, gettext_stored("The answers are lost. Undo only asks the person again.")
    if action == Action.REMOVE and given is not None and given.status == Evaluation.Status.DECLINED:
        return Undoable.PARTLY, gettext_stored("Undo asks the person again; the refusal is not restored.")
    return Undoable.YES, ""


def _can_be_shown(relationship: str, size: int, minimum: int) -> bool:
    if relationship == SELF or (relationship == MANAGER and size == 1):
        return size > 0
    return size >= minimum


def _label(wanted: Wanted, given: Evaluation | None, known: Known, *, several: bool) -> str:
    if wanted.do == NOTE and wanted.label:
        return wanted.label
    person = known.people.get(wanted.evaluator)
    name = str(person) if person else given.evaluator_name if given else wanted.evaluator
    subject = known.subjects.get((wanted.assessment, wanted.subject))
    parts = [f"{name} → {subject or wanted.subject}" if name else str(subject or wanted.subject)]
    assessment = known.assessments.get(wanted.assessment)
    if several and assessment is not None:
        parts.append(assessment.name)
    return " · ".join(parts)


def _key(wanted: Wanted, evaluator: str = "") -> str:
    return " ".join(filter(None, (wanted.assessment, wanted.subject, evaluator or wanted.evaluator)))
