"""Checks every row of a file of responses before anything is written."""

from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from qxportal.engine.assessments.relationships import names_of, squeeze
from qxportal.engine.http.errors import Invalid
from qxportal.engine.importing.persons import NotClearError, Register, load, resolve
from qxportal.engine.models import Assessment, Evaluation, Participant, Person
from qxportal.engine.models.mailboxes import AddressError, clean, visible
from qxportal.engine.responses.importing import rows
from qxportal.engine.responses.importing.header import EVALUATOR, EVALUATOR_EMAIL, SUBJECT, SUBJECT_EMAIL, Header
from qxportal.engine.responses.importing.rows import RowError
from qxportal.threesixty.relationships import BUILT_IN, SELF

MOST_ERRORS = 100


class Named(NamedTuple):
    """The people of a row as written in the file."""

    subject: str
    subject_email: str
    evaluator: str
    evaluator_email: str
    relationship: str


class Pair(NamedTuple):
    """A subject and an evaluator."""

    subject: Person
    evaluator: Person
    relationship: str


@dataclass
class Checked:
    """Responses by row number, and reasons of ignored rows."""

    pairs: dict[int, Pair] = field(default_factory=dict)
    ignored: dict[int, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()  # columns


@dataclass
class _Errors:
    found: dict[int, str] = field(default_factory=dict)

    def add(self, number: int, why: object) -> None:
        self.found[number] = str(why)
        if len(self.found) == MOST_ERRORS:
            self.refuse("These are the first; there may be more.")

    def refuse(self, end: str = "") -> None:
        if self.found:
            words = " ".join(f"Row {number}: {why}" for number, why in sorted(self.found.items()))
            raise Invalid("FileContents", f"Nothing was imported. {words} {end}".rstrip())


def check(
    records: Iterable[tuple[int, Sequence[str]]],
    header: Header,
    assessment: Assessment,
    *,
    now: datetime,
    own_ids: Container[int] = (),
) -> Checked:
    """The responses in the rows with their people; otherwise raises Invalid that names every invalid row.

    Messages reveal nothing about evaluations of the persons `own_ids`.
    """
    checked, errors, named = Checked(left_out=header.left_out), _Errors(), dict[int, Named]()
    for number, row in records:
        if not any(row):
            continue
        try:
            if reason := rows.no_response(header, row):
                checked.ignored[number] = reason
                continue
            rows.check(header, row, now=now)
            named[number] = _named(header, row)
        except RowError as error:
            errors.add(number, error)
    whom = _Whom(assessment, named.values(), own_ids)
    for number, names in named.items():
        try:
            checked.pairs[number] = whom.pair(names)
        except (RowError, NotClearError) as error:
            errors.add(number, error)
    errors.refuse()
    return checked


def _named(header: Header, row: Sequence[str]) -> Named:
    names = (SUBJECT, SUBJECT_EMAIL, EVALUATOR, EVALUATOR_EMAIL, "Relationship")
    said = {name: header.cell(row, name) for name in names}
    for name in (SUBJECT, EVALUATOR):
        said[name] = visible(said[name]).strip()
    for name in (SUBJECT_EMAIL, EVALUATOR_EMAIL):
        with suppress(AddressError):  # an invalid address matches nobody and is reported as such
            said[name] = clean(said[name])
    return Named(*said.values())


class _Whom:
    """Resolves the people of a file, and rejects pairs with an evaluation that was begun."""

    def __init__(self, assessment: Assessment, named: Iterable[Named], own_ids: Container[int]) -> None:
        self.assessment, self.own_ids = assessment, own_ids
        self.register = _register(assessment, list(named))
        self.relationships = {squeeze(name): name for name in (*names_of(assessment), *BUILT_IN)}
        present = assessment.participants.filter(removed_at=None, is_subject=assessment.has_subjects)
        self.subjects = dict(present.values_list("person", "status"))
        forms = assessment.evaluations.exclude(status=Evaluation.Status.NOT_STARTED)
        self.taken: dict[tuple[int, int], str] = {
            (subject, evaluator): f"They have a form that is {state}."
            for subject, evaluator, state in forms.values_list("subject__person", "evaluator", "status")
        }

    def pair(self, named: Named) -> Pair:
        """The pair of a row; raises RowError or NotClearError."""
        if self.assessment.status == Assessment.Status.CLOSED:
            raise RowError("The assessment is closed: no more answers are taken.")
        evaluator = self._person(named.evaluator, named.evaluator_email, "the evaluator")
        subject = self._subject(named) or evaluator
        if subject.pk != evaluator.pk and not self.assessment.has_subjects:
            raise RowError("All evaluators answer about themselves here.")
        relationship = self._relationship(named)
        if (relationship == SELF) != (subject.pk == evaluator.pk):
            raise RowError("Self is for the subject alone, and the subject is nothing else.")
        if subject.pk != evaluator.pk and subject.pk in self.own_ids:
            raise RowError("Another person has to import the answers about you.")
        taken = self.taken.get((subject.pk, evaluator.pk))
        if taken:
            raise RowError(taken)
        self.taken[subject.pk, evaluator.pk] = "An earlier row is about the same two people."
        return Pair(subject, evaluator, relationship)

    def _subject(self, named: Named) -> Person | None:
        """The subject; None in assessments without subjects if the row names only an evaluator."""
        if not self.assessment.has_subjects and not (named.subject or named.subject_email):
            return None
        person = self._person(named.subject, named.subject_email, "the subject")
        if self.assessment.has_subjects and person.pk not in self.subjects:
            raise RowError(f"{named.subject or named.subject_email} is no subject of the assessment.")
        if self.subjects.get(person.pk) == Participant.Status.DONE:
            raise RowError(f"The round of {named.subject or named.subject_email} is Done: no more answers are taken.")
        return person

    def _relationship(self, named: Named) -> str:
        if not named.relationship:
            if not self.assessment.has_subjects:
                return SELF
            raise RowError("Relationship is empty.")
        name = self.relationships.get(squeeze(named.relationship))
        if name is None:
            raise RowError(f"The assessment has no relationship {named.relationship[:60]}.")
        return name

    def _person(self, unique_id: str, email: str, who: str) -> Person:
        if not (unique_id or email):
            raise RowError(f"Nothing names {who}.")
        person = resolve(self.register, email, "", unique_id, by_unique_id=True)
        if person is None:
            raise RowError(f"There is no person {(unique_id or email)[:60]}.")
        return person


def _register(assessment: Assessment, named: Sequence[Named]) -> Register:
    return load(
        assessment.org_structure,
        [email for one in named for email in (one.subject_email, one.evaluator_email)],
        [],
        [key for one in named for key in (one.subject, one.evaluator)],
    )
