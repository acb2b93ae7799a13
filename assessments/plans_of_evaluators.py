"""Plans that add evaluators from a table, and subjects where asked; undo removes evaluators who have not begun."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.cleared_in_part import result_of_clearing
from assessments.clearing import (
    CLEARING,
    CLEARS,
    GOING,
    MANAGED,
    check_clearing,
    cleared,
    clearing_import,
    clearing_mark,
    clears,
    clears_all,
    counts_of_clearing,
    managers_again,
    no_second_clearing,
)
from assessments.evaluation_lines import BEGUN_STAYS
from assessments.evaluators_not_named import SUBJECT, others
from assessments.evaluators_undone import ADDING, undo
from assessments.external_people import NEW_PERSON, creations, is_external, person_line
from assessments.group_effects import with_groups
from assessments.imports import STILL_OPEN, evaluator_row, evaluators_addition
from assessments.intents import ANSWERED, addition, evaluator_removal, relationship_change, removal
from assessments.models import Assessment, Evaluation, Subject
from assessments.new_people import new_name, why_no_one_new
from assessments.plan_places import assessment_place
from assessments.plans_of_evaluations import details
from assessments.plans_of_statuses import assessment_of, back, listings
from assessments.plans_of_subjects import check as check_addition
from assessments.selectors import relationships_of, standing
from directory.models import Person
from directory.named import NamedPeople
from directory.unclear_people import PERSON
from qxportal.accounts.capabilities import may_ask
from qxportal.accounts.models import Member
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.fenced import whole
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.registry import PlanKind
from qxportal.ledger.plans.sources import PART, SourceRow
from qxportal.threesixty.calls.evaluators import ChangeRelationship, GetEvaluators
from qxportal.threesixty.relationships import MANAGER, SELF
from qxportal.ui.labels import RELATIONSHIPS
from qxportal.ui.stored_messages import Message, gettext_stored, relationship_stored
from qxportal.ui.terms import service_words

BATCH = 1_000  # rows of one change
NAMED_BY = (SUBJECT, PERSON)
ASKED = ("subject_key", "evaluator_key", "relationship")
RETYPING = "retype:"  # begins the key of a line that changes a relationship


class _Rows:
    """Mirrored records of an assessment, for all rows of a table."""

    def __init__(self, plan: Plan, rows: Sequence[SourceRow]) -> None:
        self.assessment: Assessment = assessment_of(plan)
        self.adds_subjects = bool(plan.options.get("add_subjects"))
        self.retypes, self.single = bool(plan.options.get("retype")), may_ask(plan.org, ChangeRelationship)
        self.people = NamedPeople(plan.org, rows, NAMED_BY, alike_are_same=bool(plan.options.get("alike_ids")))
        self.relationships = set(relationships_of(self.assessment))
        listed = Subject.objects.filter(assessment=self.assessment, gone_at=None)
        self.subjects = {subject.vendor_id: subject for subject in listed}
        asked = standing(self.assessment)
        self.clears = bool(plan.options.get(CLEARS))
        if self.clears:
            asked = asked.exclude(GOING)  # cleared evaluators that the file names, and so asks again
        self.new: set[tuple[str, str]] = set()  # subjects and evaluators of the lines that ask
        self.asked = {(one, other): name for one, other, name in asked.values_list(*ASKED)}
        begun = asked.filter(status__in=ANSWERED) if self.retypes else asked.none()
        self.begun = set(begun.values_list(*ASKED[:2]))
        self.shrinks = self.retypes or self.clears or bool(plan.options.get("remove_others"))
        self.named: dict[tuple[str, str], tuple[str, int | None]] = {}  # relationship and row of each pair
        self.added: set[str] = set()
        self.refused: set[str] = set()  # subjects with a refused addition
        self.invited: set[str] = set()  # addresses of new people from outside

    def lines(self, row: SourceRow) -> Iterator[Line]:
        """Lines of a row: for the evaluator, preceded by one for a person who becomes a subject."""
        label = f"{_said(row, *PERSON)} → {_said(row, *SUBJECT)}"
        subject, reason = self.people.find(row, SUBJECT)
        evaluator, why = self.people.find(row, PERSON)
        reason = row.problem or reason or why or self._reason(row, subject, evaluator)
        about = subject.vendor_id if subject else self._who_may_be(row)
        if reason or subject is None:
            self.refused.add(about)
            yield _refused(row, label, reason, about, self.people.same_as(row))
            return
        label = f"{evaluator or new_name(row)} → {subject}"
        relationship = row.text("relationship")
        action, reason = self._known(row, subject, evaluator, relationship)
        if action == Action.CHANGE and evaluator is not None:
            yield self._retype(row, subject, evaluator, relationship, label)
            return
        if action == Action.REFUSE:
            yield _refused(row, label, reason, about)
            return
        if reason:
            yield Line(action, f"row:{row.row}:{label}", label, row.row, reason=reason, about=about)
            return
        if subject.vendor_id not in self.subjects and subject.vendor_id not in self.added:
            self.added.add(subject.vendor_id)
            yield _subject_line(subject, row.row)
        if evaluator is not None:
            self.new.add((subject.vendor_id, evaluator.vendor_id))
        outside = evaluator is None and is_external(row) and not self.clears  # an import of evaluators adds them so
        if outside and row.address("email") not in self.invited:
            self.invited.add(row.address("email"))
            yield person_line(row)
        line = _evaluator_line(row, subject, evaluator, relationship, label)
        if outside or row.address("email") in self.invited:
            line = replace(line, reason="", data={**line.data, "outside": NEW_PERSON + row.address("email")})
        yield line

    def _who_may_be(self, row: SourceRow) -> str:
        """Hides the line of a row with an unclear subject: the only person who may be the subject, or the whole
        assessment if several people may be.
        """
        found = self.people.may_be(row.address("subject_email"), row.text("subject_unique_id"))
        if len(found) > 1:
            return whole(self.assessment.vendor_id)
        return found.pop() if found else ""

    def _known(
        self, row: SourceRow, subject: Person, evaluator: Person | None, relationship: str
    ) -> tuple[Action, Message]:
        """Objection to a pair that is named again: an import would change its relationship."""
        already = self.asked.get((subject.vendor_id, evaluator.vendor_id)) if evaluator else None
        if already == relationship:
            return Action.SKIP, gettext_stored("Already asked in this relationship.")
        if already is not None and not self.retypes:
            return Action.REFUSE, gettext_stored(
                "Evaluates this subject already: %(relationship)s.", relationship=relationship_stored(already)
            )
        if already is not None and not self.single:
            return Action.REFUSE, gettext_stored("%(Service)s cannot change the relationship of an evaluator.")
        if evaluator and relationship == MANAGER and (subject.vendor_id, evaluator.vendor_id) in self.begun:
            return Action.REFUSE, BEGUN_STAYS
        who = evaluator.vendor_id if evaluator else row.address("email")
        earlier, number = self.named.setdefault((subject.vendor_id, who), (relationship, row.row))
        if earlier != relationship:
            return Action.REFUSE, gettext_stored("Duplicate of row %(row)s.", row=number)
        return (Action.ADD if already is None else Action.CHANGE), ""

    def _retype(self, row: SourceRow, subject: Person, evaluator: Person, relationship: str, label: str) -> Line:
        """Another relationship for an existing evaluator."""
        return Line(
            Action.CHANGE,
            f"{RETYPING}{subject.vendor_id}|{evaluator.vendor_id}",
            label,
            row.row,
            old={"relationship": self.asked[subject.vendor_id, evaluator.vendor_id]},
            new={"relationship": relationship},
            data={"subject": subject.vendor_id, "evaluator": evaluator.vendor_id},
            about=subject.vendor_id,
        )

    def _reason(self, row: SourceRow, subject: Person | None, evaluator: Person | None) -> Message:
        """Why a row that names people clearly cannot be done."""
        relationship = row.text("relationship")
        if subject is None:
            return gettext_stored("The subject is not in the directory. Import people first.")
        listed = self.subjects.get(subject.vendor_id)
        if listed is None and not self.adds_subjects:
            return gettext_stored("Not a subject of this assessment.")
        if listed is not None and listed.status == Subject.Status.DONE:
            return gettext_stored("The subject is done, so no evaluators can be added.")
        if relationship not in self.relationships:
            return gettext_stored("This assessment has no relationship “%(name)s”.", name=relationship)
        if evaluator is None:
            return why_no_one_new(row)
        if relationship != SELF and evaluator.vendor_id == subject.vendor_id:
            return gettext_stored("Subjects evaluate themselves as Self only.")
        if relationship == SELF and evaluator.vendor_id != subject.vendor_id:
            return gettext_stored("Self is for subjects who evaluate themselves.")
        return ""


def _refused(
    row: SourceRow, label: str, reason: Message, about: str, more: Mapping[str, object] = MappingProxyType({})
) -> Line:
    data = {**more, PART: row.text(PART)} if row.text(PART) else dict(more)
    return Line(Action.REFUSE, f"row:{row.row}:{label}", label, row.row, reason=reason, about=about, data=data)


def _said(row: SourceRow, email: str, unique_id: str) -> str:
    return row.text(email) or row.text(unique_id)


def _subject_line(subject: Person, row: int | None) -> Line:
    return Line(
        Action.ADD,
        ADDING + subject.vendor_id,
        str(subject),
        row,
        reason=gettext_stored("Becomes a subject."),
        undo_note=gettext_stored("Undo removes the subject unless there are answers by then."),
        about=subject.vendor_id,
        data={"subject": subject.vendor_id},
    )


def _evaluator_line(row: SourceRow, subject: Person, evaluator: Person | None, relationship: str, label: str) -> Line:
    person = evaluator or Person(
        first_name=row.text("first_name"),
        last_name=row.text("last_name"),
        email=row.address("email"),
    )
    new_person = gettext_stored("Not in the directory: is added to it.")
    return Line(
        Action.ADD,
        f"{subject.vendor_id}|{person.vendor_id or person.email}|{relationship}",
        label,
        row.row,
        reason="" if evaluator else new_person,
        new={"relationship": relationship},
        undoable=Undoable.PARTLY,
        undo_note=gettext_stored("Undo removes evaluators who have not started. Sent mails cannot be recalled."),
        data={"row": evaluator_row(person, subject.email, subject.vendor_id, relationship)},
        about=subject.vendor_id,
    )


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """A line for each row: an added evaluator, an existing one, or the reason why it cannot be added."""
    rows = list(rows)
    known = _Rows(plan, rows)
    return with_groups(known.assessment, _lines(plan, known, rows)) if known.shrinks else _lines(plan, known, rows)


def _lines(plan: Plan, known: _Rows, rows: Sequence[SourceRow]) -> Iterator[Line]:
    for row in rows:
        yield from known.lines(row)
    if known.clears:
        yield from cleared(known.assessment, known.new)
    elif plan.options.get("remove_others"):
        yield from others(known.assessment, known.people, rows, refused=known.refused, single=known.single)


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """Each new subject separately, then the evaluators as files; each removed evaluator separately.

    Removals come last, as evaluators stay if an addition about their subject fails.
    """
    assessment = assessment_of(plan)
    yield from managers_again(plan, lines)
    clearing = [line for line in lines if clears(line)]
    removed = [line for line in lines if line.action == Action.REMOVE and not clears(line)]
    for line in lines:
        if line.action == Action.CHANGE:
            yield relationship_change(assessment.vendor_id, assessment.name, line), [line]
    subjects = [line for line in lines if line.action == Action.ADD and line.key.startswith(ADDING)]
    keys = [line.data["subject"] for line in subjects]
    people = {person.vendor_id: person for person in Person.objects.filter(org=plan.org, vendor_id__in=keys)}
    for line in subjects:
        person = people.get(line.data["subject"])
        if person is not None:
            yield addition(assessment.vendor_id, assessment.name, person, expected_values={STILL_OPEN: True}), [line]
    yield from creations(lines)
    own = (ADDING, NEW_PERSON, MANAGED)
    every = [line for line in lines if line.action == Action.ADD and not line.key.startswith(own)]
    if clearing:
        yield clearing_import(plan, assessment, every, clearing)
        return
    for line in every:
        if after := line.data.get("outside"):
            number = f"{plan.pk}:{line.number}"
            invited = evaluators_addition(assessment.vendor_id, assessment.name, [line.data["row"]], part=number)
            yield replace(invited, after=after), [line]
    asked = [line for line in every if "outside" not in line.data]
    for start in range(0, len(asked), BATCH):
        part = asked[start : start + BATCH]
        rows = [line.data["row"] for line in part]
        number = f"{plan.pk}:{part[0].number}"
        yield evaluators_addition(assessment.vendor_id, assessment.name, rows, part=number), part
    yield from _removals(assessment, [line for line in removed if not line.key.startswith(ADDING)])
    yield from _subject_removals(assessment, [line for line in removed if line.key.startswith(ADDING)])


def _removals(assessment: Assessment, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    where = (assessment.vendor_id, assessment.name)
    for line in lines:
        seen = {**line.old, "state": Evaluation.Status.NOT_STARTED.value}
        subject, evaluator = line.data["subject"], line.data["evaluator"]
        yield evaluator_removal(*where, subject, evaluator, seen=seen, names=line.label), [line]


def _subject_removals(assessment: Assessment, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """After their evaluators, so that nothing but the subjects leaves with them."""
    keys = [line.about for line in lines]
    rows = Subject.objects.filter(assessment=assessment, vendor_id__in=keys, gone_at=None).select_related("assessment")
    there = {subject.vendor_id: subject for subject in rows}
    for line in lines:
        if line.about in there:
            yield removal(there[line.about], remove_evaluations=False), [line]


def check(plan: Plan, by: Member) -> None:
    """Refuse additions to a closed assessment, and removals of evaluators if the server has no request for them."""
    check_addition(plan, by)
    check_clearing(plan)
    removed = plan.lines.filter(action=Action.REMOVE).exclude(key__startswith=ADDING).exclude(CLEARING)
    if removed.exists() and not may_ask(plan.org, GetEvaluators):
        raise ActionRefused(_("%(Service)s cannot remove a single evaluator.") % service_words())
    if plan.lines.filter(action=Action.CHANGE).exists() and not may_ask(plan.org, ChangeRelationship):
        raise ActionRefused(_("%(Service)s cannot change the relationship of an evaluator.") % service_words())


EVALUATORS = PlanKind(
    name="evaluators",
    label=gettext_lazy("Evaluators of an assessment"),
    validate=validate,
    intents=intents,
    undo=undo,
    mark=clearing_mark,
    needs_number=clears_all,
    no_retry=no_second_clearing,
    template="assessments/_plan_clearing.html",
    context=counts_of_clearing,
    result_template="assessments/_plan_cleared.html",
    result=result_of_clearing,
    line_template="assessments/_plan_groups.html",
    details=details,
    listings=listings,
    check=check,
    fields={
        "relationship": gettext_lazy("Relationship"),
        "email": gettext_lazy("E-mail address"),
        "manager_email": gettext_lazy("Manager’s e-mail address"),
    },
    words={"relationship": RELATIONSHIPS},
    back=back,
    place=assessment_place,
)
