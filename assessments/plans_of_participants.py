"""Plans that add people to an assessment from a table, each as a subject or only as a participant."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from assessments.imports import STILL_OPEN
from assessments.intents import addition, removal
from assessments.models import Assessment, Evaluation, Subject
from assessments.new_people import NEW, imports_of
from assessments.plan_places import assessment_place
from assessments.plans_of_statuses import assessment_of, back, listings, mark
from assessments.plans_of_subjects import BATCH, check, new_line, person_of, with_answers
from directory.imports.fields import squeezed
from directory.models import Person
from directory.named import NamedPeople
from directory.unclear_people import PERSON
from qxportal.ledger.models import Action, Plan, PlanLine, Undoable
from qxportal.ledger.outbox.intents import Intent
from qxportal.ledger.plans.lines import Line
from qxportal.ledger.plans.registry import PlanKind
from qxportal.ledger.plans.sources import SourceRow
from qxportal.threesixty.calls.persons import AddPerson, RemovePerson
from qxportal.threesixty.enums import ImportType
from qxportal.ui.badges import Words
from qxportal.ui.stored_messages import Message, gettext_stored

SUBJECT, PARTICIPANT = "subject", "participant"
ROLES: dict[str, Words] = {SUBJECT: _("Subject"), PARTICIPANT: _("Takes part without being a subject")}
KNOWN_AS = {
    SUBJECT: ("subject", "subjects", "feedbackrecipient", "fokusperson", "fokuspersonen", "feedbackempfanger"),
    PARTICIPANT: (
        "participant",
        "participants",
        "evaluator",
        "rater",
        "external",
        "extern",
        "teilnehmer",
        "teilnehmerin",
        "teilnehmende",
        "feedbackgeber",
    ),
}
EXTERNAL = {SUBJECT: ("0", "no", "nein", "false", "falsch"), PARTICIPANT: ("1", "yes", "ja", "true", "wahr")}
BY_WORD = {word: role for role, words in (*KNOWN_AS.items(), *EXTERNAL.items()) for word in words}


def has_subjects(assessment: Assessment) -> bool:
    """Whether people take part as subjects; in other types of assessments each has an evaluation of one's own."""
    return assessment.type == Assessment.Type.THREE_SIXTY


def validate(plan: Plan, rows: Iterable[SourceRow]) -> Iterator[Line]:
    """Lines for people to add to the assessment, and for those already in it."""
    rows = list(rows)
    assessment = assessment_of(plan)
    by_id = plan.options.get("match") == "unique_id"
    named = NamedPeople(plan.org, rows, [PERSON], alike_are_same=bool(plan.options.get("alike_ids")))
    evaluations = Evaluation.objects.filter(assessment=assessment, gone_at=None)
    there = set(evaluations.values_list("evaluator_key", flat=True))
    subjects = set(Subject.objects.filter(assessment=assessment, gone_at=None).values_list("vendor_id", flat=True))
    for row in rows:
        said = row.text("role")
        role = BY_WORD.get(squeezed(said), "") if said else plan.options.get("role", SUBJECT)
        if not has_subjects(assessment) and not said:
            role = PARTICIPANT
        person, reason = person_of(row, named, by_id=by_id)
        reason = row.problem or _why_not(assessment, role, said) or reason
        if not reason and person is None and role == PARTICIPANT and has_subjects(assessment):
            reason = gettext_stored("Not in the directory. Import people first.")
        if reason:
            label = row.text("email") or row.text("unique_id")
            yield Line(Action.REFUSE, f"row:{row.row}", label, row.row, reason=reason, data=named.same_as(row))
        elif person is None:
            yield new_line(row, role=role)
        elif person.vendor_id in subjects or (role == PARTICIPANT and person.vendor_id in there):
            words = gettext_stored("Takes part already.")
            yield Line(Action.SKIP, person.vendor_id, str(person), row.row, reason=words)
        else:
            yield _line(person, role, row.row)


def _why_not(assessment: Assessment, role: str, said: str) -> Message:
    if not role:
        return gettext_stored("“%(word)s” is not a role. Write “Subject” or “Participant”.", word=said)
    if role == SUBJECT and not has_subjects(assessment):
        return gettext_stored("This assessment has participants and no subjects.")
    return ""


def _line(person: Person, role: str, row: int | None) -> Line:
    return Line(
        Action.ADD,
        person.vendor_id,
        str(person),
        row,
        new={"role": role},
        undo_note=gettext_stored("Undo removes the person from the assessment unless there are answers by then."),
    )


