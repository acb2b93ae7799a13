"""The metadata that people had when a form was finished: kept with the form, whatever becomes of the people."""

from collections.abc import Collection, Mapping

from django.db.models import F, OuterRef, QuerySet, Subquery

from qxportal.engine.models import Assessment, Evaluation, Participant, Person

SUBJECT = Subquery(Participant.objects.filter(pk=OuterRef("subject")).values("person__metadata"))
EVALUATOR = Subquery(Person.objects.filter(pk=OuterRef("evaluator")).values("metadata"))

NOW: Mapping[str, Subquery] = {"subject_metadata": SUBJECT, "evaluator_metadata": EVALUATOR}  # for an update


def take(evaluations: QuerySet[Evaluation]) -> None:
    """Keep with each form what subject and evaluator are like now."""
    evaluations.update(**NOW)


def renew(persons: Collection[int], assessment: Assessment | None) -> None:
    """Bring these persons' metadata up to date in all finished forms that they gave, or in those of one assessment."""
    finished = Evaluation.objects.filter(status=Evaluation.Status.COMPLETED)
    if assessment is not None:
        finished = finished.filter(assessment=assessment)
    given = finished.filter(evaluator__in=persons)
    given.update(evaluator_metadata=EVALUATOR)
    given.filter(subject__person=F("evaluator")).update(subject_metadata=SUBJECT)
