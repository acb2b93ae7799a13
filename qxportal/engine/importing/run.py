"""Runs one import from file to outcome; the caller holds the transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from qxportal.engine.assessments import snapshots
from qxportal.engine.assessments.participants import enlist, withdraw
from qxportal.engine.http.errors import Conflict
from qxportal.engine.importing.pairs import Pairs
from qxportal.engine.importing.persons import Intake, NotClearError, Register, Rules, load, set_managers
from qxportal.engine.importing.sheet import Kind, SheetRow, read
from qxportal.engine.models import Assessment, Evaluation, OrgStructure, Person
from qxportal.engine.people import directory
from qxportal.engine.people.confidential import about
from qxportal.threesixty.relationships import SELF


@dataclass(frozen=True)
class Switches:
    """How an import treats existing persons and relationships."""

    clean: bool = False
    clear_relationships: bool = False
    update_responses: bool = False
    keep_hierarchy: bool = False


@dataclass
class Outcome:
    """Result of an import: imported persons (id -> address), and reasons of ignored rows by number."""

    count: int = 0
    persons: dict[str, str] = field(default_factory=dict)
    ignored: dict[int, str] = field(default_factory=dict)


def import_file(
    file: bytes,
    kind: Kind,
    org_structure: OrgStructure,
    assessment: Assessment | None,
    switches: Switches,
    rules: Rules,
) -> Outcome:
    """Import all usable rows; returns what was imported and ignored."""
    sheet = read(file, kind)
    directory.lock(org_structure)
    register = _register(org_structure, sheet.rows)
    if switches.clear_relationships:
        _clear_relationships(org_structure, assessment, rules.own_ids)
    intake = Intake(org_structure, register, rules)
    outcome = Outcome(ignored=sheet.ignored)
    pairs: Pairs | None = None
    if kind is Kind.EVALUATORS and assessment:
        pairs = Pairs(assessment, register, rules.by_unique_id, rules.own_ids)
        people = _take_evaluators(sheet.rows, intake, pairs, outcome)
    else:
        people = _take_people(sheet.rows, intake, outcome)
    if switches.clean and not people:
        raise Conflict("ETS5", "No row could be used: a clean import would remove everybody.")
    if switches.clear_relationships and pairs and not people:
        raise Conflict("ETS5", "No row could be used: all relationships would only be removed.")
    intake.write()
    if pairs and assessment:
        enlist(assessment, people, subjects=False)
        pairs.write()
        if switches.clean:
            pairs.remove_others()
    elif assessment:
        enlist(assessment, people, subjects=kind is Kind.SUBJECTS)
    if not switches.keep_hierarchy:
        set_managers(org_structure, people)
    if switches.clean and not pairs:
        _remove_others(org_structure, assessment, people, rules.own_ids, subjects_only=kind is Kind.SUBJECTS)
    if switches.update_responses:
        snapshots.renew([person.pk for person in people], assessment)
    outcome.persons = {person.public_id: person.email for person in people}
    return outcome


def _register(org_structure: OrgStructure, rows: Iterable[SheetRow]) -> Register:
    rows = list(rows)
    return load(
        org_structure,
        [row[name] for row in rows for name in ("email", "subject_email")],
        [row["user_name"] for row in rows],
        [row[name] for row in rows for name in ("unique_id", "subject_unique_id")],
    )


def _take_people(rows: Iterable[SheetRow], intake: Intake, outcome: Outcome) -> list[Person]:
    people: dict[str, Person] = {}
    for row in rows:
        try:
            known = intake.known(row)
            if known and known.public_id in people:
                intake.refuse_second_id(known, row)
                raise NotClearError(f"Row {intake.rows[known.public_id].number} is about the same person.")
            person = intake.take(row)
        except NotClearError as reason:
            outcome.ignored[row.number] = str(reason)
            continue
        people[person.public_id] = person
        outcome.count += 1
    return list(people.values())


def _take_evaluators(rows: Iterable[SheetRow], intake: Intake, pairs: Pairs, outcome: Outcome) -> list[Person]:
    people: dict[str, Person] = {}
    for row in rows:
        try:
            subject, relationship = pairs.subject(row), pairs.relationship(row)
            pairs.refuse(subject, intake.known(row), relationship)
            evaluator = intake.take(row, external=True)
            pairs.want(subject, evaluator, relationship)
        except NotClearError as reason:
            outcome.ignored[row.number] = str(reason)
            continue
        people[evaluator.public_id] = evaluator
        outcome.count += 1
    return list(people.values())


def _clear_relationships(org_structure: OrgStructure, assessment: Assessment | None, own_ids: Collection[int]) -> None:
    """Clear all managers; in an assessment also delete unstarted evaluations, except self and about the caller."""
    Person.objects.filter(org_structure=org_structure, manager__isnull=False).update(manager=None)
    if assessment:
        unbegun = assessment.evaluations.filter(status=Evaluation.Status.NOT_STARTED).exclude(relationship=SELF)
        unbegun.exclude(about(own_ids)).delete()


def _remove_others(
    org_structure: OrgStructure,
    assessment: Assessment | None,
    people: list[Person],
    own_ids: Collection[int],
    *,
    subjects_only: bool,
) -> None:
    kept = [person.pk for person in people]
    if assessment is None:
        directory.remove(org_structure, ~Q(pk__in=kept))
        return
    leaving = ~Q(person__in=kept) & Q(is_subject=subjects_only)
    withdraw(assessment, leaving, with_evaluations=False, own_ids=own_ids)
