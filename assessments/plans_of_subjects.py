"""Plans that add subjects to an assessment; undo removes those without answers."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.imports import STILL_OPEN
from assessments.intents import ANSWERED, addition, refuse_if_closed, removal
from assessments.models import Assessment, Evaluation, Subject
from assessments.new_people import NEW, imports_of, new_name, new_row, why_no_one_new
from assessments.plan_places import assessment_place
from assessments.plans_of_statuses import assessment_of, back, listings, mark
from directory.models import Person
from directory.named import NamedPeople
from directory.unclear_people import PERSON
from qxportal.accounts.models import Member
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.registry import PlanKind
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.enums import ImportType
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

BATCH = 2_000


def plan_subjects(
    assessment: Assessment,
    people: Iterable[Person],
    *,
    by: Member,
    source: Mapping[str, Any],
    plan_id: uuid.UUID | None = None,
) -> Plan:
    """A plan that puts people of the directory into an assessment as subjects."""
    people = list(people)
    refuse_if_closed(assessment)
    title = ngettext_stored(
        "Add %(n)s subject to “%(name)s”", "Add %(n)s subjects to “%(name)s”", len(people), name=assessment.name
    )
    return make_plan(
        assessment.org,
        SUBJECTS.name,
        (SourceRow(values={"person": person.vendor_id}) for person in people),
        by=by,
        title=title,
        source=source,
        assessment_id=assessment.vendor_id,
        plan_id=plan_id,
    )


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Lines for people who become subjects, and for those who already are."""
    rows = list(rows)
    there = set(_listed(plan).values_list("vendor_id", flat=True))
    if any("person" not in row.values for row in rows):
        yield from _of_table(plan, rows, there)
        return
    keys = [str(row.values["person"]) for row in rows]
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        people = {person.vendor_id: person for person in Person.objects.filter(org=plan.org, vendor_id__in=part)}
        for key in part:
            yield _line(key, people.get(key), there)


def _of_table(plan: Plan, rows: Sequence[SourceRow], there: set[str]) -> Iterator[Line]:
    """The people that the rows of a table name."""
    by_id = plan.options.get("match") == "unique_id"
    named = NamedPeople(plan.org, rows, [PERSON], alike_are_same=bool(plan.options.get("alike_ids")))
    kept, unclear = set[str](), False
    for row in rows:
        person, reason = person_of(row, named, by_id=by_id)
        unclear = unclear or bool(row.problem or reason)
        if person is not None:
            kept.add(person.vendor_id)
        if row.problem or reason:
            label = row.text("email") or row.text("unique_id")
            data = named.same_as(row)
            yield Line(Action.REFUSE, f"row:{row.row}", label, row.row, reason=row.problem or reason, data=data)
        elif person is None:
            yield new_line(row)
        else:
            yield _line(person.vendor_id, person, there, row.row)
    if plan.options.get("remove_others"):
        yield from _others(plan, kept, unclear=unclear)


def _others(plan: Plan, kept: Collection[str], *, unclear: bool) -> Iterator[Line]:
    """Removes the subjects that no row names; all stay if a row is not clear, as it may mean any of them."""
    answered = with_answers(plan)
    for subject in _listed(plan).exclude(vendor_id__in=kept).order_by("sort_name", "pk"):
        against: Message = ""
        if unclear:
            against = gettext_stored("Stays: a row cannot be used, and may mean this person.")
        elif subject.vendor_id in answered:
            against = gettext_stored("There are answers by or about this person, so the subject stays.")
        elif subject.status == Subject.Status.DONE:
            against = gettext_stored("The subject is done and stays.")
        if against:
            yield Line(Action.SKIP, subject.vendor_id, str(subject), reason=against, about=subject.vendor_id)
            continue
        yield Line(
            Action.REMOVE,
            subject.vendor_id,
            str(subject),
            reason=gettext_stored("Not in the file."),
            old={"email": subject.email},
            undoable=Undoable.NO,
            undo_note=gettext_stored("Evaluators of the subject are removed with it and do not come back."),
            about=subject.vendor_id,
        )


def person_of(row: SourceRow, named: NamedPeople, *, by_id: bool) -> tuple[Person | None, Message]:
    """The person that a row refers to, None for one who can be added to the directory; else the obstacle."""
    person, reason = named.find(row, by_id=by_id)
    return person, reason or ("" if person else why_no_one_new(row))


def new_line(row: SourceRow, **new: str) -> Line:
    """A line that adds a person to the directory and to the assessment."""
    return Line(
        Action.ADD,
        f"{NEW}{row.address('email')}",
        new_name(row),
        row.row,
        reason=gettext_stored("Not in the directory: is added to it."),
        new={"email": row.address("email"), **new},
        undoable=Undoable.PARTLY,
        undo_note=gettext_stored("Undo removes the subject unless there are answers by then; the person stays."),
        data={"row": new_row(row)},
    )