def intents(plan: Plan, lines: Sequence[PlanLine]) -> Iterator[tuple[Intent, Sequence[PlanLine]]]:
    """One change for each person of the directory, and files of new people."""
    assessment = assessment_of(plan)
    new = [line for line in lines if line.action == Action.ADD and line.key.startswith(NEW)]
    kind = ImportType.SUBJECTS if has_subjects(assessment) else ImportType.PARTICIPANTS
    yield from imports_of(plan, assessment, new, kind)
    known = [line for line in lines if not line.key.startswith(NEW)]
    for start in range(0, len(known), BATCH):
        part = known[start : start + BATCH]
        keys = [line.key for line in part]
        people = {person.vendor_id: person for person in Person.objects.filter(org=plan.org, vendor_id__in=keys)}
        rows = Subject.objects.filter(assessment=assessment, vendor_id__in=keys, gone_at=None)
        subjects = {subject.vendor_id: subject for subject in rows.select_related("assessment")}
        for line in part:
            if line.action == Action.REMOVE and line.key in subjects:
                yield removal(subjects[line.key], remove_evaluations=False), [line]
            elif line.action == Action.REMOVE:
                yield _leaving(assessment, line), [line]
            elif line.key in people:
                yield _coming(assessment, people[line.key], line.new["role"]), [line]


def _coming(assessment: Assessment, person: Person, role: str) -> Intent:
    where = (assessment.vendor_id, assessment.name)
    if role == SUBJECT:
        return addition(*where, person, expected_values={STILL_OPEN: True})
    return Intent(
        call=AddPerson(person_id=person.vendor_id, assessment_id=assessment.vendor_id, external=True),
        target=f"{assessment.vendor_id}:member:{person.vendor_id}",
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
        title=gettext_stored("Add %(person)s to “%(name)s”", person=person, name=assessment.name),
        expected_values={STILL_OPEN: True},
    )


def _leaving(assessment: Assessment, line: PlanLine) -> Intent:
    return Intent(
        call=RemovePerson(person_id=line.key, assessment_id=assessment.vendor_id, remove_evaluations=False),
        target=f"{assessment.vendor_id}:member:{line.key}",
        assessment_id=assessment.vendor_id,
        assessment_name=assessment.name,
        title=gettext_stored("Remove %(person)s from “%(name)s”", person=line.label, name=assessment.name),
    )


def undo(plan: Plan, done: Sequence[PlanLine]) -> Iterator[Line]:
    """Remove people who gave and received no answer; new people are left alone, as no listing shows who they became."""
    answered = with_answers(plan)
    keys = {person.email.lower(): person.vendor_id for person in _new_ones(plan, done)}
    for line in done:
        key = keys.get(line.key.removeprefix(NEW), line.key) if line.key.startswith(NEW) else line.key
        reason: Message = ""
        if line.action != Action.ADD:
            reason = gettext_stored("Removed people do not come back; add them again.")
        elif key.startswith(NEW):
            reason = gettext_stored("No longer in the directory.")
        elif key in answered:
            reason = gettext_stored("There are answers by or about this person, so the person stays.")
        if reason:
            yield Line(Action.SKIP, key, line.label, line.row, reason=reason, about=key)
            continue
        yield Line(
            Action.REMOVE,
            key,
            line.label,
            line.row,
            old={"role": line.new["role"]},
            undoable=Undoable.NO,
            undo_note=gettext_stored("Evaluations that nobody began are removed with the person."),
            about=key,
        )


def _new_ones(plan: Plan, done: Sequence[PlanLine]) -> Iterable[Person]:
    addresses = [line.key.removeprefix(NEW) for line in done if line.key.startswith(NEW)]
    return Person.objects.filter(org=plan.org, email__in=addresses, gone_at=None)


def verb(plan: Plan) -> str:
    """The words of the button."""
    return ngettext("Add %(n)s person", "Add %(n)s people", plan.acting) % {"n": plan.acting}


PARTICIPANTS = PlanKind(
    name="participants",
    label=_("Participants of an assessment"),
    validate=validate,
    intents=intents,
    undo=undo,
    mark=mark,
    listings=listings,
    check=check,
    fields={"role": _("Role in the assessment"), "email": _("E-mail address")},
    words={"role": ROLES},
    verb=verb,
    back=back,
    place=assessment_place,
)
