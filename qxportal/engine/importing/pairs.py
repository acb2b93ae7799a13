"""Evaluations, from the rows of an Evaluators file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qxportal.engine.assessments.answering import OPEN
from qxportal.engine.assessments.relationships import names_of, squeeze
from qxportal.engine.importing.persons import NotClearError, Register, resolve
from qxportal.engine.importing.sheet import SheetRow
from qxportal.engine.models import Assessment, Evaluation, Participant, Person
from qxportal.engine.people.confidential import about
from qxportal.threesixty.relationships import BUILT_IN, SELF


@dataclass
class Pairs:
    """An assessment's subjects, relationships and evaluations during an import."""

    assessment: Assessment
    register: Register
    by_unique_id: bool
    own_ids: frozenset[int] = frozenset()  # persons who may be the caller

    def __post_init__(self) -> None:
        self.relationships = {squeeze(name): name for name in (*names_of(self.assessment), *BUILT_IN)}
        self.subjects: Mapping[int, Participant] = {
            subject.person_id: subject
            for subject in Participant.objects.filter(assessment=self.assessment, is_subject=True, removed_at=None)
        }
        self.known = {
            (evaluation.subject_id, evaluation.evaluator_id): evaluation
            for evaluation in Evaluation.objects.filter(assessment=self.assessment)
        }
        self.wanted: dict[tuple[int, str], tuple[Participant, Person, str]] = {}

    def subject(self, row: SheetRow) -> Participant:
        """The subject of a row; raises NotClearError."""
        person = resolve(
            self.register,
            row["subject_email"],
            "",
            row["subject_unique_id"],
            by_unique_id=self.by_unique_id or bool(row["subject_unique_id"]),
        )
        subject = self.subjects.get(person.pk) if person and person.pk else None
        if subject is None:
            raise NotClearError(f"{row['subject_email'] or row['subject_unique_id']} is no subject of the assessment.")
        if subject.person_id in self.own_ids:  # otherwise the ignored rows would reveal who has answered
            raise NotClearError("Another person has to choose who evaluates you.")
        if subject.status == Participant.Status.DONE:
            raise NotClearError(f"The round of {row['subject_email'] or row['subject_unique_id']} is Done.")
        return subject

    def relationship(self, row: SheetRow) -> str:
        """The canonical name of a row's relationship."""
        name = self.relationships.get(squeeze(row["relationship"]))
        if name is None:
            raise NotClearError(f"The assessment has no relationship {row['relationship'][:60]}.")
        return name

    def refuse(self, subject: Participant, evaluator: Person | None, relationship: str) -> None:
        """Raise NotClearError if this person (None: a new one) cannot evaluate the subject in this relationship."""
        if (relationship == SELF) != (evaluator is not None and evaluator.pk == subject.person_id):
            raise NotClearError("Self is for the subject alone, and the subject is nothing else.")
        if evaluator is None:
            return
        known = self.known.get((subject.pk, evaluator.pk)) if evaluator.pk else None
        if known and known.relationship != relationship and known.status not in OPEN:
            raise NotClearError(f"This evaluation is {known.status} as {known.relationship}.")
        earlier = self.wanted.get((subject.pk, evaluator.public_id))
        if earlier and earlier[2] != relationship:
            raise NotClearError(f"The same pair is also named as {earlier[2]}.")

    def want(self, subject: Participant, evaluator: Person, relationship: str) -> None:
        """Collect a wanted evaluation."""
        self.wanted[subject.pk, evaluator.public_id] = (subject, evaluator, relationship)

    def write(self) -> None:
        """Store new evaluations and changed relationships."""
        new: list[Evaluation] = []
        changed: list[Evaluation] = []
        for subject, evaluator, relationship in self.wanted.values():
            known = self.known.get((subject.pk, evaluator.pk))
            if known is None:
                new.append(
                    Evaluation(
                        assessment=self.assessment,
                        subject=subject,
                        evaluator=evaluator,
                        relationship=relationship,
                        language=evaluator.metadata.get("Language", "") or self.assessment.survey.language,
                    )
                )
            elif known.relationship != relationship:
                known.relationship = relationship
                changed.append(known)
        for evaluation in new:
            evaluation.language = evaluation.language[:10]
        Evaluation.objects.bulk_create(new, batch_size=1_000)
        Evaluation.objects.bulk_update(changed, ["relationship"], batch_size=500)

    def remove_others(self) -> None:
        """Delete unstarted evaluations that the file does not name; self evaluations stay.

        Those about the caller stay, too: the deleted ones would reveal who has not answered.
        """
        named = {(subject.pk, evaluator.pk) for subject, evaluator, _ in self.wanted.values()}
        removable = Evaluation.objects.filter(pk__in=_removable(list(self.known.values()), named))
        removable.exclude(about(self.own_ids)).delete()


def _removable(evaluations: Sequence[Evaluation], named: set[tuple[int, int]]) -> list[int]:
    return [
        one.pk
        for one in evaluations
        if one.status == Evaluation.Status.NOT_STARTED
        and one.relationship != SELF
        and (one.subject_id, one.evaluator_id) not in named
    ]
