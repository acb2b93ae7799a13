"""Participants of an assessment: adding and withdrawing people, and the self evaluations of subjects."""

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q
from django.utils import timezone

from qxportal.engine.assessments.relationships import natural_relationship
from qxportal.engine.http.errors import Conflict
from qxportal.engine.models import Assessment, Evaluation, Mail, Participant, Person, Why
from qxportal.engine.people import stored_reports
from qxportal.engine.people.confidential import about
from qxportal.mail.queue import cancel_all
from qxportal.threesixty.relationships import SELF

MOST_ROUND_ROBIN = 60  # subjects, who give 3,540 evaluations


def enlist(
    assessment: Assessment, persons: Sequence[Person], *, subjects: bool, external: bool = False
) -> list[Participant]:
    """Add participants; returns the new ones. An existing participant may become a subject but never stops being one.

    In assessments without subjects each participant gets an evaluation about himself or herself.
    """
    own_forms = subjects or not assessment.has_subjects
    subjects = subjects and assessment.has_subjects
    known = {
        participant.person_id: participant
        for participant in Participant.objects.filter(assessment=assessment, person__in=persons)
    }
    fresh = [
        Participant(assessment=assessment, person=person, is_subject=subjects, external=external or person.external)
        for person in persons
        if person.pk not in known
    ]
    changed: list[Participant] = []
    for participant in known.values():
        came_back = participant.removed_at is not None
        became_subject = subjects and not participant.is_subject
        if came_back or became_subject:
            participant.is_subject = subjects or (participant.is_subject and not came_back)
            participant.removed_at = None
            changed.append(participant)
    Participant.objects.bulk_create(fresh)
    Participant.objects.bulk_update(changed, ["is_subject", "removed_at"], batch_size=500)
    if own_forms:
        add_self_evaluations(assessment, [*fresh, *changed])
    if subjects:
        follow_round_robin(assessment)
    return [*fresh, *changed]


def add_self_evaluations(assessment: Assessment, subjects: Iterable[Participant]) -> None:
    """Create the self evaluations of subjects if the assessment has them."""
    if assessment.has_subjects and not assessment.options.get("SelfEvaluation", True):
        return
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                assessment=assessment,
                subject=subject,
                evaluator_id=subject.person_id,
                relationship=SELF,
                language=assessment.survey.language,
            )
            for subject in subjects
        ],
        ignore_conflicts=True,
    )


def follow_round_robin(assessment: Assessment) -> None:
    """Create evaluations between all open subjects if the RoundRobin option is set; existing ones stay."""
    if not assessment.has_subjects or not assessment.options.get("RoundRobin"):
        return
    present = list(
        assessment.participants.filter(is_subject=True, removed_at=None, status=Participant.Status.WAITING)
        .select_related("person")
        .order_by("pk")
    )
    if len(present) > MOST_ROUND_ROBIN:
        raise Conflict("ETS3", f"Everyone evaluates everyone among at most {MOST_ROUND_ROBIN} subjects.")
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                assessment=assessment,
                subject=subject,
                evaluator_id=other.person_id,
                relationship=natural_relationship(subject.person, other.person),
                language=str(other.person.metadata.get("Language") or assessment.survey.language)[:10],
            )
            for subject in present
            for other in present
            if subject is not other
        ],
        ignore_conflicts=True,
    )


def follow_self_evaluation(assessment: Assessment) -> None:
    """Create or delete unstarted self evaluations after the SelfEvaluation option was set."""
    if not assessment.has_subjects:
        return
    if assessment.options["SelfEvaluation"]:
        present = assessment.participants.filter(is_subject=True, removed_at=None, status=Participant.Status.WAITING)
        add_self_evaluations(assessment, present)
    else:
        assessment.evaluations.filter(relationship=SELF, status=Evaluation.Status.NOT_STARTED).delete()


def withdraw(
    assessment: Assessment, persons: Q, *, with_evaluations: bool, own_ids: Collection[int] = frozenset()
) -> int:
    """Withdraw participants; returns their number.

    Unstarted evaluations by or about them are deleted, because they can no longer be answered. The others stay as
    history; `with_evaluations` also deletes those that they gave, but never those of others about them.
    Evaluations of others about the persons `own_ids` stay: a deleted one would reveal to the caller who had answered.
    """
    leaving = Participant.objects.filter(persons, assessment=assessment, removed_at=None)
    people = list(leaving.values_list("person_id", flat=True))
    given = Q(evaluator__in=people)
    withdrawn = Q(status=Evaluation.Status.NOT_STARTED) & (given | Q(subject__person__in=people))
    forms = assessment.evaluations.filter(withdrawn | given if with_evaluations else withdrawn)
    forms.exclude(about(own_ids)).delete()
    cancel_all(Mail.objects.filter(assessment=assessment, person__in=people), why=Why.LEFT)
    stored_reports.forget(persons & Q(assessment=assessment))
    return leaving.update(removed_at=timezone.now())


def withdraw_person(person: Person, assessments: Iterable[Assessment]) -> None:
    """Withdraw a person who is no subject from these assessments."""
    Participant.objects.filter(person=person, assessment__in=assessments, is_subject=False, removed_at=None).update(
        removed_at=timezone.now()
    )
