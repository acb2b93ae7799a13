"""What was so when a form was finished, kept with it: people's metadata, and whether he was the only manager."""

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
    """Keep with each form what subject and evaluator are like now."""
    evaluations.update(**NOW)


def note_managers(evaluations: QuerySet[Evaluation]) -> None:
    """Keep with each form whether nobody else stands as the subject's manager now."""
    evaluations.update(only_manager=ONLY_MANAGER)


def renew(persons: Collection[int], assessment: Assessment | None) -> None:
    """Bring these persons' metadata up to date in all finished forms that they gave, or in those of one assessment."""
    finished = Evaluation.objects.filter(status=Evaluation.Status.COMPLETED)
    if assessment is not None:
        finished = finished.filter(assessment=assessment)
    given = finished.filter(evaluator__in=persons)
    given.update(evaluator_metadata=EVALUATOR)
    given.filter(subject__person=F("evaluator")).update(subject_metadata=SUBJECT)
