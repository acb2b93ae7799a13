"""Answering: which evaluations are open, and the transitions of an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from qxportal.engine.assessments import snapshots
from qxportal.engine.assessments.deadlines import takes_answers
from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Question

ENDED = (Evaluation.Status.COMPLETED, Evaluation.Status.DECLINED)
OPEN = (Evaluation.Status.NOT_STARTED, Evaluation.Status.IN_PROGRESS)


class NotOpenError(Exception):
    """The evaluation cannot be answered now: it is closed, or not open yet."""


@dataclass(frozen=True)
class Given:
    """An evaluator's answer to one question."""

    value: int | None = None
    text: str = ""


def open_evaluations() -> QuerySet[Evaluation]:
    """All evaluations that can be answered now."""
    return in_open_rounds().filter(status__in=OPEN)


def in_open_rounds() -> QuerySet[Evaluation]:
    """Evaluations in any state whose assessment, survey and subject are open, so that they can still change.

    After a schedule's closing time, only those of evaluators with an extension.
    """
    now = timezone.now()
    return Evaluation.objects.filter(
        Q(assessment__survey__starts_at=None) | Q(assessment__survey__starts_at__lte=now),
        Q(assessment__survey__expires_at=None) | Q(assessment__survey__expires_at__gte=now),
        takes_answers(now),
        assessment__survey__active=True,
        assessment__status=Assessment.Status.ACTIVE,
        subject__removed_at=None,
        subject__status=Participant.Status.WAITING,
        evaluator__removed_at=None,
        evaluator__participations__assessment=F("assessment"),
        evaluator__participations__removed_at=None,
    )


def save(evaluation: Evaluation, answers: Mapping[Question, Given], *, finished: bool) -> None:
    """Store an evaluator's answers; the last page completes the evaluation."""
    with transaction.atomic(using="engine"):
        _lock_open(evaluation)
        now = timezone.now()
        Answer.objects.bulk_create(
            [
                Answer(evaluation=evaluation, question=question, value=given.value, text=given.text)
                for question, given in answers.items()
            ],
            update_conflicts=True,
            unique_fields=["evaluation", "question"],
            update_fields=["value", "text"],
        )
        evaluation.started_at = evaluation.started_at or now
        evaluation.status = Evaluation.Status.COMPLETED if finished else Evaluation.Status.IN_PROGRESS
        evaluation.finished_at = now if finished else None
        evaluation.save(update_fields=["started_at", "status", "finished_at"])
        if finished:
            snapshots.take(Evaluation.objects.filter(pk=evaluation.pk))


def decline(evaluation: Evaluation, because: str = "") -> None:
    """Decline an evaluation; raises NotOpenError if the assessment does not allow that."""
    with transaction.atomic(using="engine"):
        _lock_open(evaluation)
        if not evaluation.assessment.options.get("DeclineEvaluations"):
            raise NotOpenError("This assessment does not let evaluators decline.")
        evaluation.status = Evaluation.Status.DECLINED
        evaluation.finished_at, evaluation.declined_because = timezone.now(), because
        evaluation.save(update_fields=["status", "finished_at", "declined_because"])


def take_up_again(evaluation: Evaluation) -> None:
    """Reopen a submitted or declined evaluation while the subject's round is open."""
    with transaction.atomic(using="engine"):
        _lock(evaluation, in_open_rounds().filter(status__in=ENDED, imported=False))
        begun = evaluation.answers.exists()
        evaluation.status = Evaluation.Status.IN_PROGRESS if begun else Evaluation.Status.NOT_STARTED
        evaluation.finished_at, evaluation.partial, evaluation.declined_because = None, False, ""
        evaluation.save(update_fields=["status", "finished_at", "partial", "declined_because"])


def close_sessions(evaluations: QuerySet[Evaluation]) -> int:
    """Complete evaluations in progress as partial; returns their number."""
    return evaluations.filter(status=Evaluation.Status.IN_PROGRESS).update(
        status=Evaluation.Status.COMPLETED, partial=True, finished_at=timezone.now(), **snapshots.NOW
    )


def _lock_open(evaluation: Evaluation) -> None:
    _lock(evaluation, open_evaluations())


def _lock(evaluation: Evaluation, possible: QuerySet[Evaluation]) -> None:
    Assessment.objects.select_for_update().get(pk=evaluation.assessment_id)  # closing it waits for us, or we for it
    if not possible.filter(pk=evaluation.pk).exists():
        raise NotOpenError("This evaluation cannot be answered.")
