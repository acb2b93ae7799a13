"""Writes checked responses: evaluations in batches, their answers by COPY."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connections

from qxportal.engine.assessments import snapshots
from qxportal.engine.assessments.answering import Given
from qxportal.engine.assessments.participants import enlist
from qxportal.engine.models import Answer, Assessment, Evaluation, Participant, Question
from qxportal.engine.responses.importing import rows
from qxportal.engine.responses.importing.checking import Pair
from qxportal.engine.responses.importing.header import Header

FORMS, ANSWERS = 500, 20_000  # of a batch
Said = Sequence[tuple[Question, Given]]


def write(
    records: Iterable[tuple[int, Sequence[str]]],
    header: Header,
    assessment: Assessment,
    pairs: Mapping[int, Pair],
    *,
    now: datetime,
) -> None:
    """Record the responses; an unstarted evaluation of the pair becomes the response."""
    enlist(assessment, [*{pair.evaluator.pk: pair.evaluator for pair in pairs.values()}.values()], subjects=False)
    participants = {one.person_id: one for one in assessment.participants.filter(removed_at=None)}
    batch: list[tuple[Evaluation, Said]] = []
    waiting = 0
    for number, row in records:
        if number not in pairs:
            continue
        said = list(rows.answers(header, row))
        batch.append((_evaluation(header, row, assessment, pairs[number], participants, now), said))
        waiting += len(said)
        if len(batch) == FORMS or waiting > ANSWERS:
            _store(batch)
            batch, waiting = [], 0
    _store(batch)
    snapshots.note_managers(assessment.evaluations.filter(imported=True, only_manager=None))


def _evaluation(
    header: Header,
    row: Sequence[str],
    assessment: Assessment,
    pair: Pair,
    participants: Mapping[int, Participant],
    now: datetime,
) -> Evaluation:
    started, finished = rows.times(header, row, now=now)
    about, by = (rows.metadata(header, row, side) for side in ("Subject", "Evaluator"))
    return Evaluation(
        assessment=assessment,
        subject=participants[pair.subject.pk],
        evaluator=pair.evaluator,
        relationship=pair.relationship,
        status=Evaluation.Status.COMPLETED,
        unsolicited=rows.unsolicited(header, row),
        imported=True,
        partial=rows.partial(header, row),
        language=assessment.survey.language,
        subject_metadata=pair.subject.metadata if about is None else about,
        evaluator_metadata=pair.evaluator.metadata if by is None else by,
        started_at=started,
        finished_at=finished,
    )


def _store(batch: Sequence[tuple[Evaluation, Said]]) -> None:
    Evaluation.objects.bulk_create(
        [evaluation for evaluation, _said in batch],
        update_conflicts=True,
        unique_fields=["subject", "evaluator"],
        update_fields=[
            "relationship",
            "status",
            "unsolicited",
            "imported",
            "partial",
            "subject_metadata",
            "evaluator_metadata",
            "started_at",
            "finished_at",
        ],
    )
    table = connections["engine"].ops.quote_name(Answer._meta.db_table)
    with (
        connections["engine"].cursor() as cursor,
        cursor.copy(f"COPY {table} (evaluation_id, question_id, value, text, device) FROM STDIN") as copy,
    ):
        for evaluation, said in batch:
            for question, given in said:
                copy.write_row((evaluation.pk, question.pk, given.value, given.text, ""))