def _line(key: str, person: Person | None, there: set[str], row: int | None = None) -> Line:
    label = str(person or key)
    if person is None or person.gone_at is not None:
        return Line(Action.REFUSE, key, label, row, reason=gettext_stored("No longer in the directory."))
    if key in there:
        return Line(Action.SKIP, key, label, row, reason=gettext_stored("Already a subject."))
    return Line(
        Action.ADD,
        key,
        label,
        row,
        new={"email": person.email},
        undo_note=gettext_stored("Undo removes the subject unless there are answers by then."),
    )


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Remove added subjects without answers, and add removed ones again."""
    listed = {subject.vendor_id: subject for subject in _listed(plan)}
    by_address: dict[str, str] = {subject.email.lower(): key for key, subject in listed.items()}
    answered = with_answers(plan)
    for line in done:
        if line.key.startswith(NEW):
            line.key = by_address.get(line.key.removeprefix(NEW), line.key)
        there = line.key in listed
        if line.action == Action.REMOVE:
            if there:
                yield Line(Action.SKIP, line.key, line.label, reason=gettext_stored("Already a subject."))
            else:
                yield Line(Action.ADD, line.key, line.label, new=line.old)
        elif reason := why_not_removed(line.key, listed, answered):
            yield Line(Action.SKIP, line.key, line.label, reason=reason, about=line.key)
        else:
            note = gettext_stored("Evaluators of the subject are removed with it and do not come back.")
            yield Line(
                Action.REMOVE,
                line.key,
                line.label,
                old={"email": listed[line.key].email},
                undoable=Undoable.PARTLY,
                undo_note=note,
                about=line.key,
            )


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """One change for each person of the directory, and files of new people."""
    assessment = assessment_of(plan)
    yield from imports_of(plan, assessment, [line for line in lines if _is_new(line)], ImportType.SUBJECTS)
    lines = [line for line in lines if not _is_new(line)]
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        keys = [line.key for line in part]
        people = {person.vendor_id: person for person in Person.objects.filter(org=plan.org, vendor_id__in=keys)}
        there = {subject.vendor_id: subject for subject in _listed(plan).filter(vendor_id__in=keys)}
        for line in part:
            if line.action == Action.ADD and line.key in people:
                added = addition(
                    assessment.vendor_id,
                    assessment.name,
                    people[line.key],
                    expected_values={STILL_OPEN: True},
                )
                yield added, [line]
            elif line.action == Action.REMOVE and line.key in there:
                yield removal(there[line.key], remove_evaluations=False), [line]


def _is_new(line: PlanLine) -> bool:
    return line.action == Action.ADD and line.key.startswith(NEW)


def _listed(plan: Plan) -> Any:
    rows = Subject.objects.filter(org=plan.org, assessment__vendor_id=plan.assessment_id, gone_at=None)
    return rows.select_related("assessment")


def why_not_removed(key: str, listed: Collection[str], answered: Collection[str]) -> Message:
    """The reason why an undo does not remove a subject; empty if it does."""
    if key not in listed:
        return gettext_stored("No longer a subject of the assessment.")
    if key in answered:
        return gettext_stored("There are answers by or about this person, so the subject stays.")
    return ""


def with_answers(plan: Plan) -> set[str]:
    """Ids of persons who gave or received an answer in the plan's assessment; answers in progress count."""
    told = Evaluation.objects.filter(
        assessment__org=plan.org,
        assessment__vendor_id=plan.assessment_id,
        gone_at=None,
        status__in=ANSWERED,
    )
    return {key for pair in told.values_list("subject_key", "evaluator_key") for key in pair}


def check(plan: Plan, by: Member) -> None:
    """Refuse additions to a closed assessment."""
    if plan.lines.filter(action=Action.ADD).exists():
        refuse_if_closed(assessment_of(plan))


def verb(plan: Plan) -> str:
    """The words of the button."""
    if plan.counts.get(Action.REMOVE):
        return ngettext("Apply %(n)s line", "Apply %(n)s lines", plan.acting) % {"n": plan.acting}
    return ngettext("Add %(n)s subject", "Add %(n)s subjects", plan.acting) % {"n": plan.acting}


SUBJECTS = PlanKind(
    name="subjects",
    label=_("Subjects of an assessment"),
    validate=validate,
    intents=intents,
    undo=undo,
    mark=mark,
    listings=listings,
    check=check,
    fields={"email": _("E-mail address")},
    verb=verb,
    back=back,
    place=assessment_place,
)
