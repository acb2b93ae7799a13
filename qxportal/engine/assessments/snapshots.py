"""Facts stored with a finished evaluation: both persons' metadata, and whether its evaluator was the only manager."""

from collections.abc import Collection, Mapping

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from qxportal.engine.models import Assessment, Evaluation, Participant, Person
from qxportal.threesixty.relationships import MANAGER

SUBJECT = Subquery(Participant.objects.filter(pk=OuterRef("subject")).values("person__metadata"))
EVALUATOR = Subquery(Person.objects.filter(pk=OuterRef("evaluator")).values("metadata"))

_OTHER_MANAGERS = (
    Evaluation.objects.filter(subject=OuterRef("subject"), relationship=MANAGER)
    .exclude(status=Evaluation.Status.DECLINED)
    .exclude(pk=OuterRef("pk"))
)
_NONE_ABOVE_BUT_HIM = Participant.objects.filter(pk=OuterRef("subject")).filter(
    Q(person__manager=None) | Q(person__manager__removed_at__isnull=False) | Q(person__manager=OuterRef("evaluator"))
)
ONLY_MANAGER = ~Exists(_OTHER_MANAGERS) & Exists(_NONE_ABOVE_BUT_HIM)

NOW: Mapping[str, Subquery | Q] = {  # for an update
    "subject_metadata": SUBJECT,
    "evaluator_metadata": EVALUATOR,
    "only_manager": ONLY_MANAGER,
}


def take(evaluations: QuerySet[Evaluation]) -> None:
    """Store the current metadata of subject and evaluator with each evaluation."""
    evaluations.update(**NOW)


def note_managers(evaluations: QuerySet[Evaluation]) -> None:
    """Store with each evaluation whether its evaluator is now the subject's only Manager."""
    evaluations.update(only_manager=ONLY_MANAGER)


def renew(persons: Collection[int], assessment: Assessment | None) -> None:
    """Refresh the metadata of these persons in finished evaluations that they gave, in one assessment if given."""
    finished = Evaluation.objects.filter(status=Evaluation.Status.COMPLETED)
    if assessment is not None:
        finished = finished.filter(assessment=assessment)
    given = finished.filter(evaluator__in=persons)
    given.update(evaluator_metadata=EVALUATOR)
    given.filter(subject__person=F("evaluator")).update(subject_metadata=SUBJECT)
